"""How many units of a line a shop promises, how many of them others deliver, and what its refunds took off."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from apps.channels.mapping.results import Mapped, Outcome
from apps.channels.mapping.scope import MappingContext

Make = Callable[..., dict[str, Any]]
Read = Callable[..., Outcome]


def fulfilled(units: Any, status: str = "success", line: Any = 1) -> dict[str, Any]:
    return {"status": status, "line_items": [{"id": line, "quantity": units}]}


def refunded(units: Any, restock_type: str = "cancel", line: Any = 1) -> dict[str, Any]:
    return {"refund_line_items": [{"line_item_id": line, "quantity": units, "restock_type": restock_type}]}


NEITHER = "neither fulfilled nor still to be fulfilled at the source"
PARTLY = "it is partly fulfilled, by how many units is not said"
TAKEN_OFF = "refunded or taken off, and still to be fulfilled"


@pytest.mark.parametrize(
    ("line", "order", "promised", "elsewhere", "doubt"),
    [
        ({}, {}, 4, 0, ""),
        ({"fulfillable_quantity": 4}, {}, 4, 0, ""),
        # Delivered by the shop before we came.
        ({"fulfillable_quantity": 1}, {"fulfillments": [fulfilled(3)]}, 4, 3, ""),
        ({}, {"fulfillments": [fulfilled(1), fulfilled(2, "pending")]}, 4, 3, ""),
        ({}, {"fulfillments": [fulfilled(9)]}, 4, 4, ""),
        ({}, {"fulfillments": [fulfilled(2, "cancelled"), fulfilled(1, "ERROR"), fulfilled(1, "failure")]}, 4, 0, ""),
        ({}, {"fulfillments": [fulfilled(2, line=2), fulfilled(2, line=None), "odd", {"line_items": "odd"}]}, 4, 0, ""),
        ({}, {"fulfillments": [fulfilled(2, line="1")]}, 4, 2, ""),
        ({"fulfillment_status": " Fulfilled "}, {}, 4, 4, ""),
        ({"fulfillment_status": "fulfilled"}, {"fulfillments": [fulfilled(3)]}, 4, 3, ""),
        ({"fulfillment_status": "fulfilled", "fulfillable_quantity": 0}, {}, 4, 4, ""),
        ({"fulfillment_status": "partial", "fulfillable_quantity": 3}, {}, 4, 1, ""),
        # What does not add up is put before a person.
        ({"fulfillable_quantity": 3}, {}, 4, 1, f"line 1: 1 unit is {NEITHER}"),
        ({"fulfillable_quantity": 1}, {}, 4, 3, f"line 1: 3 units are {NEITHER}"),
        ({"fulfillable_quantity": 0, "requires_shipping": False}, {}, 4, 4, ""),
        ({"fulfillment_status": "partial"}, {}, 4, 0, f"line 1: {PARTLY}"),
        ({"fulfillment_status": "partial"}, {"fulfillments": [fulfilled(1)]}, 4, 1, ""),
        ({"current_quantity": 3, "fulfillable_quantity": 4}, {}, 4, 0, f"line 1: 1 unit was {TAKEN_OFF}"),
        ({"current_quantity": 2, "fulfillable_quantity": 4}, {}, 4, 0, f"line 1: 2 units were {TAKEN_OFF}"),
        ({"current_quantity": 2, "fulfillable_quantity": 9}, {}, 4, 0, f"line 1: 7 units were {TAKEN_OFF}"),
        ({"current_quantity": 2, "fulfillable_quantity": 4, "fulfillment_status": "partial"}, {}, 4, 0, ""),
        # Taken off before it was delivered: not promised; come back afterwards: promised and delivered.
        ({"current_quantity": 3, "fulfillable_quantity": 3}, {}, 3, 0, ""),
        ({}, {"refunds": [refunded(1), refunded(-1)]}, 2, 0, ""),
        ({"current_quantity": 3}, {"refunds": [refunded(2)]}, 3, 0, ""),
        ({}, {"refunds": [refunded(1, line=2), refunded(1, line=None), {"refund_line_items": None}]}, 4, 0, ""),
        ({"current_quantity": 3, "fulfillable_quantity": 1}, {"fulfillments": [fulfilled(3)]}, 4, 3, ""),
        ({"current_quantity": 3}, {"fulfillments": [fulfilled(2)]}, 3, 2, ""),
        ({"current_quantity": 1}, {"fulfillments": [fulfilled(2)]}, 2, 2, ""),
        ({"fulfillment_status": "fulfilled"}, {"refunds": [refunded(1, "return")]}, 4, 4, ""),
        ({"fulfillment_status": "fulfilled"}, {"refunds": [refunded(1, "cancel"), refunded(1, "return")]}, 3, 3, ""),
        ({"fulfillment_status": "fulfilled", "current_quantity": 2}, {"refunds": [refunded(1, "cancel")]}, 3, 3, ""),
        # Somebody else's altogether.
        ({"fulfillment_service": "Amazon"}, {}, 4, 4, ""),
        ({"fulfillment_service": " Manual "}, {}, 4, 0, ""),
        ({"assigned_location_id": 7}, {}, 4, 4, ""),
        ({"assigned_location_id": 5}, {}, 4, 0, ""),
        # Beside the count that was ordered, what can't be read never stops a sale.
        ({"current_quantity": "x"}, {}, 4, 0, "line 1: current_quantity is not a whole number"),
        ({"fulfillable_quantity": "x"}, {}, 4, 0, "line 1: fulfillable_quantity is not a whole number"),
        ({}, {"refunds": [refunded("x")]}, 4, 0, "refunds[].refund_line_items[].quantity is not a whole number"),
        ({}, {"fulfillments": [fulfilled(1, line=1.5)]}, 4, 0, "fulfillments[].line_items[].id '1.5' is not an id"),
    ],
)  # fmt: skip
def test_a_line_of_four_units_at_shopify(
    shopify_order: Make, read_with: Read, line: dict[str, Any], order: dict[str, Any], promised: int, elsewhere: int, doubt: str
) -> None:  # fmt: skip
    item = {"id": 1, "sku": "A", "quantity": 4, "price": "5.00", **line}
    own = MappingContext(locations=frozenset({"5"}))

    outcome = read_with("shopify.order", shopify_order(line_items=[item], **order), own)

    assert isinstance(outcome, Mapped), outcome
    [read] = outcome.order.lines
    assert (read.quantity, read.handled_elsewhere) == (promised, elsewhere)
    said = [hold for hold in outcome.holds if hold.reason == "quantity_unusual"]
    assert bool(said) is bool(doubt)
    assert all(doubt in hold.note for hold in said)
    assert {hold.code for hold in said} <= {"units_disagree", "unreadable"}


def test_a_whole_order_that_is_fulfilled_says_so_for_its_lines(shopify_order: Make, read_with: Read) -> None:
    item = {"id": 1, "sku": "A", "quantity": 4, "price": "5.00", "fulfillment_status": None}

    outcome = read_with("shopify.order", shopify_order(line_items=[item], fulfillment_status="fulfilled"))

    assert isinstance(outcome, Mapped)
    assert outcome.order.lines[0].handled_elsewhere == 4


def test_of_a_cancelled_order_is_read_what_was_ordered(shopify_order: Make, read_with: Read) -> None:
    item = {"id": 1, "sku": "A", "quantity": 4, "price": "5.00", "current_quantity": 0, "fulfillable_quantity": 0}

    outcome = read_with("shopify.order", shopify_order(line_items=[item], cancelled_at="2026-11-03T00:00:00Z"))

    assert isinstance(outcome, Mapped)
    [line] = outcome.order.lines
    assert (line.quantity, line.handled_elsewhere, outcome.holds) == (4, 0, ())


def test_units_to_be_delivered_that_are_no_longer_paid_for_are_given_away(shopify_order: Make, read_with: Read) -> None:
    item = {"id": 1, "sku": "A", "quantity": 4, "price": "5.00", "total_discount": "2.00",
            "current_quantity": 1, "fulfillable_quantity": 4}  # fmt: skip

    outcome = read_with("shopify.order", shopify_order(line_items=[item]))

    assert isinstance(outcome, Mapped)
    assert outcome.order.lines[0].discount == 50 + 3 * 500


def named(line: Any, units: Any, total: str, tax: str = "0", **more: Any) -> dict[str, Any]:
    return {
        "quantity": units,
        "total": total,
        "total_tax": tax,
        "meta_data": [{"key": "_refunded_item_id", "value": line}],
        **more,
    }


@pytest.mark.parametrize(
    ("refunds", "units", "total", "explained"),
    [
        ([], 3, 3600, False),
        ([{"id": 1, "total": "-12.00", "line_items": [named(1, -1, "-10.00", "-2.00")]}], 2, 2400, True),
        ([{"id": 1, "total": "-24.00", "line_items": [named(1, -2, "-20.00", "-4.00")]}], 1, 1200, True),
        ([{"id": n, "total": "-12.00", "line_items": [named("1", -1, "-10.00", "-2.00")]} for n in (1, 2)], 1, 1200, True),
        # Money alone, and less than any unit costs.
        ([{"id": 1, "total": "-5.00"}], 3, 3600, False),
        ([{"id": 1, "total": "-5.00", "line_items": []}], 3, 3600, True),
        ([{"id": 1, "total": "-9.99", "line_items": []}], 3, 3600, True),
        ([{"id": 1, "total": "-10.00", "line_items": []}], 3, 3600, False),
        ([{"id": 1, "amount": "-10.00", "line_items": []}], 3, 3600, False),
        ([{"id": 1, "total": "-15.00", "line_items": [], "shipping_lines": [{"total": "-5.00", "total_tax": "-1.00"}]}], 3, 3600, True),
        ([{"id": 1, "total": "-15.00", "line_items": [], "fee_lines": [{"total": "5.01"}]}], 3, 3600, True),
        ([{"id": 1, "total": "-15.00", "line_items": [], "tax_lines": [{"total": "9.00"}]}], 3, 3600, False),
        # Money back for a line of which no unit is named.
        ([{"id": 1, "total": "-3.00", "line_items": [named(1, 0, "-3.00")]}], 3, 3600, True),
        ([{"id": 1, "total": "-30.00", "line_items": [named(1, 0, "-30.00")]}], 3, 3600, False),
        # Units of a line that is not the order's, or of none.
        ([{"id": 1, "total": "-12.00", "line_items": [named(9, -1, "-10.00", "-2.00")]}], 3, 2400, False),
        ([{"id": 1, "total": "-12.00", "line_items": [{"quantity": -1, "total": "-10.00", "total_tax": "-2.00"}]}], 3, 2400, False),
        ([{"id": 1, "total": "-12.00", "line_items": [{"refunded_item_id": 1, "quantity": -1, "total": "-10.00", "total_tax": "-2.00"}]}], 2, 2400, True),
        # One of two is explained.
        ([{"id": 1, "total": "-12.00", "line_items": [named(1, -1, "-10.00", "-2.00")]}, {"id": 2, "total": "-20.00"}], 2, 2400, False),
    ],
)  # fmt: skip
def test_what_the_refunds_of_woocommerce_took_off_a_line_of_three_units(
    woo_order: Make, read_with: Read, refunds: list[Any], units: int, total: int, explained: bool
) -> None:
    item = {
        "id": 1,
        "name": "Mug",
        "sku": "MUG-1",
        "quantity": 3,
        "subtotal": "30.00",
        "total": "30.00",
        "total_tax": "6.00",
    }

    outcome = read_with(
        "woocommerce.order", woo_order(line_items=[item], total="36.00", total_tax="6.00", refunds=refunds)
    )

    assert isinstance(outcome, Mapped), outcome
    order = outcome.order
    assert (order.lines[0].quantity, order.totals.total, order.payment.refund_explained) == (units, total, explained)
    said = [warning.message for warning in outcome.warnings if "refunded" in warning.message]
    assert said == ([f"{3 - units} of 3 units were refunded"] if units < 3 else [])


@pytest.mark.parametrize("status", ["completed", "cancelled"])
def test_refunds_take_nothing_off_an_order_that_has_ended(woo_order: Make, read_with: Read, status: str) -> None:
    item = {
        "id": 1,
        "name": "Mug",
        "sku": "MUG-1",
        "quantity": 3,
        "subtotal": "30.00",
        "total": "30.00",
        "total_tax": "6.00",
    }
    refunds = [{"id": 1, "total": "-12.00", "line_items": [named(1, -1, "-10.00", "-2.00")]}]

    outcome = read_with(
        "woocommerce.order", woo_order(status=status, line_items=[item], total="36.00", refunds=refunds)
    )

    assert isinstance(outcome, Mapped)
    assert (outcome.order.lines[0].quantity, outcome.order.totals.total) == (3, 3600)


def test_more_units_refunded_than_there_are_leave_none(woo_order: Make, read_with: Read) -> None:
    items = [
        {"id": number, "name": "Mug", "sku": "M", "quantity": 1, "subtotal": "10.00", "total": "10.00", "total_tax": "0"} for number in (1, 2)
    ]  # fmt: skip
    refunds = [{"id": 1, "total": "-20.00", "line_items": [named(1, -2, "-10.00")]}]

    outcome = read_with("woocommerce.order", woo_order(line_items=items, total="20.00", total_tax="0", refunds=refunds))

    assert isinstance(outcome, Mapped)
    assert [line.line_id for line in outcome.order.lines] == ["2"]
    assert "1 of 1 units were refunded" in [warning.message for warning in outcome.warnings]


def test_a_refund_of_so_many_units_that_nobody_can_read_holds_the_order(woo_order: Make, read_with: Read) -> None:
    refunds = [{"id": 1, "total": "-12.00", "line_items": [named(1, "x", "-10.00")]}]

    outcome = read_with("woocommerce.order", woo_order(refunds=refunds))

    assert isinstance(outcome, Mapped)
    assert outcome.order.lines[0].quantity == 2
    assert ("quantity_unusual", "the count of a refund is not a whole number") in [
        (hold.reason, hold.note) for hold in outcome.holds
    ]


def test_more_units_refunded_than_were_ordered_leave_none_at_shopify_and_no_doubt(
    shopify_order: Make, read_with: Read
) -> None:
    items = [{"id": number, "sku": "A", "quantity": 4, "price": "5.00"} for number in (1, 2)]

    outcome = read_with("shopify.order", shopify_order(line_items=items, refunds=[refunded(5)]))

    assert isinstance(outcome, Mapped)
    assert [(line.line_id, line.quantity) for line in outcome.order.lines] == [("2", 4)]
    assert outcome.holds == ()
