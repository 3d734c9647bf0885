"""Writing the made-up shop into an empty database; run again, it changes nothing."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from apps.accounts.models import Role, User
from apps.accounts.services import create_api_key
from apps.casework.models import Queue, QueueRule
from apps.casework.services import ensure_casework
from apps.casework.states import CaseType, OwnerRule
from apps.catalog.models import BundleComponent, Sku, SkuAlias, SubstituteRule
from apps.channels.framework.registry import adapter_of
from apps.channels.models import Channel, ChannelToken
from apps.channels.services.contracts import ensure_contracts
from apps.core import clock
from apps.core.actor import SYSTEM
from apps.demo import shop
from apps.demo.hours import seed_hours, seed_shipping_days
from apps.demo.places import COUNTRIES, UK_AREAS
from apps.integrations.models import Partner, PartnerNode
from apps.inventory.models import StockLevel
from apps.inventory.services import Count, count_stock
from apps.network.models import Carrier, CarrierService, Node, NodeGroup, Place
from apps.routing.models import PolicyState, RoutingPolicyVersion
from apps.routing.services.policies import DEFAULT_POLICY, publish_policy

# The shop opened before its first order: its shelves were counted and its rules published by then.
OPENED_BEFORE = timedelta(days=14)


@transaction.atomic
def seed_shop() -> None:
    """Catalog, network, stock, policy, channels, partners and people."""
    with clock.frozen(clock.now() - OPENED_BEFORE):
        seed_places()
        seed_catalog()
        seed_network()
        seed_policy()
        seed_channels()
        seed_people()
        seed_casework()
        seed_hours()
        seed_stock()


def seed_places() -> None:
    rows = [Place(country="GB", postal_prefix=area, latitude=at[0], longitude=at[1]) for area, at in UK_AREAS.items()]
    rows += [Place(country=country, latitude=at[0], longitude=at[1]) for country, at in COUNTRIES.items()]
    Place.objects.bulk_create(rows, ignore_conflicts=True)


def seed_catalog() -> None:
    Sku.objects.bulk_create(
        [
            Sku(
                code=p.code,
                name=p.name,
                category=p.category,
                attributes=dict(zip(("kind", "finish"), p.name.split(", "), strict=True)),
                price_minor=p.price,
                cost_minor=p.cost,
                weight_g=p.weight_g,
                shipping_category="fragile" if p.category == "lighting" else "",
            )
            for p in (*shop.PRODUCTS, shop.SOLD_OUT)
        ],
        ignore_conflicts=True,
    )
    for code, (name, parts, price) in shop.BUNDLES.items():
        bundle, _ = Sku.objects.get_or_create(
            code=code, defaults={"name": name, "price_minor": price, "category": "tableware"}
        )
        for part, quantity in parts.items():
            BundleComponent.objects.get_or_create(
                bundle=bundle, component=Sku.objects.get(code=part), defaults={"quantity": quantity}
            )
    for category in sorted({p.category for p in shop.PRODUCTS}):
        # A mug for a mug, whatever its glaze.
        SubstituteRule.objects.get_or_create(category=category, defaults={"same_attributes": ["kind"]})
    SkuAlias.objects.get_or_create(alias="MUG-NAVY", channel="", defaults={"sku": Sku.objects.get(code="MUG-BLU")})


def seed_network() -> None:
    group, _ = NodeGroup.objects.get_or_create(code="uk", defaults={"name": "United Kingdom"})
    sandbox = settings.ORDERYARD["SANDBOX_URL"] or "http://127.0.0.1:9"
    for place in shop.NODES:
        node, _ = Node.objects.get_or_create(
            code=place.code,
            defaults={
                "name": place.name,
                "kind": place.kind,
                "city": place.city,
                "postal_code": place.postal_code,
                "country": "GB",
                "latitude": place.latitude,
                "longitude": place.longitude,
                "time_zone": "Europe/London",
                "handling_minor": place.handling,
                "pick_minor": place.pick,
                "capabilities": list(place.capabilities),
                "capacity_per_day": place.capacity,
            },
        )
        node.groups.add(group)
        if place.partner:
            seed_partner(place, node, sandbox)
    seed_shipping_days()
    seed_carriers()


def seed_partner(place: shop.Place, node: Node, sandbox: str) -> None:
    """A partner at the sandbox; its address follows the sandbox's port from run to run."""
    partner, _ = Partner.objects.update_or_create(
        code=place.partner,
        defaults={
            "name": place.name,
            "base_url": f"{sandbox}/3pl/{place.partner}",
            "token": "sandbox-token",
            "secret": shop.signing_secret(),
        },
    )
    PartnerNode.objects.get_or_create(node=node, defaults={"partner": partner, "partner_code": place.code})


def seed_carriers() -> None:
    royal, _ = Carrier.objects.get_or_create(code="coastpost", defaults={"name": "Coastpost", "tracking_url": ""})
    swift, _ = Carrier.objects.get_or_create(code="swiftvan", defaults={"name": "Swiftvan", "tracking_url": ""})
    services = (
        (royal, "tracked-48", "standard", 310, 150, 60, 2),
        (royal, "second", "economy", 240, 120, 50, 4),
        (royal, "tracked-24", "express", 520, 220, 80, 1),
        (swift, "next-day", "next_day", 740, 260, 90, 1),
        (swift, "same-day", "same_day", 1250, 900, 120, 0),
        (swift, "counter", "pickup", 0, 0, 0, 0),
    )
    for carrier, code, level, base, km, kg, days in services:
        CarrierService.objects.get_or_create(
            carrier=carrier,
            code=code,
            defaults={
                "level": level,
                "base_minor": base,
                "per_km_milli": km,
                "per_kg_minor": kg,
                "transit_days": days,
            },
        )


