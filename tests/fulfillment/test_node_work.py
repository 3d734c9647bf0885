"""What happens inside a node: accepted, picked, picked short, packed, rejected, cancelled."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from apps.core.models import Event
from apps.fulfillment.errors import (
    FulfillmentCalledOff,
    FulfillmentNotAllowed,
    FulfillmentOrderNotFound,
    OrderOnHold,
    WrongAbsence,
    WrongMissing,
)
from apps.fulfillment.models import FulfillmentOrder
from apps.fulfillment.services import (
    Parcel,
    accept_fulfillment_order,
    allowed_transitions,
    cancel_fulfillment_order,
    pack_fulfillment_order,
    pick_fulfillment_order,
    reject_fulfillment_order,
    ship_fulfillment_order,
)
from apps.inventory.models import Reservation
from apps.orders.services import place_hold
from tests.factories import AGENT
from tests.fulfillment.work import at_node, level_of, line_of, now_, told
from tests.unchanged import nothing_changes, refused

pytestmark = pytest.mark.django_db


def ship(row: FulfillmentOrder, **contents: int) -> None:
    parcel = Parcel("T", contents={line_of(row, sku).pk: units for sku, units in contents.items()})
    ship_fulfillment_order(row.pk, external_id="S", parcels=[parcel], actor=AGENT)


def test_it_goes_from_accepted_over_picked_to_packed_and_each_is_told_once():
    row = at_node(A=2)

    for step in (pick_fulfillment_order, pack_fulfillment_order):
        step(row.pk, actor=AGENT)
        with nothing_changes():
            step(row.pk, actor=AGENT)

    assert (now_(row).state, line_of(row).picked_quantity) == ("packed", 2)
    assert told(row) == ["accepted", "picked", "packed"]


@pytest.mark.parametrize("state", ["accepted", "picked", "packed"])
def test_accepting_what_is_under_way_already_changes_nothing(state: str):
    row = at_node()
    if state != "accepted":
        pick_fulfillment_order(row.pk, actor=AGENT)
    if state == "packed":
        pack_fulfillment_order(row.pk, actor=AGENT)

    with nothing_changes():
        assert accept_fulfillment_order(row.pk, actor=AGENT).state == state


VERBS = [
    accept_fulfillment_order,
    pick_fulfillment_order,
    pack_fulfillment_order,
    lambda pk, actor: reject_fulfillment_order(pk, reason="other", actor=actor),
    cancel_fulfillment_order,
]


@pytest.mark.parametrize("verb", VERBS, ids=["accept", "pick", "pack", "reject", "cancel"])
def test_nothing_is_done_with_what_has_left(verb: Callable[..., object]):
    row = at_node()
    ship(row)

    with refused(FulfillmentNotAllowed) as refusal:
        verb(row.pk, actor=AGENT)
    assert refusal.value.details["allowed_transitions"] == allowed_transitions(now_(row)) == []


@pytest.mark.parametrize("verb", VERBS, ids=["accept", "pick", "pack", "reject", "cancel"])
def test_nothing_is_done_with_what_there_is_not(verb: Callable[..., object]):
    with refused(FulfillmentOrderNotFound):
        verb(999_999, actor=AGENT)


def test_what_is_open_names_what_can_be_done_with_it():
    row = at_node()

    assert allowed_transitions(row) == ["reject", "pick", "pack", "ship", "cancel"]
    pick_fulfillment_order(row.pk, actor=AGENT)
    assert allowed_transitions(now_(row)) == ["reject", "pack", "ship", "cancel"]
    pack_fulfillment_order(row.pk, actor=AGENT)
    assert allowed_transitions(now_(row)) == ["ship", "cancel"]


@pytest.mark.parametrize("verb", [pick_fulfillment_order, pack_fulfillment_order], ids=["pick", "pack"])
def test_a_held_order_is_neither_picked_nor_packed(verb: Callable[..., object]):
    row = at_node()
    place_hold(row.order_id, reason="manual", actor=AGENT)

    with refused(OrderOnHold):
        verb(row.pk, actor=AGENT)


@pytest.mark.parametrize("verb", [pick_fulfillment_order, pack_fulfillment_order], ids=["pick", "pack"])
def test_what_was_called_off_is_neither_picked_nor_packed(verb: Callable[..., object]):
    row = at_node()
    FulfillmentOrder.objects.filter(pk=row.pk).update(called_off=True)

    with refused(FulfillmentCalledOff):
        verb(row.pk, actor=AGENT)


def test_units_picked_short_are_off_the_shelf_and_no_longer_this_nodes():
    row = at_node(A=5)

    pick_fulfillment_order(row.pk, missing={line_of(row).pk: 2}, actor=AGENT)

    line = line_of(row)
    assert (line.quantity, line.picked_quantity, line.short_quantity) == (3, 3, 2)
    assert level_of() == (8, 3)
    assert Reservation.objects.get(pk=line.reservation_id).quantity == 3
    said = Event.objects.get(name="fulfillment.short_picked")
    assert said.data["missing"] == {str(line.order_line_id): 2}


def test_more_may_be_found_missing_once_it_is_picked():
    row = at_node(A=5)
    pick_fulfillment_order(row.pk, missing={line_of(row).pk: 1}, actor=AGENT)

    with refused(FulfillmentNotAllowed):
        pick_fulfillment_order(row.pk, missing={line_of(row).pk: 1}, actor=AGENT)


def test_where_nothing_was_found_the_work_ends():
    row = at_node(A=2)

    pick_fulfillment_order(row.pk, missing={line_of(row).pk: 2}, actor=AGENT)

    assert now_(row).state == "cancelled"
    assert told(row) == ["accepted", "cancelled", "short_picked"]
    assert level_of() == (8, 0)


@pytest.mark.parametrize(("units", "most"), [(0, 5), (-1, 5), (6, 5)])
def test_no_more_is_missing_than_was_to_be_picked(units: int, most: int):
    row = at_node(A=5)

    with refused(WrongMissing) as refusal:
        pick_fulfillment_order(row.pk, missing={line_of(row).pk: units}, actor=AGENT)
    assert f"{units} units missing of a line of which {most}" in str(refusal.value)


def test_a_line_of_another_order_is_not_missing_here():
    row, other = at_node(A=5), at_node(B=5)

    with refused(WrongMissing):
        pick_fulfillment_order(row.pk, missing={line_of(row).pk: 1, line_of(other, "B").pk: 1}, actor=AGENT)


def test_units_that_have_left_are_not_missing():
    row = at_node(A=5)
    ship(row, A=4)

    with refused(WrongMissing):
        pick_fulfillment_order(row.pk, missing={line_of(row).pk: 2}, actor=AGENT)
    pick_fulfillment_order(row.pk, missing={line_of(row).pk: 1}, actor=AGENT)

    assert (line_of(row).quantity, line_of(row).short_quantity) == (4, 1)


def test_a_rejection_is_told_with_its_reason_and_said_twice_is_said_once():
    row = at_node(A=2)

    reject_fulfillment_order(row.pk, reason="damaged", note="x" * 300, actor=AGENT)
    with nothing_changes():
        reject_fulfillment_order(row.pk, reason="closed", note="late", actor=AGENT)

    assert (now_(row).state, now_(row).reject_reason, now_(row).reject_note) == ("rejected", "damaged", "x" * 255)
    assert Event.objects.get(name="fulfillment.rejected").data["reason"] == "damaged"
    assert level_of() == (10, 2), "its claims are given up by what follows"


def test_what_has_left_in_part_is_not_rejected_any_more():
    row = at_node(A=2)
    ship(row, A=1)

    with refused(FulfillmentNotAllowed) as refusal:
        reject_fulfillment_order(row.pk, reason="damaged", actor=AGENT)
    assert refusal.value.details["allowed_transitions"] == ["ship"]


def test_only_its_own_lines_can_be_absent_and_only_for_want_of_stock():
    row, other = at_node(A=2), at_node(B=1)

    with refused(WrongAbsence):
        reject_fulfillment_order(row.pk, reason="damaged", absent=[line_of(row).pk], actor=AGENT)
    with refused(WrongAbsence):
        reject_fulfillment_order(row.pk, reason="no_stock", absent=[line_of(other, "B").pk], actor=AGENT)


def test_cancelling_frees_the_work_and_twice_is_once():
    row = at_node(A=2)

    cancel_fulfillment_order(row.pk, actor=AGENT)
    with nothing_changes():
        cancel_fulfillment_order(row.pk, actor=AGENT)

    assert now_(row).state == "cancelled"
    assert told(row) == ["accepted", "cancelled"]


def test_what_was_rejected_needs_no_cancelling():
    row = at_node()
    reject_fulfillment_order(row.pk, reason="other", actor=AGENT)

    with nothing_changes():
        assert cancel_fulfillment_order(row.pk, actor=AGENT).state == "rejected"


def test_cancelling_what_has_left_in_part_ends_it_with_that_parcel_and_frees_the_rest():
    row = at_node(A=5)
    pick_fulfillment_order(row.pk, actor=AGENT)
    ship(row, A=2)

    cancel_fulfillment_order(row.pk, actor=AGENT)

    line = line_of(row)
    assert now_(row).state == "shipped"
    assert (line.quantity, line.picked_quantity, line.shipped_quantity) == (2, 2, 2)
    assert Reservation.objects.get(pk=line.reservation_id).quantity == 2
    assert level_of() == (10, 2)
    assert told(row)[-1] == "rest_cancelled"
