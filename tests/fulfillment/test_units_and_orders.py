"""Fulfillment orders made from claims, following their order, and giving units up again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.core import clock
from apps.fulfillment.errors import UnitsUnderWay
from apps.fulfillment.models import FulfillmentLine, FulfillmentOrder
from apps.fulfillment.selectors import lock_of_orders
from apps.fulfillment.services import (
    create_fulfillment_orders,
    follow_orders,
    pack_fulfillment_order,
    pick_fulfillment_order,
    wake_waiting,
)
from apps.fulfillment.services.releasing_units import give_up_units, give_up_what_can_be, stop_empty
from apps.inventory.models import Reservation
from apps.orders.models import Order, OrderLine
from apps.orders.selectors import lines_by_order
from tests.driving import again
from tests.factories import AGENT
from tests.fulfillment.work import at_node, level_of, line_of, now_, told
from tests.unchanged import nothing_changes, refused

pytestmark = pytest.mark.django_db


def order_of(row: FulfillmentOrder) -> Order:
    return again(row.order)


def its_line(row: FulfillmentOrder) -> OrderLine:
    return lines_by_order([row.order_id])[row.order_id][0]


def locked(row: FulfillmentOrder) -> dict[int, FulfillmentOrder]:
    return {one.pk: one for one in lock_of_orders([row.order_id])}


# --- assigning


def test_what_is_bound_to_a_fulfillment_order_already_is_not_bound_again():
    row = at_node(A=2)
    assert (FulfillmentLine.objects.get().quantity, Reservation.objects.get().state) == (2, "allocated")

    with nothing_changes():
        assert create_fulfillment_orders([order_of(row)], actor=AGENT) == []


def test_what_does_not_wait_for_stock_is_not_woken():
    row = at_node()

    with nothing_changes():
        assert wake_waiting([Reservation.objects.get().pk], actor=AGENT) == []
    assert told(row) == ["accepted"]


def test_what_waited_for_stock_is_accepted_once_it_is_there_and_told_once():
    row = at_node()
    FulfillmentOrder.objects.filter(pk=row.pk).update(waits_for_stock=True, state="open")
    claims = [Reservation.objects.get().pk]

    [woken] = wake_waiting(claims, actor=AGENT)

    assert (woken.pk, now_(row).state, now_(row).waits_for_stock) == (row.pk, "accepted", False)
    assert told(row) == ["accepted", "accepted"]
    with nothing_changes():
        assert wake_waiting(claims, actor=AGENT) == []


# --- following


def test_work_follows_its_orders_service_level_and_ship_by_and_a_second_time_changes_nothing():
    row = at_node()
    order = order_of(row)
    order.service_level, order.ship_by = "express", clock.now() + timedelta(days=1)

    assert follow_orders([order]) == []

    assert (now_(row).service_level, now_(row).ship_by) == ("express", order.ship_by)
    with nothing_changes():
        follow_orders([order])


def test_what_is_packed_does_not_follow_and_is_named():
    row = at_node()
    pick_fulfillment_order(row.pk, actor=AGENT)
    pack_fulfillment_order(row.pk, actor=AGENT)
    order = order_of(row)
    order.service_level = "express"

    with nothing_changes():
        assert [one.pk for one in follow_orders([order])] == [row.pk]


# --- giving up


def test_units_given_up_are_free_again_and_their_work_is_smaller():
    row = at_node(A=3)
    assert level_of() == (10, 3)

    touched = give_up_units(order_of(row), its_line(row), 2, locked(row), reason="customer", actor=AGENT)

    assert touched == {row.pk}
    assert (line_of(row).quantity, level_of()) == (1, (10, 1))


def test_units_that_are_picked_are_refused_and_nothing_is_given_up():
    row = at_node(A=3)
    pick_fulfillment_order(row.pk, actor=AGENT)

    with refused(UnitsUnderWay):
        give_up_units(order_of(row), its_line(row), 1, locked(row), reason="customer", actor=AGENT)


def test_what_our_node_has_picked_is_given_up_where_it_may_be():
    row = at_node(A=3)
    pick_fulfillment_order(row.pk, actor=AGENT)

    given = give_up_what_can_be(order_of(row), its_line(row), 1, locked(row), reason="customer", actor=AGENT)

    assert (given.touched, given.kept) == ({row.pk}, {})
    assert (line_of(row).quantity, line_of(row).picked_quantity, level_of()) == (2, 2, (10, 2))


def test_what_a_partner_has_is_kept_and_said():
    row = at_node(A=3)
    FulfillmentOrder.objects.filter(pk=row.pk).update(request_state="submitted")

    with nothing_changes():
        given = give_up_what_can_be(order_of(row), its_line(row), 2, locked(row), reason="customer", actor=AGENT)

    assert (given.touched, list(given.kept.values())) == (set(), [2])


def test_work_that_lost_all_its_units_is_stopped_and_what_has_some_left_is_not():
    row = at_node(A=2)
    order = order_of(row)
    give_up_units(order, its_line(row), 1, locked(row), reason="customer", actor=AGENT)
    stop_empty(list(locked(row).values()), order, actor=AGENT)
    assert now_(row).state == "accepted"

    OrderLine.objects.update(cancelled_quantity=1)
    give_up_units(order, its_line(row), 1, locked(row), reason="customer", actor=AGENT)
    stop_empty(list(locked(row).values()), order, actor=AGENT)

    assert now_(row).state == "cancelled"
    assert level_of() == (10, 0)