def seed_policy() -> None:
    if not RoutingPolicyVersion.objects.filter(channel="", state=PolicyState.ACTIVE).exists():
        publish_policy(channel="", content=DEFAULT_POLICY, actor=SYSTEM)


# What only channels of a kind need: the credentials are anything the sandbox takes.
OF_KIND: dict[str, dict[str, Any]] = {
    "amazon": {
        "api_key": "sandbox-client",
        "api_secret": "sandbox-secret",
        "settings": {"seller_id": "A3TH9S8BH6GOGM", "marketplace_id": "A1F83G8C2ARO7P"},
    },
    "ebay": {"api_key": "sandbox-client", "api_secret": "sandbox-secret"},
    "etsy": {"api_key": "sandbox-key", "api_secret": "sandbox-secret"},
}


def seed_channels() -> None:
    ensure_contracts()
    group = NodeGroup.objects.get(code="uk")
    sandbox = settings.ORDERYARD["SANDBOX_URL"] or ""
    rows = (
        ("shop-uk", "Harbour & Pine online", "shopify", f"{sandbox}/shopify" if sandbox else ""),
        ("woo-outlet", "Outlet shop", "woocommerce", f"{sandbox}/woo" if sandbox else ""),
        ("amazon-uk", "Amazon", "amazon", f"{sandbox}/amazon" if sandbox else ""),
        ("ebay-uk", "eBay", "ebay", f"{sandbox}/ebay" if sandbox else ""),
        ("etsy", "Etsy shop", "etsy", f"{sandbox}/etsy" if sandbox else ""),
        ("partners", "Partner API", "api", ""),
        ("pos-upload", "Stores' daily file", "csv", ""),
    )
    for code, name, kind, url in rows:
        row, _ = Channel.objects.update_or_create(
            code=code,
            defaults={"base_url": url, "secret": shop.signing_secret()},
            create_defaults={
                "name": name,
                "kind": kind,
                "base_url": url,
                "secret": shop.signing_secret(),
                "default_country": "GB",
                "node_group": group,
                "currencies": ["GBP"] if kind == "api" else [],
                **OF_KIND.get(kind, {}),
            },
        )
        if adapter_of(kind).oauth is not None:
            # Good for ever in the sandbox; a real one comes from the vendor's page.
            ChannelToken.objects.get_or_create(channel=row, defaults={"access_token": "sandbox-token"})


def seed_people() -> None:
    for username, first, last, role, nodes in shop.PEOPLE:
        user, made = User.objects.get_or_create(
            username=username,
            defaults={
                "first_name": first,
                "last_name": last,
                "role": role,
                "nodes": list(nodes),
                "is_staff": True,
                "is_superuser": role == Role.ADMIN,
                "email": f"{username}@example.test",
            },
        )
        if made:
            user.set_password(shop.PASSWORD)
            user.save(update_fields=["password"])
    owner = User.objects.get(username="admin")
    create_api_key(name="demo", role=Role.ADMIN, quota_per_minute=0, owner=owner, text=shop.api_key())


def seed_casework() -> None:
    """Queues with people in them, and one rule: what is worth much goes first, to whoever has the order already."""
    ensure_casework()
    if QueueRule.history.exists():
        return
    desk = list(User.objects.filter(username__in=shop.DESK))
    for queue in Queue.objects.filter(code__in=shop.DESK_QUEUES):
        queue.members.add(*desk)
    types = [CaseType.NO_STOCK, CaseType.PARTIAL_ALLOCATION, CaseType.LATE_RISK, CaseType.PROMISE_MISSED]
    QueueRule.objects.create(
        name="Orders worth 200 and more",
        types=[kind.value for kind in types],
        least_value_minor=200_00,
        queue=Queue.objects.get(code="late"),
        priority=1,
        owner_rule=OwnerRule.STICKY,
    )


def seed_stock() -> None:
    if StockLevel.objects.exists():
        return
    counts = []
    for node, (categories, about) in shop.STOCK.items():
        for index, product in enumerate(shop.PRODUCTS):
            if product.category in categories:
                # A spread that is the same on every machine: some plenty, some scarce, a few out.
                units = about * ((index * 7 + len(node)) % 10) // 5
                safety = 1 if about < 50 and units > 4 else 0
                counts.append(Count(node=node, sku=product.code, on_hand=units, safety_stock=safety))
    count_stock(counts, reason="opening stock", actor=SYSTEM)
    StockLevel.objects.filter(node__code="clyde-ceramics", sku__code__startswith="PLT").update(backorderable=True)


def notes() -> dict[str, Any]:
    """Who can log in, and the key for the API: what `make demo` prints."""
    places = {place.code: f"{place.name} only" for place in shop.NODES}
    return {
        "logins": [
            {
                "username": username,
                "password": shop.PASSWORD,
                "role": role,
                "name": f"{first} {last}",
                "sees": ", ".join(places[code] for code in nodes) or "all stores",
            }
            for username, first, last, role, nodes in shop.PEOPLE
        ],
        "api_key": shop.api_key(),
    }


def write_notes(path: Path) -> None:
    """Leave the notes where `make demo` looks for them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(notes(), indent=1))
