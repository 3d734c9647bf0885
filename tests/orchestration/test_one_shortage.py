"""An order that lacks stock has one case, whatever the lack is called on the way."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.casework.models import ExceptionCase
from apps.core import clock
from apps.core.outbox import record
from apps.fulfillment.models import FulfillmentLine, FulfillmentOrder
from apps.fulfillment.services import pick_fulfillment_order, reject_fulfillment_order
from apps.inventory.services import Count, count_stock
from apps.orders import events
from apps.orders.models import Order
from apps.orders.selectors import lock_orders
from apps.orders.services import unroute_orders
from tests.driving import again, work_it_off
from tests.factories import AGENT, make_counted_stock, make_order, make_policy
from tests.invariants import assert_invariants

pytestmark = pytest.mark.django_db
SHORT = ("no_stock", "partial_allocation", "backordered")


def wanting(units: int, **policy: object) -> Order:
    make_policy(**{"partial": "ship_available", **policy})
    order = make_order(lines={"A": units})
    work_it_off()
    return order


def stock_comes(units: int, **changes: object) -> None:
    count_stock([Count("N1", "A", delta=units, **changes)], reason="delivery", actor=AGENT)  # type: ignore[arg-type]
    with clock.moved(timedelta(seconds=5)):
        work_it_off()


def standing() -> list[str]:
    rows = ExceptionCase.objects.filter(type__in=SHORT, state__in=["open", "in_progress", "waiting"])
    return list(rows.values_list("type", flat=True))


def how_it_ended(kind: str) -> str:
    return ExceptionCase.objects.get(type=kind, state="resolved").resolution


def test_nothing_there_then_a_part_is_one_case_that_says_what_became_of_the_other():
    make_counted_stock(N1={"A": 0})
    order = wanting(3)
    assert standing() == ["no_stock"]

    stock_comes(1)

    assert again(order).state == "released"
    assert standing() == ["partial_allocation"]
    assert how_it_ended("no_stock") == "part of the order has a location now; see the case about the rest"
    assert_invariants()


def test_a_rest_that_is_tried_again_in_vain_stays_the_rest():
    make_counted_stock(N1={"A": 1})
    wanting(3)
    assert standing() == ["partial_allocation"]
    case = ExceptionCase.objects.get(type="partial_allocation")

    unroute_orders(list(lock_orders(Order.objects.values_list("pk", flat=True)).values()), actor=AGENT)
    work_it_off()

    assert standing() == ["partial_allocation"]
    assert ExceptionCase.objects.get(pk=case.pk).occurrences > 1


def test_the_part_that_had_a_place_loses_it_and_the_case_says_so():
    make_counted_stock(N1={"A": 1})
    order = wanting(3)

    reject_fulfillment_order(FulfillmentOrder.objects.get().pk, reason="closed", actor=AGENT)
    work_it_off()

    assert again(order).state == "validated"
    assert standing() == ["no_stock"]
    assert how_it_ended("partial_allocation").startswith("no line of the order has a location any more")
    assert_invariants()


def test_units_picked_short_are_the_rest_of_an_order_and_not_all_of_it():
    make_counted_stock(N1={"A": 3})
    wanting(3)
    line = FulfillmentLine.objects.get()

    pick_fulfillment_order(line.fulfillment_order_id, missing={line.pk: 1}, actor=AGENT)
    work_it_off()

    assert standing() == ["partial_allocation"]


def test_once_all_is_found_none_is_left():
    make_counted_stock(N1={"A": 0})
    wanting(3)
    stock_comes(1)

    stock_comes(5)

    assert standing() == []
    assert how_it_ended("partial_allocation") == "stock was found"


def test_what_is_backordered_lacks_nothing_else():
    make_counted_stock(N1={"A": 0})
    wanting(3, partial="backorder")
    assert standing() == ["no_stock"]

    count_stock([Count("N1", "A", backorderable=True)], reason="feed", actor=AGENT)
    reroute_waiting()

    assert standing() == ["backordered"]
    assert how_it_ended("no_stock") == "what was missing was backordered"


def reroute_waiting() -> None:
    record(*[events.order_fact(order, events.OrderRoutingResumed()) for order in Order.objects.all()], actor=AGENT)
    work_it_off()
