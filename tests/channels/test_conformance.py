"""Our adapters hold to what every channel adapter has to hold to."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from apps.channels.adapters.amazon import calls
from apps.channels.adapters.etsy.messages import as_message
from apps.channels.framework.adapter import METHODS, Capability
from apps.channels.framework.registry import adapters
from apps.channels.framework.stock import Article
from apps.channels.models import Channel, ChannelToken, TillReturn
from apps.inventory.models import StockLevel
from apps.orders.models import Order
from apps.orders.states import OrderState
from orchestrator.sandbox.shops.amazon import Amazon
from orchestrator.sandbox.shops.bigcommerce import BigCommerce
from orchestrator.sandbox.shops.ebay import Ebay
from orchestrator.sandbox.shops.etsy import Etsy
from orchestrator.sandbox.shops.shopify import Shopify
from orchestrator.sandbox.shops.woocommerce import WooCommerce
from tests.channels import ebay
from tests.channels.amazon import MARKETPLACE, QUEUE, SELLER, amazon_order, give_token, number_of, tokens_from_sandbox
from tests.channels.bigcommerce import bigcommerce_order
from tests.channels.etsy import etsy_receipt
from tests.channels.sending import shopify_order, woo_order
from tests.channels.shops import ShopServer, shop_server
from tests.channels.simulated import Simulated, simulated
from tests.conformance.channel import PLACED, SECRET, ChannelConformance
from tests.conformance.selling import SellingConformance
from tests.driving import work_it_off
from tests.factories import canonical, make_key

PROJECT = Path(__file__).resolve().parents[2]
TEMPLATE = PROJECT / "tests/channels/toy_channel"


class TestShopify(SellingConformance, ChannelConformance):
    kind, topic = "shopify", "orders/create"

    def order(self, number: int, changed_at: datetime, **changes: Any) -> dict[str, Any]:
        return shopify_order(number, updated_at=f"{changed_at:%Y-%m-%dT%H:%M:%SZ}", **changes)

    def cancelled(self, number: int, changed_at: datetime) -> dict[str, Any]:
        return self.order(number, changed_at, cancelled_at=f"{changed_at:%Y-%m-%dT%H:%M:%SZ}")

    def simulated(self) -> AbstractContextManager[ShopServer]:
        return shop_server()

    def is_cancelled_there(self, shop: ShopServer, number: int) -> bool:
        return bool(shop.orders[str(number)]["cancelled_at"])

    def put_article(self, shop: ShopServer, sku: str, units: int) -> None:
        shop.shopify.stock.put({"sku": sku, "available": units})

    def whole_shop(self, shop: Any) -> AbstractContextManager[Simulated[Shopify]]:
        return simulated(Shopify)

    def articles(self, shop: Simulated[Shopify]) -> list[Article]:
        shop.shop.strict = True
        shop.shop.restores = shop.shop.most_in_bucket = shop.shop.bucket = 1e6
        made = [shop.shop.stock.put({"sku": sku, "title": sku, "available": 3}) for sku in "AB"]
        return [Article(external_id=str(one["id"]), stock_id=str(one["item"]), code=one["sku"]) for one in made]


class TestWooCommerce(SellingConformance, ChannelConformance):
    kind, topic = "woocommerce", "order.created"

    def order(self, number: int, changed_at: datetime, **changes: Any) -> dict[str, Any]:
        return woo_order(number, date_modified_gmt=f"{changed_at:%Y-%m-%dT%H:%M:%S}", **changes)

    def cancelled(self, number: int, changed_at: datetime) -> dict[str, Any]:
        return self.order(number, changed_at, status="cancelled")

    @contextmanager
    def simulated(self) -> Iterator[Simulated[WooCommerce]]:
        with simulated(WooCommerce) as shop:
            shop.shop.strict = True
            yield shop

    def put(self, shop: Simulated[WooCommerce], number: int, order: dict[str, Any]) -> None:
        shop.shop.put(order)

    def put_article(self, shop: Simulated[WooCommerce], sku: str, units: int) -> None:
        shop.shop.shelf.put({"sku": sku, "title": sku, "available": units})

    def is_cancelled_there(self, shop: Simulated[WooCommerce], number: int) -> bool:
        return bool(shop.orders[str(number)]["status"] == "cancelled")

    def articles(self, shop: Simulated[WooCommerce]) -> list[Article]:
        made = [shop.shop.shelf.put({"sku": sku, "title": sku, "available": 3}) for sku in "AB"]
        return [Article(external_id=str(one["id"]), code=one["sku"]) for one in made]


class TestAmazon(SellingConformance, ChannelConformance):
    """Orders of the Orders API 2026-01-01."""

    kind = "amazon"
    settings_of_channel: ClassVar = {"settings": {"seller_id": SELLER, "marketplace_id": MARKETPLACE, "queue": QUEUE}}

    @pytest.fixture(autouse=True)
    def _plans_of_a_large_seller(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The suite asks faster than the usual plans let it."""
        tokens_from_sandbox(monkeypatch)
        monkeypatch.setattr(calls, "PLANS", dict.fromkeys(calls.PLANS, (100.0, 100)))

    @pytest.fixture
    def channel(self, shop: Any) -> Channel:
        made: Channel = ChannelConformance.channel.__wrapped__(self, shop)  # type: ignore[attr-defined]
        give_token(made)
        return made

    def order(self, number: int, changed_at: datetime, **changes: Any) -> dict[str, Any]:
        return amazon_order(number, f"{changed_at:%Y-%m-%dT%H:%M:%SZ}", **changes)

    def cancelled(self, number: int, changed_at: datetime) -> dict[str, Any]:
        return self.order(number, changed_at, status="CANCELLED")

    def simulated(self) -> AbstractContextManager[Simulated[Amazon]]:
        return simulated(Amazon)

    def put(self, shop: Simulated[Amazon], number: int, order: dict[str, Any]) -> None:
        shop.shop.put(order)

    def put_article(self, shop: Simulated[Amazon], sku: str, units: int) -> None:
        shop.shop.sell(sku, units)

    def is_cancelled_there(self, shop: Simulated[Amazon], number: int) -> bool:
        return bool(shop.orders[number_of(number)]["fulfillment"]["fulfillmentStatus"] == "CANCELLED")

    def articles(self, shop: Simulated[Amazon]) -> list[Article]:
        for sku in "AB":
            shop.shop.sell(sku, 3)
        return [Article(external_id=sku, stock_id="DEFAULT", code=sku) for sku in "AB"]


