"""Two verbs on one row at the same moment: the second waits for the first, and judges by what it did.

Forced: the first is done and not committed, until PostgreSQL says that the second waits.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import transaction

from apps.accounts.errors import LoginRefused
from apps.accounts.models import User
from apps.accounts.people import invite, send_password_link
from apps.accounts.services import create_api_key, revoke_api_key
from apps.casework.errors import CaseClosed
from apps.casework.services import acknowledge_case, resolve_case, take_case
from apps.core.errors import StaleVersion
from apps.core.models import Event
from apps.fulfillment.errors import FulfillmentNotAllowed
from apps.fulfillment.models import FulfillmentOrder, Shipment
from apps.fulfillment.services import (
    Parcel,
    call_off_order,
    cancel_fulfillment_order,
    deliver_shipment,
    issue_goods,
    pack_fulfillment_order,
    pick_fulfillment_order,
    reject_fulfillment_order,
    ship_fulfillment_order,
)
from apps.inventory.errors import InsufficientStock
from apps.inventory.models import Reservation, StockLevel
from apps.inventory.services import (
    Claim,
    Count,
    allocate_reservations,
    consume_reservations,
    count_stock,
    cut_reservation,
    fill_backorders,
    release_reservations,
    reserve_stock,
)
from apps.orders.errors import OrderEnded, OrderNotCancellable
from apps.orders.models import Hold, Order
from apps.orders.services import accept_price, amend_order, cancel_lines, cancel_order, place_hold, recheck_orders
from tests.casework.cases import make_case
from tests.driving import work_it_off
from tests.factories import AGENT, StockLevelFactory, UserFactory, make_order
from tests.fulfillment.work import at_node, level_of, line_of, now_, told
from tests.invariants import assert_invariants
from tests.racing import Meanwhile

pytestmark = pytest.mark.django_db(transaction=True)
Work = Callable[[], object]


def after(first: Work, second: Work) -> object:
    """What ``second`` comes to, begun when ``first`` was done and not yet committed."""
    with transaction.atomic():
        first()
        other = Meanwhile(second)
        assert other.waits_for_a_lock()
    return other.outcome()


# Orders


def test_an_order_that_is_just_being_cancelled_is_not_held():
    order = make_order()

    outcome = after(
        lambda: cancel_order(order.pk, reason="", actor=AGENT),
        lambda: place_hold(order.pk, reason="manual", actor=AGENT),
    )

    assert isinstance(outcome, OrderEnded)
    assert not Hold.objects.exists()


def test_two_who_hold_an_order_for_one_reason_place_one_hold():
    order = make_order()

    def hold() -> Hold:
        return place_hold(order.pk, reason="manual", actor=AGENT)

    assert after(hold, hold) == Hold.objects.get()


def test_two_who_change_an_order_they_have_both_read_do_not_overwrite_one_another():
    order = make_order()

    outcome = after(
        lambda: amend_order(order.pk, changes={"tags": ["mine"]}, expected_version=1, actor=AGENT),
        lambda: amend_order(order.pk, changes={"tags": ["theirs"]}, expected_version=1, actor=AGENT),
    )

    assert isinstance(outcome, StaleVersion)
    assert Order.objects.get().tags == ["mine"]


def test_the_price_of_an_order_that_is_just_being_cancelled_is_not_accepted():
    order = make_order()

    outcome = after(lambda: cancel_order(order.pk, reason="", actor=AGENT), lambda: accept_price(order.pk, actor=AGENT))

    assert isinstance(outcome, OrderEnded)
    assert not Order.objects.get().price_accepted


def test_an_order_that_is_just_being_cancelled_is_not_checked_anew():
    order = make_order()

    outcome = after(
        lambda: cancel_order(order.pk, reason="", actor=AGENT), lambda: recheck_orders([order.pk], actor=AGENT)
    )

    assert outcome == []
    assert not Event.objects.filter(name="order.recheck_asked").exists()


def test_units_that_two_take_off_at_once_are_taken_off_one_after_the_other():
    order = make_order(lines={"A": 3})
    line = order.lines.get()

    def one_off() -> Order:
        return cancel_lines(order.pk, units={line.pk: 1}, reason="", actor=AGENT)

    assert isinstance(after(one_off, one_off), Order)
    assert order.lines.get().cancelled_quantity == 2


def test_an_order_is_cancelled_by_one_of_two():
    order = make_order()

    def cancel() -> Order:
        return cancel_order(order.pk, reason="", actor=AGENT)

    assert not isinstance(after(cancel, cancel), OrderNotCancellable)
    assert Event.objects.filter(name="order.cancelled").count() == 1


# Stock


def claim(level: StockLevel, units: int, order: int) -> Work:
    return lambda: reserve_stock([Claim(order, order, level.pk, units, f"ord_{order}")], actor=AGENT)


def test_the_last_units_go_to_the_first_of_two():
    level = StockLevelFactory(on_hand=5)

    outcome = after(claim(level, 4, 1), claim(level, 2, 2))

    assert isinstance(outcome, InsufficientStock)
    level.refresh_from_db()
    assert level.reserved == Reservation.objects.get().quantity == 4


def test_a_claim_that_two_give_up_is_given_up_once():
    level = StockLevelFactory(on_hand=5)
    [row] = reserve_stock([Claim(1, 1, level.pk, 4, "ord_1")], actor=AGENT)

    def release() -> object:
        return release_reservations([row.pk], reason="", references={}, actor=AGENT)

    assert after(release, release) == []
    level.refresh_from_db()
    assert level.reserved == 0


def test_units_that_are_not_found_are_judged_by_what_somebody_is_just_counting():
    level = StockLevelFactory(on_hand=5)
    reserve_stock([Claim(1, 1, level.pk, 3, "ord_1")], actor=AGENT)
    [row] = reserve_stock([Claim(2, 2, level.pk, 2, "ord_2")], actor=AGENT)
    counted = Count(node=level.node.code, sku=level.sku.code, on_hand=9)

    after(
        lambda: count_stock([counted], reason="count", actor=AGENT),
        lambda: cut_reservation(row.pk, missing=1, lost=True, reference="ord_2", reason="short", actor=AGENT),
    )

    level.refresh_from_db()
    assert (level.on_hand, level.reserved, level.doubted_on_hand) == (8, 4, 9)


def test_a_claim_that_no_level_counts_ships_in_two_parts_at_once_as_one_after_the_other():
    level = StockLevelFactory(on_hand=0)
    [row] = reserve_stock([Claim(1, 1, level.pk, 4, "ord_1", counted=False)], actor=AGENT)
    allocate_reservations([row])

    def ship() -> None:
        consume_reservations({row.pk: 2}, references={}, actor=AGENT)

    after(ship, ship)

    row.refresh_from_db()
    assert (row.state, row.quantity, row.shipped) == ("consumed", 0, 4)


def test_two_counts_of_what_was_read_together_do_not_overwrite_one_another():
    level = StockLevelFactory(on_hand=5)

    def count(units: int) -> Work:
        row = Count(node=level.node.code, sku=level.sku.code, on_hand=units, expected_version=1)
        return lambda: count_stock([row], reason="count", actor=AGENT)

    [said] = after(count(7), count(9))  # type: ignore[misc]

    assert (said.ok, said.code) == (False, "level_changed")
    level.refresh_from_db()
    assert level.on_hand == 7


def test_stock_that_arrives_is_bound_to_a_backorder_once():
    level = StockLevelFactory(on_hand=0, backorderable=True)
    for number in (1, 2):
        reserve_stock([Claim(number, number, level.pk, 2, f"ord_{number}", backorder=True)], actor=AGENT)
    StockLevel.objects.update(on_hand=2)

    def fill() -> object:
        return fill_backorders([level.pk])

    assert after(fill, fill) == []
    assert list(Reservation.objects.order_by("pk").values_list("backordered", flat=True)) == [0, 2]


# What happens at a node


def test_what_is_just_being_given_back_is_neither_picked_packed_nor_shipped():
    for verb in (
        lambda pk: pick_fulfillment_order(pk, actor=AGENT),
        lambda pk: pack_fulfillment_order(pk, actor=AGENT),
        lambda pk: ship_fulfillment_order(pk, external_id="S", parcels=[Parcel("T")], actor=AGENT),
        lambda pk: cancel_fulfillment_order(pk, actor=AGENT),
    ):
        row = at_node_again()
        outcome = after(
            lambda row=row: reject_fulfillment_order(row.pk, reason="other", actor=AGENT),
            lambda row=row, verb=verb: verb(row.pk),
        )

        assert isinstance(outcome, FulfillmentNotAllowed) or outcome == now_(row)
        assert now_(row).state == "rejected"
    assert not Shipment.objects.exists()


def at_node_again() -> FulfillmentOrder:
    if StockLevel.objects.exists():
        order = make_order(lines={"A": 1})
        work_it_off()
        return order.fulfillment_orders.get()
    return at_node(A=1)


def test_two_that_confirm_one_shipment_ship_it_once():
    row = at_node(A=2)

    def ship() -> Shipment:
        return ship_fulfillment_order(row.pk, external_id="S", parcels=[Parcel("T")], actor=AGENT)

    assert after(ship, ship) == Shipment.objects.get()
    assert line_of(row).shipped_quantity == 2
    work_it_off()
    assert level_of() == (8, 0)
    assert_invariants()


def test_an_order_whose_goods_are_just_leaving_is_not_cancelled():
    row = at_node(A=2)

    outcome = after(
        lambda: ship_fulfillment_order(row.pk, external_id="S", parcels=[Parcel("T")], actor=AGENT),
        lambda: call_off_order(row.order_id, reason="", actor=AGENT),
    )

    assert isinstance(outcome, OrderNotCancellable)
    work_it_off()
    assert (now_(row).state, Order.objects.get().state) == ("shipped", "shipped")
    assert_invariants()


def test_goods_of_one_shipment_are_issued_once():
    row = at_node(A=5)
    parcel = Parcel("T", contents={line_of(row).pk: 2})
    shipment = ship_fulfillment_order(row.pk, external_id="S", parcels=[parcel], actor=AGENT)

    def issue() -> None:
        issue_goods([shipment.public_id], actor=AGENT)

    after(issue, issue)

    assert level_of() == (8, 3)


def test_of_the_last_two_parcels_that_arrive_at_once_one_knows_that_it_is_the_last():
    row = at_node(A=2)
    first, last = (
        ship_fulfillment_order(
            row.pk, external_id=name, parcels=[Parcel(name, contents={line_of(row).pk: 1})], actor=AGENT
        )
        for name in ("one", "two")
    )

    after(lambda: deliver_shipment(first.public_id, actor=AGENT), lambda: deliver_shipment(last.public_id, actor=AGENT))

    assert now_(row).state == "delivered"
    complete = [one.data["complete"] for one in Event.objects.filter(name="fulfillment.delivered").order_by("pk")]
    assert complete == [False, True]
    assert told(row).count("delivered") == 2


# Cases and people


def test_a_case_that_is_just_being_settled_is_neither_taken_nor_acknowledged_nor_settled_again():
    ann = UserFactory()
    for number, verb in enumerate(
        (
            lambda case: take_case(case.pk, user=ann, actor=AGENT),
            lambda case: acknowledge_case(case.pk, actor=AGENT),
            lambda case: resolve_case(case.public_id, resolution="again", actor=AGENT),
        )
    ):
        case = make_case(f"thing-{number}")
        outcome = after(
            lambda case=case: resolve_case(case.public_id, resolution="done", actor=AGENT),
            lambda case=case, verb=verb: verb(case),
        )

        case.refresh_from_db()
        assert isinstance(outcome, CaseClosed) or outcome == case
        assert (case.state, case.resolution, case.owner) == ("resolved", "done", None)


def test_two_who_ask_for_a_password_link_are_sent_one():
    user = UserFactory(email="pat@shop.example")

    def send() -> None:
        send_password_link(user.pk, actor=AGENT)

    assert isinstance(after(send, send), LoginRefused)
    assert Event.objects.count() == 1


@pytest.mark.parametrize("send", [invite, send_password_link])
def test_whose_login_is_just_being_switched_off_is_sent_no_link(send: Callable[..., None]):
    user = UserFactory(email="pat@shop.example")

    outcome = after(lambda: User.objects.filter(pk=user.pk).update(is_active=False), lambda: send(user.pk, actor=AGENT))

    assert isinstance(outcome, LoginRefused)
    assert not Event.objects.exists()


def test_a_key_is_revoked_by_the_first_of_two():
    key, _ = create_api_key(name="k")

    after(
        lambda: revoke_api_key(key.public_id, why="lost", actor=AGENT),
        lambda: revoke_api_key(key.public_id, why="left", actor=AGENT),
    )

    key.refresh_from_db()
    assert key.revoked_because == "lost"
    assert Event.objects.filter(name="key.revoked").count() == 1
