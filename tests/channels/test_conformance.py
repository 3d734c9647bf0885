"""Our adapters, and one in a package of somebody else's, hold to what every channel adapter has to hold to."""

from __future__ import annotations

import shutil
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from apps.accounts.models import Role
from apps.channels.framework.adapter import METHODS, Capability
from apps.channels.framework.registry import adapter_of, adapters, kinds_with
from apps.channels.models import Channel
from tests.channels.sending import shopify_order, woo_order
from tests.channels.shops import ShopServer, shop_server
from tests.channels.toy_shop import ToyShop
from tests.conformance.channel import ChannelConformance
from tests.factories import UserFactory

PROJECT = Path(__file__).resolve().parents[2]
TEMPLATE = PROJECT / "tests/channels/toy_channel"


class TestShopify(ChannelConformance):
    kind, topic = "shopify", "orders/create"

    def order(self, number: int, changed_at: datetime, **changes: Any) -> dict[str, Any]:
        return shopify_order(number, updated_at=f"{changed_at:%Y-%m-%dT%H:%M:%SZ}", **changes)

    def cancelled(self, number: int, changed_at: datetime) -> dict[str, Any]:
        return self.order(number, changed_at, cancelled_at=f"{changed_at:%Y-%m-%dT%H:%M:%SZ}")

    def simulated(self) -> AbstractContextManager[ShopServer]:
        return shop_server()

    def put(self, shop: ShopServer, number: int, order: dict[str, Any]) -> None:
        lines = [line | {"left": line["quantity"]} for line in order["line_items"]]
        shop.orders[str(number)] = order | {"line_items": lines}

    def is_cancelled_there(self, shop: ShopServer, number: int) -> bool:
        return bool(shop.orders[str(number)]["cancelled_at"])


class TestWooCommerce(ChannelConformance):
    kind, topic = "woocommerce", "order.created"

    def order(self, number: int, changed_at: datetime, **changes: Any) -> dict[str, Any]:
        return woo_order(number, date_modified_gmt=f"{changed_at:%Y-%m-%dT%H:%M:%S}", **changes)

    def cancelled(self, number: int, changed_at: datetime) -> dict[str, Any]:
        return self.order(number, changed_at, status="cancelled")

    def simulated(self) -> AbstractContextManager[ShopServer]:
        return shop_server()

    def is_cancelled_there(self, shop: ShopServer, number: int) -> bool:
        return bool(shop.orders[str(number)]["status"] == "cancelled")


class TestAmazon(ChannelConformance):
    """Its orders are handed in, joined with their items; nothing is asked of it and nothing reported."""

    kind = "amazon"

    def order(self, number: int, changed_at: datetime, **changes: Any) -> dict[str, Any]:
        order = {
            "AmazonOrderId": f"902-1845936-{number}", "PurchaseDate": "2026-11-02T09:00:00Z", "OrderStatus": "Unshipped",
            "LastUpdateDate": f"{changed_at:%Y-%m-%dT%H:%M:%SZ}", "FulfillmentChannel": "MFN",
            "OrderTotal": {"CurrencyCode": "GBP", "Amount": "20.00"},
            "ShippingAddress": {
                "Name": "Pat Canary", "AddressLine1": "1 Canary Row", "City": "Leeds", "PostalCode": "LS1 1AA", "CountryCode": "GB",
            },
        }  # fmt: skip
        amount = {"CurrencyCode": "GBP", "Amount": "20.00"}
        item = {"OrderItemId": "1", "SellerSKU": "A", "Title": "Thing", "QuantityOrdered": 2, "ItemPrice": amount}
        return {"order": order | changes, "items": [item]}

    def cancelled(self, number: int, changed_at: datetime) -> dict[str, Any]:
        return self.order(number, changed_at, OrderStatus="Canceled")


class TestToy(ChannelConformance):
    """The template, copied into a package outside the product: no file of the product names it."""

    kind, topic = "toy", "order-placed"

    @pytest.fixture(autouse=True)
    def _copied(
        self, tmp_path_factory: pytest.TempPathFactory, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        package = tmp_path_factory.getbasetemp() / "somebodys_channels"
        if not package.exists():
            shutil.copytree(TEMPLATE, package / self.kind)
            (package / "__init__.py").touch()
        monkeypatch.syspath_prepend(package.parent)
        settings.CHANNEL_ADAPTER_PACKAGES = [package.name]

    def order(self, number: int, changed_at: datetime, **changes: Any) -> dict[str, Any]:
        return {
            "number": number, "state": "paid", "currency": "GBP", "total": "20.00",
            "placed_at": "2026-11-02T09:00:00+00:00", "changed_at": changed_at.isoformat(),
            "recipient": {
                "name": "Pat Canary", "street": "1 Canary Row", "city": "Leeds", "postcode": "LS1 1AA", "country": "GB",
            },
            "items": [{"line": 1, "sku": "A", "units": 2, "price": "10.00"}],
        } | changes  # fmt: skip

    def cancelled(self, number: int, changed_at: datetime) -> dict[str, Any]:
        return self.order(number, changed_at, state="cancelled")

    def simulated(self) -> AbstractContextManager[ShopServer]:
        return shop_server(ToyShop())

    def is_cancelled_there(self, shop: ShopServer, number: int) -> bool:
        return bool(shop.orders[str(number)]["state"] == "cancelled")

    def test_a_setting_of_its_own_is_a_field_on_its_channels_page(
        self, client: Client, channel: Channel, shop: ShopServer
    ):
        client.force_login(UserFactory(role=Role.OPERATIONS))
        Channel.objects.update(base_url="")
        address = f"/admin/channels/channel/{channel.pk}/change/"
        assert "branch that our shipments are booked under." in client.get(address).content.decode()
        fields = {
            "code": channel.code, "name": channel.name, "kind": channel.kind, "active": "on", "default_currency": "GBP",
            "price_tolerance_minor": "0.02", "unusual_times": "10", "priority": "100", "notify_customer": "on",
        }  # fmt: skip

        answer = client.post(address, fields | {"branch": "Leeds 2"})

        assert answer.status_code == 302, answer.context["adminform"].form.errors
        channel.refresh_from_db()
        assert channel.settings == {"branch": "Leeds 2"}
        assert isinstance(channel.typed_settings, adapter_of("toy").settings)
        assert channel.typed_settings.model_dump()["branch"] == "Leeds 2"
        channel.settings = {"branch": ["not", "text"], "shipping_methods": "nor a table"}
        assert channel.typed_settings == adapter_of("toy").settings()

    def test_it_is_offered_like_any_other_kind(self):
        assert adapters()["toy"].title == "Toy shop"
        assert list(adapters()) == sorted(adapters())


def test_the_guide_follows_the_template():
    """Each file of the folder that is copied has its step, and every capability is explained."""
    guide = (PROJECT / "docs/how-to/add-a-channel.md").read_text()
    reference = (PROJECT / "docs/reference/channels.md").read_text()

    assert f"cp -r {TEMPLATE.relative_to(PROJECT)} apps/channels/adapters/" in guide
    assert [path.name for path in TEMPLATE.iterdir() if path.is_file() and f"`{path.name}`" not in guide] == []
    assert {method for method in METHODS.values() if f"`{method}`" not in guide} == set()
    assert [name for name in Capability if f"| `{name}` |" not in reference] == []


def test_every_shop_that_can_be_called_is_held_to_it():
    covered = {one.kind for one in ChannelConformance.__subclasses__()}

    assert set(kinds_with(*METHODS)) <= covered