class TestEbay(SellingConformance, ChannelConformance):
    """Its webhooks are signed with a key of eBay's, and known by its name."""

    kind = "ebay"

    @pytest.fixture
    def channel(self, shop: Any) -> Channel:
        made: Channel = ChannelConformance.channel.__wrapped__(self, shop)  # type: ignore[attr-defined]
        made.secret = ebay.TOKEN
        made.save(update_fields=["secret"])
        ebay.give_token(made)
        self.keys = {SECRET: ebay.signing_key(shop.shop)}
        return made

    def send(self, client: Client, payload: Any, *, secret: str = SECRET, **given: Any) -> HttpResponse:
        return super().send(client, payload, secret=self.keys.get(secret) or ebay.nobodys_key(), **given)

    def order(self, number: int, changed_at: datetime, **changes: Any) -> dict[str, Any]:
        return ebay.ebay_order(number, f"{changed_at:%Y-%m-%dT%H:%M:%S}.000Z", **changes)

    def cancelled(self, number: int, changed_at: datetime) -> dict[str, Any]:
        return ebay.cancelled(self.order(number, changed_at))

    def simulated(self) -> AbstractContextManager[Simulated[Ebay]]:
        return simulated(Ebay)

    def put(self, shop: Simulated[Ebay], number: int, order: dict[str, Any]) -> None:
        shop.shop.put(order)

    def put_article(self, shop: Simulated[Ebay], sku: str, units: int) -> None:
        shop.shop.sell(sku, units, offer=f"offer-{sku}")

    def is_cancelled_there(self, shop: Simulated[Ebay], number: int) -> bool:
        return bool(shop.orders[ebay.number_of(number)]["cancelStatus"]["cancelState"] == "CANCELED")

    def articles(self, shop: Simulated[Ebay]) -> list[Article]:
        for sku in "AB":
            shop.shop.sell(sku, 3, offer=f"offer-{sku}")
        shop.shop.locations["leeds"] = {"merchantLocationKey": "leeds", "name": "Leeds", "location": {"address": {}}}
        return [Article(external_id=sku, stock_id=f"offer-{sku}", code=sku) for sku in "AB"]


