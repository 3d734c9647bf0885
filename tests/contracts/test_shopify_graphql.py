"""What is said to Shopify, and what the simulated one answers, is held to the schemas that Shopify publishes."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLSchema

from apps.channels.adapters.shopify import documents
from apps.channels.adapters.shopify.reporting import KNOWN, SENT
from apps.channels.errors import ShopRefused
from apps.channels.framework.shop import OrderNote, Parcel, ShipmentReport
from apps.channels.framework.stock import Figure
from apps.channels.models import Channel
from apps.channels.services.connecting import shop_of
from apps.outbound.models import CallLog
from tests.channels.sending import EARLIER, shopify_order
from tests.channels.shops import Reply, ShopServer
from tests.channels.wireless import wireless
from tests.contracts.graphql_schema import answer_problems, document_problems, schema_of, variable_problems

MOVES = {"node_locations": "leeds = 1, york = 70000000002"}
VERSIONS = ("2026-07", "2026-10")
DOCUMENTS = {name: text for name, text in vars(documents).items() if name.isupper() and not name.startswith("_")}
# Fields that Shopify will take away one day, and what is to be asked for then.
DEPRECATED = {
    "fulfillableQuantity": "remainingQuantity of its fulfillment orders",
    "fulfillmentStatus": "its fulfillments",
    "fulfillmentService": "the location of its fulfillment orders",
}


@pytest.fixture(params=VERSIONS)
def schema(request: pytest.FixtureRequest, shared: Path) -> GraphQLSchema:
    return schema_of(shared / f"data/specs/shopify_admin_graphql_{request.param}.introspection.json.gz")


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_document_is_valid(schema: GraphQLSchema, name: str):
    assert document_problems(schema, DOCUMENTS[name]) == []


def test_the_call_log_has_room_for_the_name_of_every_operation():
    longest = CallLog._meta.get_field("operation").max_length
    names = {text.split("(")[0].split()[1] for text in DOCUMENTS.values()}

    assert len(names) == len(DOCUMENTS)
    assert {name for name in names if len(name) > (longest or 0)} == set()


def test_of_what_is_deprecated_only_what_is_known_is_asked_for(schema: GraphQLSchema):
    from graphql import parse
    from graphql.validation import NoDeprecatedCustomRule, validate

    said = " ".join(
        error.message
        for text in DOCUMENTS.values()
        for error in validate(schema, parse(text), [NoDeprecatedCustomRule])
    )
    assert {word for word in DEPRECATED if word in said} == set(DEPRECATED)
    assert said.count("is deprecated") == sum(said.count(f".{word} is deprecated") for word in DEPRECATED)


class Recording(ShopServer):
    """Keeps every exchange."""

    def _shopify(self, body: dict[str, Any]) -> Reply:
        reply = super()._shopify(body)
        self.exchanges.append((body, reply[1]))
        return reply

    exchanges: list[tuple[dict[str, Any], Any]]


@pytest.fixture(scope="module")
def exchanges() -> list[tuple[dict[str, Any], Any]]:
    """Everything the client can ask and report, of orders of many kinds, once well and once refused."""
    server = Recording(url="http://shop.test")
    server.exchanges = []
    with wireless(server, datetime(2026, 11, 2, 10, tzinfo=UTC)):
        shop: Any = shop_of(
            Channel(
                code="c",
                kind="shopify",
                account="",
                base_url=server.url,
                api_secret="shpat_1",
                active=True,
                settings=MOVES,
            )
        )
        for number, order in enumerate(_orders(), start=1):
            server.orders[str(number)] = order | {"id": number}
        _talk(shop, server)
    return server.exchanges


def _orders() -> list[dict[str, Any]]:
    lines = [{"id": 60 + number, "sku": "A", "title": "Thing", "quantity": 1, "price": "1.00"} for number in range(130)]
    customer = {
        "id": 5,
        "first_name": "Pat",
        "last_name": None,
        "email": "p@example.test",
        "phone": None,
        "tags": "vip",
    }
    refund = {"id": 9, "refund_line_items": [{"line_item_id": 11, "quantity": 1, "restock_type": "cancel"}]}
    fulfillment = {"id": 8, "status": "success", "tracking_number": "T0", "line_items": [{"id": 11, "quantity": 1}]}
    taxed = {
        "id": 11, "sku": None, "title": "Mug", "quantity": 3, "price": "10.00", "properties": {"Engraving": "Pat"},
        "discount_allocations": [{"amount": "1.00"}], "tax_lines": [{"price": "0.50"}],
    }  # fmt: skip
    shipping = [{"id": 3, "title": "Express", "price": "4.00", "tax_lines": [{"price": "0.50"}], "is_removed": True}]
    return [
        shopify_order(1),
        shopify_order(2, line_items=lines),
        shopify_order(3, customer=customer, refunds=[refund], fulfillments=[fulfillment], line_items=[taxed], shipping_lines=shipping),
        shopify_order(4, cancelled_at=EARLIER, cancel_reason="customer", shipping_address=None, tags="a, b"),
        shopify_order(5),
        shopify_order(6, presentment_currency="USD"),
    ]  # fmt: skip


def _talk(shop: Any, server: ShopServer) -> None:
    since = datetime(2026, 11, 1, tzinfo=UTC)
    page = shop.changed_orders("", since, None, "")
    assert [len(one["line_items"]) for one in page.orders] == [1, 130, 1, 1, 1, 1]
    shop.missing_orders(["1", "77"])
    shop.order_with_refunds("3")
    shop.whole_order(f"gid://shopify/FulfillmentOrder/{server.shopify.desk.of('3')[0]['id']}")
    parcels = [Parcel("dpd", "T1", "https://track.test/1"), Parcel("", "T2", "")]
    for _ in range(2):
        shop.report_shipment(ShipmentReport("S", "1", {"11": 1}, parcels, complete=False), check_first=True)
    shop.report_shipment(ShipmentReport("S0", "2", {"189": 1}, parcels, complete=False), check_first=False)
    shop.report_cancellation("2", check_first=False)
    shop.add_note(OrderNote("r", "1", "One instead of two."), check_first=False)
    held = OrderNote("h", "4", "Held: the price differs.")
    assert [shop.report_hold(held, held=yes, check_first=False) for yes in (True, True, False, False)] == [
        SENT,
        KNOWN,
        SENT,
        KNOWN,
    ]
    there = ShipmentReport("S", "4", {"11": 1}, parcels, complete=False, node="york")
    shop.report_ready_for_pickup(there, check_first=False)
    shop.report_shipment(there, check_first=False)
    for number, asked in (("5", "submitted"), ("6", "cancellation_requested")):
        server.shopify.desk.of(number)[0]["request_status"] = asked
        shop.report_shipment(ShipmentReport("S", number, {"11": 1}, parcels, complete=False), check_first=False)
    _talk_of_stock(shop, server)
    for declined in (
        lambda: shop.report_cancellation("77", check_first=False),
        lambda: shop.report_shipment(ShipmentReport("S", "77", {"11": 1}, parcels, complete=False), check_first=False),
    ):
        with suppress(ShopRefused):
            declined()


def _talk_of_stock(shop: Any, server: ShopServer) -> None:
    for number in range(3):
        server.shopify.stock.put(
            {"sku": f"S{number}", "cost": 3, "weight_g": 200, "available": number, "options": ["M"]}
        )
    server.shopify.stock.put(
        {"sku": "SET", "parts": [("S1", 2)], "tracked": False, "picture": "https://cdn.test/1.png"}
    )
    page = shop.catalog_page("")
    articles = [one.article for one in page.items]
    assert [one.available for one in shop.read_stock(articles)] == [0, 1, 2, None]
    figures = [Figure(article=one, available=5, shown=0, ref=one.code) for one in articles[:2]]
    assert [one.taken for one in shop.send_stock(figures)] == [True, False]
    shop.locations()
    assert shop.check_connection().missing == []
    shop.register_hooks("https://old.test/hooks/shopify/c/", "")
    assert len(shop.register_hooks("https://new.test/hooks/shopify/c/", "")) == len(shop.hooks())
    assert shop.place_test_order("a-mark")


def test_the_talk_uses_every_document(exchanges: list[tuple[dict[str, Any], Any]]):
    assert {body["query"] for body, _ in exchanges} == set(DOCUMENTS.values())


def test_variables_are_of_the_types_that_are_declared(
    schema: GraphQLSchema, exchanges: list[tuple[dict[str, Any], Any]]
):
    for body, _ in exchanges:
        assert variable_problems(schema, body["query"], body["variables"]) == [], body["operationName"]


def test_the_simulated_shop_answers_as_the_schema_says(
    schema: GraphQLSchema, exchanges: list[tuple[dict[str, Any], Any]]
):
    for body, said in exchanges:
        assert answer_problems(schema, body["query"], said["data"]) == [], body["operationName"]
