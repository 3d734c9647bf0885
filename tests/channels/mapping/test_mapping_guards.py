"""A value that decides whether an order may ship, present and not readable, holds the order; it is never as if absent."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from apps.channels.framework.contracts import shipped_contract, shipped_raw
from apps.channels.mapping.documents import lint
from apps.channels.mapping.engine import apply
from apps.channels.mapping.lint import GUARDS, LINE_GUARDS
from apps.channels.mapping.results import Ignored, Mapped, Outcome, Quarantined
from apps.channels.mapping.scope import MappingContext

Make = Callable[..., dict[str, Any]]
Read = Callable[..., Outcome]
UNREADABLE = ["1,234.50", "NaN", "secret words", {"amount": "1"}, ["1"], True]
SHOPIFY = {
    "total_price": "price_mismatch",
    "current_total_price": "price_mismatch",
    "total_tax": "price_mismatch",
    "taxes_included": "price_mismatch",
    "total_discounts": "price_mismatch",
    "total_tip_received": "price_mismatch",
    "subtotal_price": "price_mismatch",
    "financial_status": "payment_problem",
    "fulfillment_status": "manual",
    "test": "manual",
    "cancelled_at": "manual",
    "closed_at": "manual",
}
WOO = {
    "total": "price_mismatch",
    "total_tax": "price_mismatch",
    "shipping_total": "price_mismatch",
    "shipping_tax": "price_mismatch",
    "status": "manual",
    "needs_processing": "manual",
    "date_paid_gmt": "payment_problem",
}
YES_OR_NO = ("test", "taxes_included", "needs_processing")


def guarded(outcome: Outcome, reason: str) -> bool:
    """Held for the reason, or put before a person whole."""
    if isinstance(outcome, Quarantined):
        return True
    return isinstance(outcome, Mapped) and reason in {str(hold.reason) for hold in outcome.holds}


@pytest.mark.parametrize("value", UNREADABLE)
@pytest.mark.parametrize(("field", "reason"), SHOPIFY.items())
def test_shopify(shopify_order: Make, read_with: Read, field: str, reason: str, value: Any) -> None:
    if value is True and field in YES_OR_NO:
        pytest.skip("1 value skipped: it can be read")
    outcome = read_with("shopify.order", shopify_order(**{field: value}))

    assert guarded(outcome, reason), outcome
    assert "secret" not in str(getattr(outcome, "order", outcome)) or field == "financial_status"


@pytest.mark.parametrize("value", UNREADABLE)
@pytest.mark.parametrize(("field", "reason"), WOO.items())
def test_woocommerce(woo_order: Make, read_with: Read, field: str, reason: str, value: Any) -> None:
    if value is True and field in YES_OR_NO:
        pytest.skip("1 value skipped: it can be read")
    assert guarded(read_with("woocommerce.order", woo_order(**{field: value})), reason)


@pytest.mark.parametrize("value", ["1,234.50", "NaN", {"a": 1}, ["1"], True, "two"])
@pytest.mark.parametrize("field", ["quantity", "current_quantity", "fulfillable_quantity", "price", "total_discount"])
def test_counts_and_prices_of_a_shopify_line(shopify_order: Make, read_with: Read, field: str, value: Any) -> None:
    line = {"id": 1, "sku": "A", "quantity": 2, "price": "20.00", field: value}
    outcome = read_with("shopify.order", shopify_order(line_items=[line]))

    assert guarded(outcome, "quantity_unusual") or guarded(outcome, "price_mismatch")


@pytest.mark.parametrize("value", ["1,234.50", "NaN", {"a": 1}, True, "two"])
@pytest.mark.parametrize("field", ["quantity", "subtotal", "total", "total_tax"])
def test_counts_and_amounts_of_a_woocommerce_line(woo_order: Make, read_with: Read, field: str, value: Any) -> None:
    line = {
        "id": 1,
        "sku": "A",
        "quantity": 2,
        "subtotal": "20.00",
        "total": "20.00",
        "total_tax": "4.00",
        field: value,
    }

    assert guarded(read_with("woocommerce.order", woo_order(line_items=[line])), "price_mismatch")


@pytest.mark.parametrize("value", ["1,234.50", "NaN", {"a": 1}, True])
@pytest.mark.parametrize("where", ["total", "currency", "item", "tax", "shipped", "channel"])
def test_amazon(read_with: Read, where: str, value: Any) -> None:
    money = {"Amount": "20.00", "CurrencyCode": "GBP"}
    order = {"AmazonOrderId": "1-2-3", "PurchaseDate": "2026-11-02T09:00:00Z", "OrderStatus": "Unshipped",
             "FulfillmentChannel": "MFN", "OrderTotal": money}  # fmt: skip
    item = {"OrderItemId": "1", "SellerSKU": "A", "QuantityOrdered": 2, "ItemPrice": money, "QuantityShipped": 0}
    order |= {"total": {"OrderTotal": money | {"Amount": value}}, "channel": {"FulfillmentChannel": value}}.get(
        where, {}
    )
    item |= {
        "currency": {"ItemPrice": money | {"CurrencyCode": value}},
        "item": {"ItemPrice": money | {"Amount": value}},
        "tax": {"ItemTax": {"Amount": value}},
        "shipped": {"QuantityShipped": value},
    }.get(where, {})
    outcome = read_with("amazon.order", {"order": order, "items": [item]})

    reasons = ("price_mismatch", "currency_unexpected", "quantity_unusual", "manual")
    assert any(guarded(outcome, reason) for reason in reasons), outcome


@pytest.mark.parametrize("value", ["1,234.50", "NaN", "ten"])
@pytest.mark.parametrize(
    "column", ["total", "shipping", "shipping_tax", "tax", "fees", "order_discount", "refunded", "quantity", "unit_price",
               "line_tax", "line_discount", "handled_elsewhere", "status", "payment_state", "prices_include_tax",
               "refund_explained", "currency"],
)  # fmt: skip
def test_csv(read_with: Read, column: str, value: str) -> None:
    row = {
        "order_id": "1",
        "placed_at": "2026-11-02",
        "currency": "GBP",
        "sku": "A",
        "quantity": "1",
        "unit_price": "1",
    }
    outcome = read_with("csv.order", {"key": "1", "rows": [row | {column: value}]})

    assert isinstance(outcome, Quarantined)


def test_a_cancellation_that_is_no_moment_cancels_nothing_by_itself(shopify_order: Make, read_with: Read) -> None:
    for value in (False, 0, "never"):
        outcome = read_with("shopify.order", shopify_order(cancelled_at=value))

        assert isinstance(outcome, Mapped)
        assert outcome.order.status == "open"
        assert [hold.reason for hold in outcome.holds] == ["manual"]


def test_an_amazon_order_of_another_fulfillment_channel_is_still_left_alone(read_with: Read) -> None:
    money = {"Amount": "20.00", "CurrencyCode": "GBP"}
    order = {"AmazonOrderId": "1-2-3", "PurchaseDate": "2026-11-02T09:00:00Z", "OrderStatus": "Unshipped",
             "FulfillmentChannel": "AFN", "OrderTotal": money}  # fmt: skip
    outcome = read_with("amazon.order", {"order": order, "items": [{"OrderItemId": "1", "QuantityOrdered": 1}]})

    assert isinstance(outcome, Ignored)


@pytest.mark.parametrize("answer", ["omit", "default"])
@pytest.mark.parametrize("contract", [raw["contract"] for raw in shipped_raw()])
def test_a_mapping_that_would_leave_a_guard_out_unread_is_refused(contract: str, answer: str) -> None:
    shipped = next(raw for raw in shipped_raw() if raw["contract"] == contract)
    for block, guards in (("fields", GUARDS), ("lines", LINE_GUARDS)):
        rows = shipped["fields"] if block == "fields" else shipped["lines"]["fields"]
        for position, rule in enumerate(rows):
            if rule["target"] not in guards:
                continue
            raw = copy.deepcopy(shipped)
            changed = raw["fields"][position] if block == "fields" else raw["lines"]["fields"][position]
            changed |= {"when_invalid": answer}
            said = " ".join(message.problem for message in lint(raw))
            assert "it guards what ships" in said, rule["target"]


def test_a_gate_on_a_yes_or_no_needs_a_guard_beside_it() -> None:
    raw = copy.deepcopy(next(raw for raw in shipped_raw() if raw["contract"] == "shopify.order"))
    raw["guards"] = [guard for guard in raw["guards"] if guard["path"] != "test"]

    assert "'test' has no guard for when it is unreadable" in " ".join(message.problem for message in lint(raw))


def test_the_words_of_a_guard_go_with_words() -> None:
    raw = copy.deepcopy(next(raw for raw in shipped_raw() if raw["contract"] == "shopify.order"))
    raw["guards"].append({"path": "tags", "reads": "word"})

    assert "words go with reads: word" in " ".join(message.problem for message in lint(raw))


def test_no_value_of_a_guard_stands_in_what_people_read(shopify_order: Make) -> None:
    secret = "pat.canary@example.test"
    payload = shopify_order(total_price=secret, test=secret, cancelled_at=secret, closed_at=secret)
    outcome = apply(shipped_contract("shopify.order"), payload, MappingContext())

    assert isinstance(outcome, Mapped)
    assert secret not in json.dumps([hold.note for hold in outcome.holds])
    assert secret not in json.dumps([doubt.sentence for doubt in outcome.order.doubts])


@pytest.mark.parametrize("value", UNREADABLE)
@pytest.mark.parametrize(
    ("where", "reason"),
    [
        (("shipping_lines", 0, "price"), "price_mismatch"),
        (("shipping_lines", 0), "price_mismatch"),
        (("line_items", 0, "fulfillable_quantity"), "quantity_unusual"),
        (("line_items", 0, "current_quantity"), "quantity_unusual"),
        (("refunds", 0, "refund_line_items", 0, "quantity"), "quantity_unusual"),
        (("fulfillments", 0, "line_items", 0, "quantity"), "quantity_unusual"),
    ],
    ids=lambda value: str(value[-1]) if isinstance(value, tuple) else None,
)
def test_what_stands_beside_the_ordered_count_holds_a_sale_and_does_not_keep_it_out(
    shopify_order: Make, read_with: Read, where: tuple[Any, ...], reason: str, value: Any
) -> None:
    payload = shopify_order(
        shipping_lines=[{"title": "Standard", "price": "3.95"}],
        line_items=[{"id": 1, "sku": "A", "quantity": 2, "price": "20.00"}],
        refunds=[{"id": 5, "refund_line_items": [{"line_item_id": 1, "quantity": 1}]}],
        fulfillments=[{"id": 6, "status": "success", "line_items": [{"id": 1, "quantity": 1}]}],
    )
    holder: Any = payload
    for key in where[:-1]:
        holder = holder[key]
    holder[where[-1]] = value
    outcome = read_with("shopify.order", payload)

    assert isinstance(outcome, Mapped), outcome
    assert reason in {hold.reason for hold in outcome.holds}
    assert "secret" not in str(outcome.holds)


@pytest.mark.parametrize("value", [*UNREADABLE, "", None, "999"])
def test_a_woocommerce_refund_of_a_line_that_is_none_of_the_order_is_asked_for(
    woo_order: Make, read_with: Read, value: Any
) -> None:
    named = {"id": 9, "quantity": -1, "total": "-5.00", "meta_data": [{"key": "_refunded_item_id", "value": value}]}
    outcome = read_with("woocommerce.order", woo_order(refunds=[{"id": 5, "total": "-5.00", "line_items": [named]}]))

    assert isinstance(outcome, Mapped), outcome
    assert not outcome.order.payment.refund_explained


@pytest.mark.parametrize("value", UNREADABLE)
def test_a_shopify_refund_that_is_no_list_of_refunds_explains_nothing(
    shopify_order: Make, read_with: Read, value: Any
) -> None:
    outcome = read_with("shopify.order", shopify_order(financial_status="partially_refunded", refunds=value))

    assert isinstance(outcome, Mapped), outcome
    assert not outcome.order.payment.refund_explained


def test_the_finding_names_the_count_that_is_wrong(shopify_order: Make, read_with: Read) -> None:
    outcome = read_with("shopify.order", shopify_order(line_items=[{"id": 1, "quantity": "two", "price": "1.00"}]))

    assert isinstance(outcome, Quarantined)
    assert [finding.path for finding in outcome.findings] == ["line_items[0].quantity"]