class TestOlist(ChannelConformance):
    """The marketplace's tables, joined; each item is one unit."""

    kind = "olist"
    lines: ClassVar = [("A", 1, 1000), ("A", 1, 1000)]
    settings_of_channel: ClassVar = {"default_currency": "BRL", "default_country": "BR"}

    def order(self, number: int, changed_at: datetime, **changes: Any) -> dict[str, Any]:
        order = {
            "order_id": f"o-{number}", "order_status": "approved", "order_purchase_timestamp": "2026-11-02 06:00:00",
            "order_approved_at": f"{changed_at - timedelta(hours=3):%Y-%m-%d %H:%M:%S}",
        }  # fmt: skip
        items = [
            {"order_item_id": str(n), "product_id": "A", "seller_id": "s", "price": "10.00", "freight_value": "0.00"}
            for n in (1, 2)
        ]
        customer = {
            "customer_id": "c", "customer_unique_id": "c", "customer_city": "sao paulo", "customer_state": "SP",
            "customer_zip_code_prefix": "1311",
        }  # fmt: skip
        payments = [{"payment_type": "credit_card", "payment_value": "20.00"}]
        return {"order": order | changes, "items": items, "customer": customer, "payments": payments}

    def cancelled(self, number: int, changed_at: datetime) -> dict[str, Any]:
        return self.order(number, changed_at, order_status="canceled")


class TestBigCommerce(SellingConformance, ChannelConformance):
    """Webhooks and lists name its orders; they are fetched."""

    kind = "bigcommerce"

    def order(self, number: int, changed_at: datetime, **changes: Any) -> dict[str, Any]:
        return bigcommerce_order(number, f"{changed_at:%Y-%m-%dT%H:%M:%SZ}", **changes)

    def cancelled(self, number: int, changed_at: datetime) -> dict[str, Any]:
        return self.order(number, changed_at, status_id=5)

    def simulated(self) -> AbstractContextManager[Simulated[BigCommerce]]:
        return simulated(BigCommerce)

    def put(self, shop: Simulated[BigCommerce], number: int, order: dict[str, Any]) -> None:
        shop.shop.put(order)

    def is_cancelled_there(self, shop: Simulated[BigCommerce], number: int) -> bool:
        return bool(shop.orders[str(number)]["status_id"] == 5)

    def put_article(self, shop: Simulated[BigCommerce], sku: str, units: int) -> None:
        shop.shop.shelf.put({"sku": sku, "available": units})

    def articles(self, shop: Simulated[BigCommerce]) -> list[Article]:
        made = [shop.shop.shelf.put({"sku": sku, "title": sku, "available": 3}) for sku in "AB"]
        return [Article(external_id=str(one["id"]), code=one["sku"]) for one in made]


class TestCsv(ChannelConformance):
    """Its orders come in files, a row for each line."""

    kind = "csv"

    def order(self, number: int, changed_at: datetime, **changes: Any) -> dict[str, Any]:
        row = {
            "order_id": f"P-{number}", "placed_at": "2026-11-02T09:00:00", "currency": "GBP", "sku": "A", "quantity": "2",
            "updated_at": f"{changed_at:%Y-%m-%dT%H:%M:%S}", "unit_price": "10.00", "ship_name": "Pat Canary",
            "ship_line1": "1 Canary Row", "ship_city": "Leeds", "ship_postal_code": "LS1 1AA", "ship_country": "GB",
        }  # fmt: skip
        return {"key": f"P-{number}", "rows": [row | changes]}

    def cancelled(self, number: int, changed_at: datetime) -> dict[str, Any]:
        return self.order(number, changed_at, status="cancelled")

    def file(self, order: dict[str, Any]) -> bytes:
        buffer = io.StringIO()
        writer = csv.DictWriter(buffer, list(order["rows"][0]))
        writer.writeheader()
        writer.writerows(order["rows"])
        return buffer.getvalue().encode()


