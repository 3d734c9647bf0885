"""WooCommerce orders, as a live shop sent them and as the documents have them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from apps.channels.mapping.results import Ignored, Mapped, Outcome
from apps.channels.mapping.scope import MappingContext
from apps.orders.canonical import CanonicalOrder, OrderStatus, PaymentState, ServiceLevel

Order = Callable[..., CanonicalOrder]
Make = Callable[..., dict[str, Any]]
Read = Callable[..., Outcome]
File = Callable[[str], Any]


def test_the_captured_order_13_to_the_penny(
    payload_file: File, order_from: Order, recomputed: Callable[[CanonicalOrder], int]
) -> None:
    order = order_from("woocommerce.order", payload_file("woocommerce_captured/01_order_created.json"))

    assert (order.external_id, order.currency, order.status) == ("13", "GBP", OrderStatus.COMPLETED)
    assert order.placed_at == datetime(2026, 11, 21, 12, 5, 23, tzinfo=UTC)
    assert [(line.sku, line.quantity, line.unit_price, line.discount, line.tax) for line in order.lines] == [
        ("MUG-1", 2, 1000, 0, 400),
        ("TEE-L", 3, 1666, 0, 999),
    ]
    assert (order.totals.subtotal, order.totals.shipping, order.totals.shipping_tax) == (6998, 350, 70)
    assert (order.totals.tax, order.totals.total) == (1469, 8817)
    assert recomputed(order) == 8817
    assert order.customer.name == "Zoë O'Brien 李"
    assert order.customer.reference == ""
    assert order.shipping.service_level == ServiceLevel.STANDARD


def test_a_refund_shows_in_the_payment_and_leaves_lines_and_total(payload_file: File, order_from: Order) -> None:
    order = order_from("woocommerce.order", payload_file("woocommerce_captured/09_order_updated.json"))

    assert order.payment.state == PaymentState.PARTIALLY_REFUNDED
    assert order.totals.total == 8817
    assert [line.quantity for line in order.lines] == [2, 3]


def test_billing_stands_in_for_a_shipping_address_without_a_street(payload_file: File, order_from: Order) -> None:
    payload = payload_file("woocommerce_captured/06_order_updated.json")
    assert payload["shipping"]["first_name"] == "X"

    order = order_from("woocommerce.order", payload)

    assert order.shipping_address is not None
    assert (order.shipping_address.name, order.shipping_address.city) == ("Zoë O'Brien 李", "Leeds")
    assert not order.lines[0].requires_shipping
    assert order.totals.total == 500


def test_yen_written_with_decimals_are_whole_yen_and_the_prefecture_is_a_code(
    payload_file: File, order_from: Order
) -> None:
    order = order_from("woocommerce.order", payload_file("woocommerce_captured/08_order_updated.json"))

    assert (order.currency, order.totals.total, order.lines[0].unit_price) == ("JPY", 10, 10)
    assert order.shipping_address is not None
    assert (order.shipping_address.country, order.shipping_address.region) == ("JP", "13")
    assert order.shipping_address.city == "東京"


def test_a_cancelled_order_says_so(payload_file: File, order_from: Order) -> None:
    order = order_from("woocommerce.order", payload_file("woocommerce_captured/11_order_updated.json"))

    assert (order.status, order.payment.state) == (OrderStatus.CANCELLED, PaymentState.VOIDED)
    assert order.cancel_reason == "cancelled in the shop"


@pytest.mark.parametrize(
    ("changes", "status", "state"),
    [
        ({"status": "pending"}, "open", "pending"),
        ({"status": "on-hold"}, "open", "pending"),
        ({"status": "processing"}, "open", "paid"),
        ({"status": "completed"}, "completed", "paid"),
        ({"status": "failed"}, "open", "failed"),
        ({"status": "refunded"}, "cancelled", "refunded"),
        ({"status": "trash", "date_paid_gmt": None}, "cancelled", "voided"),
        ({"status": "cancelled", "date_paid_gmt": None}, "cancelled", "voided"),
        ({"status": "cancelled"}, "cancelled", "paid"),
        ({"status": "processing", "payment_method": "cod", "date_paid_gmt": None}, "open", "on_delivery"),
        ({"status": "processing", "refunds": [{"id": 16, "total": "-1.00"}]}, "open", "partially_refunded"),
    ],
)
def test_statuses(changes: dict[str, Any], status: str, state: str, woo_order: Make, order_from: Order) -> None:
    order = order_from("woocommerce.order", woo_order(**changes))

    assert (order.status, order.payment.state) == (status, state)


def test_a_plugins_own_status_is_held_as_open_and_unpaid(woo_order: Make, read_with: Read) -> None:
    outcome = read_with("woocommerce.order", woo_order(status="awaiting-shipment"))

    assert isinstance(outcome, Mapped)
    assert (outcome.order.status, outcome.order.payment.state) == (OrderStatus.OPEN, PaymentState.PENDING)
    assert sorted(hold.reason for hold in outcome.holds) == ["manual", "payment_problem"]


def test_a_plugins_own_status_can_be_taught_to_the_channel(woo_order: Make, read_with: Read) -> None:
    words = {"awaiting-shipment": "open"}
    context = MappingContext(tables={"order_status": words, "payment_state": {"awaiting-shipment": "paid"}})

    outcome = read_with("woocommerce.order", woo_order(status="awaiting-shipment"), context)

    assert isinstance(outcome, Mapped)
    assert outcome.order.payment.state == PaymentState.PAID
    assert outcome.holds == ()


def test_a_draft_is_not_an_order_yet(woo_order: Make, read_with: Read) -> None:
    assert isinstance(read_with("woocommerce.order", woo_order(status="checkout-draft")), Ignored)


def test_coupons_fees_and_negative_fees_add_up(
    woo_order: Make, order_from: Order, recomputed: Callable[[CanonicalOrder], int]
) -> None:
    item = {"id": 1, "name": "Tee &ndash; L", "sku": "T", "quantity": 3, "subtotal": "50.00", "total": "44.99",
            "total_tax": "9.00"}  # fmt: skip
    fees = [{"total": "2.00", "total_tax": "0.40"}, {"total": "-5.00", "total_tax": "-1.00"}]

    order = order_from(
        "woocommerce.order", woo_order(line_items=[item], fee_lines=fees, total="50.39", total_tax="8.40")
    )

    assert (order.totals.fees, order.totals.discount) == (240, 600)
    assert order.lines[0].title == "Tee – L"
    assert recomputed(order) == order.totals.total == 5039


def test_a_line_that_does_not_divide_still_adds_up_and_says_how(woo_order: Make, read_with: Read) -> None:
    item = {
        "id": 1,
        "name": "Tee",
        "sku": "T",
        "quantity": 3,
        "subtotal": "10.00",
        "total": "10.00",
        "total_tax": "0.00",
    }

    outcome = read_with("woocommerce.order", woo_order(line_items=[item], total="10.00", total_tax="0"))

    assert isinstance(outcome, Mapped)
    line = outcome.order.lines[0]
    assert line.unit_price * line.quantity - line.discount == 1000
    assert outcome.warnings[0].path == "line_items[0].subtotal"
    assert "2 minor units went to the discount" in outcome.warnings[0].message


def test_local_pickup_is_a_pickup(woo_order: Make, order_from: Order) -> None:
    lines = [{"method_id": "local_pickup", "method_title": "Zum Laden"}]

    assert (
        order_from("woocommerce.order", woo_order(shipping_lines=lines)).shipping.service_level == ServiceLevel.PICKUP
    )


def test_the_shops_internal_keys_are_not_properties(woo_order: Make, order_from: Order) -> None:
    meta = [{"key": "_reduced_stock", "value": "3"}, {"key": "size", "value": "M"}]
    item = {"id": 1, "sku": "T", "quantity": 1, "subtotal": "1.00", "total": "1.00", "meta_data": meta}

    assert order_from("woocommerce.order", woo_order(line_items=[item])).lines[0].properties == {"size": "M"}
