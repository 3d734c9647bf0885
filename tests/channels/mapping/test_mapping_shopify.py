"""Shopify orders, the captured and the made-up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from apps.channels.mapping.results import Mapped, Notice, NoticeKind, Outcome, Quarantined
from apps.channels.mapping.scope import MappingContext
from apps.orders.canonical import CanonicalOrder, OrderStatus, PaymentState, ServiceLevel

Order = Callable[..., CanonicalOrder]
Make = Callable[..., dict[str, Any]]
Read = Callable[..., Outcome]


def line(**changes: Any) -> dict[str, Any]:
    return {"id": 1, "sku": "MUG-1", "quantity": 2, "price": "20.00", **changes}


def test_a_small_order_field_by_field(shopify_order: Make, order_from: Order) -> None:
    order = order_from("shopify.order", shopify_order())

    assert order.external_id == "450789469"
    assert order.external_number == "#1001"
    assert order.placed_at == datetime(2026, 11, 2, 14, 0, tzinfo=UTC)
    assert order.updated_at == datetime(2026, 11, 2, 14, 5, tzinfo=UTC)
    assert order.status == OrderStatus.OPEN
    assert order.payment.state == PaymentState.PAID
    assert order.shipping_address is not None
    assert (order.shipping_address.country, order.shipping_address.region) == ("US", "KY")
    assert order.billing_address is None
    assert order.lines[0].sku == "mug-1"
    assert (order.lines[0].unit_price, order.lines[0].tax, order.totals.shipping) == (2000, 350, 1000)
    assert order.shipping.service_level == ServiceLevel.STANDARD


@pytest.mark.parametrize(
    ("number", "total", "discounts"), [(2, 30400, [500, 0, 0]), (3, 30400, [820, 340, 340]), (4, 18690, [1910, 1500])]
)
def test_captured_orders_from_hong_kong_add_up(
    number: int, total: int, discounts: list[int], payload_file: Callable[[str], Any], order_from: Order,
    recomputed: Callable[[CanonicalOrder], int],
) -> None:  # fmt: skip
    order = order_from("shopify.order", payload_file(f"shopify/realcapture_hk_order_create_dis{number}.json"))

    assert (order.currency, order.totals.total) == ("HKD", total)
    assert recomputed(order) == total
    assert [line.discount for line in order.lines] == discounts
    assert {line.sku for line in order.lines} == {""}


def test_a_captured_order_without_customer_or_address_keeps_its_chinese_title(
    payload_file: Callable[[str], Any], order_from: Order
) -> None:
    order = order_from("shopify.order", payload_file("shopify/realcapture_hk_order_create_dis2.json"))

    assert order.shipping_address is None
    assert order.customer.name == ""
    assert order.lines[0].title == "aaa0103測試商品11aa"


def test_what_was_taken_off_at_the_source_is_not_fulfilled(
    payload_file: Callable[[str], Any], read_with: Read, recomputed: Callable[[CanonicalOrder], int]
) -> None:
    payload = payload_file("shopify_ruby_docs/order_08.json")["response"]["order"]

    outcome = read_with("shopify.order", payload)

    assert isinstance(outcome, Mapped)
    assert len(payload["line_items"]) == 3
    assert [line.quantity for line in outcome.order.lines] == [1]
    assert outcome.order.totals.total == recomputed(outcome.order) == 19965
    assert [warning.path for warning in outcome.warnings] == ["line_items[0]", "line_items[2]"]


def test_a_cancelled_order_is_read_as_it_was_placed(
    payload_file: Callable[[str], Any], order_from: Order, recomputed: Callable[[CanonicalOrder], int]
) -> None:
    order = order_from("shopify.order", payload_file("shopify_ruby_docs/order_13.json")["response"]["order"])

    assert order.status == OrderStatus.CANCELLED
    assert len(order.lines) == 3
    assert order.totals.total == recomputed(order) == 59894


def test_part_of_a_line_taken_off_takes_its_share_of_discount_and_tax(shopify_order: Make, read_with: Read) -> None:
    item = line(quantity=3, current_quantity=2, total_discount="1.00", tax_lines=[{"price": "0.50"}])

    outcome = read_with("shopify.order", shopify_order(line_items=[item]))

    assert isinstance(outcome, Mapped)
    assert (outcome.order.lines[0].quantity, outcome.order.lines[0].discount, outcome.order.lines[0].tax) == (2, 67, 33)
    assert any("2 of 3 units" in warning.message for warning in outcome.warnings)


def test_an_order_emptied_at_the_source_is_cancelled_as_it_was_placed(shopify_order: Make, read_with: Read) -> None:
    outcome = read_with("shopify.order", shopify_order(line_items=[line(current_quantity=0)]))

    assert isinstance(outcome, Mapped)
    assert outcome.order.status == OrderStatus.CANCELLED
    assert [one.quantity for one in outcome.order.lines] == [2]


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, OrderStatus.OPEN),
        ({"fulfillment_status": "partial"}, OrderStatus.OPEN),
        ({"fulfillment_status": "fulfilled"}, OrderStatus.COMPLETED),
        ({"closed_at": "2026-11-03T00:00:00Z"}, OrderStatus.COMPLETED),
        ({"cancelled_at": "2026-11-03T00:00:00Z", "fulfillment_status": "fulfilled"}, OrderStatus.CANCELLED),
    ],
)
def test_status(changes: dict[str, Any], status: OrderStatus, shopify_order: Make, order_from: Order) -> None:
    assert order_from("shopify.order", shopify_order(**changes)).status == status


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"financial_status": "authorized"}, PaymentState.AUTHORIZED),
        ({"financial_status": "partially_refunded"}, PaymentState.PARTIALLY_REFUNDED),
        ({"financial_status": "expired"}, PaymentState.VOIDED),
        ({"financial_status": None}, PaymentState.PENDING),
        ({"financial_status": "pending"}, PaymentState.PENDING),
        (
            {"financial_status": "pending", "payment_gateway_names": ["Cash on Delivery (COD)"]},
            PaymentState.ON_DELIVERY,
        ),
    ],
)
def test_payment_state(changes: dict[str, Any], state: PaymentState, shopify_order: Make, order_from: Order) -> None:
    assert order_from("shopify.order", shopify_order(**changes)).payment.state == state


def test_an_unknown_payment_state_is_held_as_unpaid(shopify_order: Make, read_with: Read) -> None:
    outcome = read_with("shopify.order", shopify_order(financial_status="bartered"))

    assert isinstance(outcome, Mapped)
    assert outcome.order.payment.state == PaymentState.PENDING
    assert [hold.reason for hold in outcome.holds] == ["payment_problem"]


def test_the_channels_own_words_go_ahead_of_the_documents(shopify_order: Make, order_from: Order) -> None:
    own = MappingContext(
        tables={"payment_state": {"bartered": "paid"}},
        shipping_methods={"ups ground": "economy"},
        sku_aliases={"MUG-1": "DRK-0001"},
    )

    order = order_from("shopify.order", shopify_order(financial_status="bartered"), own)

    assert order.payment.state == PaymentState.PAID
    assert order.shipping.service_level == ServiceLevel.ECONOMY
    assert order.lines[0].sku == "DRK-0001"


def test_a_test_order_is_held(shopify_order: Make, read_with: Read) -> None:
    outcome = read_with("shopify.order", shopify_order(test=True))

    assert isinstance(outcome, Mapped)
    assert [hold.reason for hold in outcome.holds] == ["manual"]


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ({"properties": [{"name": "Engraving", "value": "Ann"}]}, {"Engraving": "Ann"}),
        ({"properties": {"name": "Engraving", "value": "Ann"}}, {"Engraving": "Ann"}),
        ({"properties": {}}, {}),
        ({"properties": None}, {}),
        ({}, {}),
    ],
)
def test_properties_in_every_shape_that_was_seen(
    item: dict[str, Any], expected: dict[str, str], shopify_order: Make, order_from: Order
) -> None:
    assert order_from("shopify.order", shopify_order(line_items=[line(**item)])).lines[0].properties == expected


def test_gift_cards_services_and_tips_are_not_picked(
    shopify_order: Make, order_from: Order, recomputed: Callable[[CanonicalOrder], int]
) -> None:
    items = [
        line(id=1, gift_card=True, requires_shipping=False, price="50.00", quantity=1),
        line(id=2, requires_shipping=False, price="5.00", quantity=1),
        line(id=3, title="Tip", price="3.00", quantity=1, requires_shipping=False, tip={"payment_gateway": "x"}),
    ]
    payload = shopify_order(line_items=items, shipping_lines=[], total_tip_received="3.00", total_price="58.00")

    order = order_from("shopify.order", payload)

    assert [(line.gift_card, line.requires_shipping) for line in order.lines] == [(True, False), (False, False)]
    assert order.totals.fees == 300
    assert recomputed(order) == order.totals.total


def test_tax_included_prices_and_discounted_shipping_add_up(
    shopify_order: Make, order_from: Order, recomputed: Callable[[CanonicalOrder], int]
) -> None:
    payload = shopify_order(
        taxes_included=True,
        total_price="46.00",
        shipping_lines=[
            {"title": "Express", "price": "10.00", "discount_allocations": [{"amount": "4.00"}]},
            {"title": "Old", "price": "7.00", "is_removed": True},
        ],
    )

    order = order_from("shopify.order", payload)

    assert order.totals.prices_include_tax
    assert order.totals.shipping == 600
    assert order.shipping.service_level == ServiceLevel.EXPRESS
    assert recomputed(order) == order.totals.total == 4600


def test_no_address_is_made_out_of_the_channels_default_country(shopify_order: Make, order_from: Order) -> None:
    context = MappingContext(default_country="GB")

    assert order_from("shopify.order", shopify_order(shipping_address=None), context).shipping_address is None
    bare = order_from("shopify.order", shopify_order(shipping_address={"address1": "1 Main St"}), context)
    assert bare.shipping_address is not None
    assert bare.shipping_address.country == "GB"


def test_what_cannot_be_an_order_is_explained_at_its_path_without_its_value(
    shopify_order: Make, read_with: Read
) -> None:
    payload = shopify_order(
        created_at="yesterday", currency="EURO", line_items=[line(quantity=1.5, price="free of charge"), "garbage"]
    )

    outcome = read_with("shopify.order", payload)

    assert isinstance(outcome, Quarantined)
    by_path = {finding.path: finding for finding in outcome.findings}
    assert "currency: must be an ISO 4217 currency code" in by_path["currency"].problem
    assert by_path["created_at"].problem == "is not a date and time"
    assert by_path["line_items[0].quantity"].problem == "is not a whole number"
    assert by_path["line_items[0].price"].problem == "is not an amount"
    assert by_path["line_items[1].id"].problem == "is missing"
    assert all(finding.what_to_do for finding in outcome.findings)
    assert "free of charge" not in str(outcome)


def test_an_order_of_nothing_at_all_says_so(shopify_order: Make, read_with: Read) -> None:
    outcome = read_with("shopify.order", shopify_order(line_items=[line(quantity=0)]))

    assert isinstance(outcome, Notice)
    assert (outcome.kind, outcome.external_id) == (NoticeKind.EMPTIED, "450789469")


@pytest.mark.parametrize("quantity", [-1, 1.5, 10**9, "NaN", True, None, [], {}])
def test_an_impossible_quantity_is_quarantined(quantity: Any, shopify_order: Make, read_with: Read) -> None:
    outcome = read_with("shopify.order", shopify_order(line_items=[line(quantity=quantity)]))

    assert isinstance(outcome, Quarantined)
    assert outcome.findings[0].path.startswith("line_items[0].")


@pytest.mark.parametrize("text", ["a\x00b", "a\ud800b"])
def test_an_optional_text_that_is_no_text_is_left_out_aloud(text: str, shopify_order: Make, read_with: Read) -> None:
    outcome = read_with("shopify.order", shopify_order(note=text))

    assert isinstance(outcome, Mapped)
    assert outcome.order.note == ""
    assert any(warning.target == "note" for warning in outcome.warnings)


def test_two_lines_with_one_id_are_quarantined(shopify_order: Make, read_with: Read) -> None:
    outcome = read_with("shopify.order", shopify_order(line_items=[line(id=7), line(id=7)]))

    assert isinstance(outcome, Quarantined)
    assert "'7' appears twice" in outcome.reason


def test_more_lines_than_an_order_may_have_are_quarantined(shopify_order: Make, read_with: Read) -> None:
    outcome = read_with("shopify.order", shopify_order(line_items=[line(id=n) for n in range(5_000)]))

    assert isinstance(outcome, Quarantined)
    assert outcome.findings[0].path == "line_items[]"


def test_a_name_longer_than_the_field_is_cut_not_refused(shopify_order: Make, read_with: Read) -> None:
    outcome = read_with("shopify.order", shopify_order(line_items=[line(title="x" * 300)]))

    assert isinstance(outcome, Mapped)
    assert len(outcome.order.lines[0].title) == 255
    assert [(warning.path, warning.message) for warning in outcome.warnings] == [
        ("line_items[0].title", "cut to 255 characters")
    ]


def test_the_same_message_gives_the_same_answer(shopify_order: Make, read_with: Read) -> None:
    assert read_with("shopify.order", shopify_order()) == read_with("shopify.order", shopify_order())