class TestEtsy(SellingConformance, ChannelConformance):
    """Its orders are only asked for; they say what was paid in Etsy's own way of writing amounts and times."""

    kind = "etsy"

    @pytest.fixture(autouse=True)
    def _connected(self, channel: Channel) -> None:
        ChannelToken.objects.create(channel=channel, access_token="1.access")

    def order(self, number: int, changed_at: datetime, **changes: Any) -> dict[str, Any]:
        return as_message(etsy_receipt(number, int(changed_at.timestamp()), **changes))

    def cancelled(self, number: int, changed_at: datetime) -> dict[str, Any]:
        return self.order(number, changed_at, status="canceled")

    def simulated(self) -> AbstractContextManager[Simulated[Etsy]]:
        return simulated(Etsy)

    def put(self, shop: Any, number: int, order: dict[str, Any]) -> None:
        shop.shop.put(order)

    def put_article(self, shop: Simulated[Etsy], sku: str, units: int) -> None:
        number = 1000 + len(shop.shop.listings)
        shop.shop.put_listing(number, [{"product_id": number * 10, "sku": sku, "quantity": units}])

    def articles(self, shop: Simulated[Etsy]) -> list[Article]:
        shop.shop.put_listing(11, [{"product_id": 101, "sku": "A", "quantity": 3}])
        shop.shop.put_listing(12, [{"product_id": 201, "sku": "B", "quantity": 3}])
        return [
            Article(external_id="11:101", stock_id="11", code="A"),
            Article(external_id="12:201", stock_id="12", code="B"),
        ]


class TestPos(ChannelConformance):
    """Sales at tills, in files with a row for each line: over when they come. What undoes one is a return."""

    kind, comes_to = "pos", OrderState.DELIVERED

    def order(self, number: int, changed_at: datetime, **changes: Any) -> dict[str, Any]:
        row = {
            "till": "T1", "receipt": f"R-{number}", "store": "N1", "sold_at": "2026-11-02T09:00:00Z", "currency": "GBP", "sku": "A",
            "quantity": "2", "unit_price": "10.00",
        }  # fmt: skip
        return {"key": f"R-{number}", "rows": [row | changes]}

    def cancelled(self, number: int, changed_at: datetime) -> dict[str, Any]:
        order = self.order(number, changed_at, sold_receipt=f"R-{number}", condition="shelf", receipt=f"B-{number}")
        order["rows"][0]["returned_at"] = order["rows"][0].pop("sold_at")
        return order

    def file(self, order: dict[str, Any]) -> bytes:
        return TestCsv.file(self, order)  # type: ignore[arg-type]

    def test_a_file_that_calls_the_order_off_calls_it_off_here(self, client: Client, channel: Channel):
        headers = {"Authorization": f"Bearer {make_key()}"}
        for order in (self.order(1, PLACED), self.cancelled(1, PLACED)):
            file = SimpleUploadedFile("orders.csv", self.file(order), content_type="text/csv")
            client.post("/api/v1/uploads", {"channel": channel.code, "file": file}, headers=headers)
            work_it_off()

        back = TillReturn.objects.get()
        assert (back.order, back.refunded_minor) == (Order.objects.get(), 2000)
        assert StockLevel.objects.get().on_hand == 100


class TestApi(ChannelConformance):
    """Orders in our own form: nothing has to be read, and nothing is reported."""

    kind = "api"

    def order(self, number: int, changed_at: datetime, **changes: Any) -> dict[str, Any]:
        order = canonical(external_id=f"D-{number}", lines={"A": 2}, updated_at=changed_at.isoformat(), **changes)
        return order.model_dump(mode="json", exclude_unset=True)


def test_the_guide_follows_the_template():
    """Each file of the folder that is copied has its step, and every capability is explained."""
    guide = (PROJECT / "docs/how-to/add-a-channel.md").read_text()
    reference = (PROJECT / "docs/reference/channels.md").read_text()

    assert f"cp -r {TEMPLATE.relative_to(PROJECT)} apps/channels/adapters/" in guide
    assert [path.name for path in TEMPLATE.iterdir() if path.is_file() and f"`{path.name}`" not in guide] == []
    assert {method for method in METHODS.values() if f"`{method}`" not in guide} == set()
    assert [name for name in Capability if f"| `{name}` |" not in reference] == []


def test_every_adapter_is_held_to_it():
    """Whoever adds a folder adds a class here."""
    covered = {one.kind for one in ChannelConformance.__subclasses__()}

    assert [kind for kind in adapters() if kind not in covered] == []
