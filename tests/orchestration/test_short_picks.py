"""A short pick's case ends with its cause: once the missing units have left from elsewhere, or nobody wants them any more."""

from __future__ import annotations

import pytest

from apps.casework.models import ExceptionCase
from apps.casework.resolutions import options_for
from apps.core.models import Event
from apps.fulfillment.models import FulfillmentLine, FulfillmentOrder
from apps.fulfillment.services import (
    Parcel,
    call_off_lines,
    call_off_order,
    pick_fulfillment_order,
    ship_fulfillment_order,
)
from apps.orders.models import Order, OrderLine
from tests.casework.cases import make_case
from tests.casework.resolutions.settling import agent, let, settle
from tests.driving import again, work_it_off
from tests.factories import AGENT, make_counted_stock, make_order, make_policy
from tests.invariants import assert_invariants

pytestmark = pytest.mark.django_db


def picked_short(**stock: dict[str, int]) -> Order:
    """Three of A, of which the node could not find one."""
    make_policy(partial="ship_available")
    make_counted_stock(**stock)
    order = make_order(lines={"A": 3})
    work_it_off()
    line = FulfillmentLine.objects.get()
    pick_fulfillment_order(line.fulfillment_order_id, missing={line.pk: 1}, actor=AGENT)
    work_it_off()
    return again(order)


def ship(node: str) -> None:
    row = FulfillmentOrder.objects.get(node__code=node, state__in=["accepted", "picked"])
    ship_fulfillment_order(row.pk, external_id=f"S{row.pk}", parcels=[Parcel()], actor=AGENT)
    work_it_off()


def the_case() -> ExceptionCase:
    return ExceptionCase.objects.get(type="short_pick")


def test_it_closes_itself_and_says_so_once_the_units_have_left_from_elsewhere():
    order = picked_short(N1={"A": 3}, N2={"A": 3})
    ship("N1")
    assert the_case().state == "open", "the missing one is still at the other node"

    ship("N2")

    assert again(order).state == "shipped"
    case = the_case()
    assert (case.state, case.resolution_code) == ("resolved", "cleared")
    assert case.resolution == "every unit of it that is still ordered has left"
    assert Event.objects.get(name="case.resolved").data["by_itself"] is True
    assert_invariants()


def test_where_the_units_come_from_elsewhere_a_count_of_the_shelf_is_recommended_and_nothing_cancelled():
    order = picked_short(N1={"A": 3}, N2={"A": 3})
    let()

    best = options_for(the_case(), agent())[0]
    settle(the_case(), "count_level", on_hand=2)
    work_it_off()

    assert (best.code, best.recommended) == ("count_level", True)
    assert the_case().resolution == "N1 counted 2 of A."
    assert (the_case().state, the_case().resolution_code) == ("resolved", "count_level")
    assert OrderLine.objects.get(order=order).open_quantity == 3
    assert_invariants()


def test_where_no_other_place_has_it_one_case_stands_the_one_about_what_is_missing():
    order = picked_short(N1={"A": 3})

    case = the_case()
    assert (case.state, case.resolution_code) == ("resolved", "cleared")
    assert case.resolution == "no other location has what could not be found; see the case about what is missing"
    standing = ExceptionCase.objects.get(state="open", order=order)
    assert (standing.type, standing.detail["shortfalls"][0]["quantity"]) == ("partial_allocation", 1)
    ship("N1")
    assert again(order).state != "shipped"
    assert ExceptionCase.objects.get(state="open", order=order).pk == standing.pk
    assert_invariants()


def test_it_stays_beside_a_lack_of_something_else():
    make_policy(partial="ship_available")
    make_counted_stock(N1={"A": 3, "B": 1}, N2={"A": 3})
    order = make_order(lines={"A": 3, "B": 2})
    work_it_off()
    line = FulfillmentLine.objects.get(sku__code="A")

    pick_fulfillment_order(line.fulfillment_order_id, missing={line.pk: 1}, actor=AGENT)
    work_it_off()

    assert the_case().state == "open", "its unit is at the other node; what is missing is another SKU"
    assert ExceptionCase.objects.filter(order=order, state="open").count() == 2


def test_it_closes_once_the_missing_unit_is_cancelled_and_the_rest_has_left():
    order = picked_short(N1={"A": 3}, N2={"A": 3})
    ship("N1")

    call_off_lines(order.pk, units={OrderLine.objects.get().pk: 1}, reason="", actor=AGENT)
    work_it_off()

    assert the_case().state == "resolved"


def test_a_cancelled_orders_closes_too():
    order = picked_short(N1={"A": 3}, N2={"A": 3})

    call_off_order(order.pk, reason="changed their mind", actor=AGENT)
    work_it_off()

    case = the_case()
    assert (case.state, case.resolution) == ("resolved", "the order was cancelled")
    assert_invariants()


def test_another_orders_stays():
    picked_short(N1={"A": 3}, N2={"A": 3})
    waiting = make_order(lines={"B": 1})
    other = make_case("elsewhere", order=waiting, detail={"missing": {str(waiting.lines.get().pk): 1}})

    ship("N1")
    ship("N2")

    assert ExceptionCase.objects.get(pk=other.pk).state == "open"
