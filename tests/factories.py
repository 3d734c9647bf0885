"""Rows for tests: minimal by default, traits for what a test is about."""

from __future__ import annotations

from typing import Any

import factory
from factory.django import DjangoModelFactory

from apps.accounts.models import Role, User
from apps.accounts.services import create_api_key
from apps.catalog.models import Sku
from apps.channels.models import Channel
from apps.core import clock
from apps.core.actor import SYSTEM, Actor
from apps.inventory.models import StockLevel, StockMovement
from apps.network.models import Carrier, CarrierService, Node, NodeKind
from apps.orders.canonical import CanonicalOrder
from apps.orders.models import Order
from apps.orders.services import accept_order
from apps.routing.services import DEFAULT_POLICY, publish_policy

AGENT = Actor("staff", "usr_test")


class SkuFactory(DjangoModelFactory[Sku]):
    class Meta:
        model = Sku
        django_get_or_create = ("code",)

    code = factory.Sequence(lambda n: f"SKU-{n}")
    name = factory.LazyAttribute(lambda sku: f"Thing {sku.code}")
    weight_g = 100
    price_minor = 1000


class NodeFactory(DjangoModelFactory[Node]):
    class Meta:
        model = Node
        django_get_or_create = ("code",)

    class Params:
        partner = factory.Trait(kind=NodeKind.THIRD_PARTY, capabilities=["accept_reject", "cancel", "look_up"])
        store = factory.Trait(kind=NodeKind.STORE, auto_accept=False)

    code = factory.Sequence(lambda n: f"node-{n}")
    name = factory.LazyAttribute(lambda node: node.code.title())
    country = "GB"
    latitude = 53.8
    longitude = -1.55
    capabilities: list[str] = []


class StockLevelFactory(DjangoModelFactory[StockLevel]):
    class Meta:
        model = StockLevel

    node = factory.SubFactory(NodeFactory)
    sku = factory.SubFactory(SkuFactory)
    on_hand = 10


class ChannelFactory(DjangoModelFactory[Channel]):
    class Meta:
        model = Channel
        django_get_or_create = ("code",)

    class Params:
        shopify = factory.Trait(kind="shopify", code="shop")
        woocommerce = factory.Trait(kind="woocommerce", code="woo")

    code = "api"
    name = "Test channel"
    kind = "api"
    secret = "s3cret"


class UserFactory(DjangoModelFactory[User]):
    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"user{n}")
    role = Role.AGENT
    is_staff = True


def make_stock(**quantities: dict[str, int]) -> None:
    """``make_stock(N1={"A": 5}, N2={"A": 2})``: nodes, SKUs and levels."""
    for node, skus in quantities.items():
        for sku, units in skus.items():
            StockLevelFactory(node=NodeFactory(code=node), sku=SkuFactory(code=sku), on_hand=units)


def make_counted_stock(**quantities: dict[str, int]) -> None:
    """``make_stock`` with the ledger that explains it, for tests that check the invariants afterwards."""
    make_stock(**quantities)
    for level in StockLevel.objects.all():
        StockMovement.objects.create(level=level, kind="set", on_hand_delta=level.on_hand, actor="system:test")


def make_policy(**changes: Any) -> None:
    """An active default policy, with ``changes`` to its content."""
    publish_policy(channel="", content={**DEFAULT_POLICY, **changes}, actor=SYSTEM)


def canonical(**changes: Any) -> CanonicalOrder:
    """A paid GB order of one unit of SKU ``A``. ``lines`` may be ``{"A": 2, "B": 1}``."""
    lines = changes.pop("lines", {"A": 1})
    if isinstance(lines, dict):
        lines = [
            {"line_id": str(n), "sku": sku, "quantity": units, "unit_price": 1000}
            for n, (sku, units) in enumerate(lines.items(), 1)
        ]
    body: dict[str, Any] = {
        "external_id": f"T-{next(_numbers)}",
        "placed_at": clock.now().isoformat(),
        "currency": "GBP",
        "customer": {"name": "Pat Canary", "email": ""},
        "shipping_address": {
            "name": "Pat Canary",
            "line1": "1 Canary Row",
            "city": "Leeds",
            "postal_code": "LS1 1AA",
            "country": "GB",
        },
        "lines": lines,
    }
    return CanonicalOrder.model_validate({**body, **changes})


_numbers = iter(range(1, 10**9))


def make_order(*, channel: str = "api", **changes: Any) -> Order:
    """An order as a channel sends it, taken in and not yet looked at."""
    return accept_order(canonical(**changes), channel=channel, actor=AGENT).order


def make_key(**changes: Any) -> str:
    """The text of a fresh API key with every scope of an administrator unless narrowed."""
    return create_api_key(**{"name": "test", "role": Role.ADMIN, "quota_per_minute": 0, **changes})[1]


def make_carrier() -> None:
    """One carrier for every service level."""
    carrier = Carrier.objects.create(code="c", name="Carrier")
    for level in ("standard", "express"):
        CarrierService.objects.create(carrier=carrier, code=level, level=level, base_minor=300, per_km_milli=1000)
