"""Goods leave, once each, and arrive or don't."""

from __future__ import annotations

import pytest

from apps.core.errors import DomainError
from apps.core.models import Event
from apps.fulfillment.errors import (
    FulfillmentCalledOff,
    FulfillmentNotAllowed,
    FulfillmentOrderNotFound,
    OrderOnHold,
    ShipmentDiffers,
    ShipmentNotAllowed,
    ShipmentNotFound,
    WrongContents,
)
from apps.fulfillment.models import FulfillmentOrder, Package, Shipment
from apps.fulfillment.services import (
    Departure,
    Parcel,
    deliver_shipment,
    fail_delivery,
    issue_goods,
    record_stray_shipment,
    reject_fulfillment_order,
    ship_fulfillment_order,
    ship_in_bulk,
)
from apps.inventory.models import Reservation
from apps.orders.services import place_hold
from tests.driving import work_it_off
from tests.factories import AGENT
from tests.fulfillment.work import at_node, level_of, line_of, now_, told
from tests.unchanged import nothing_changes, refused

pytestmark = pytest.mark.django_db


def parcel(row: FulfillmentOrder, tracking: str = "T", **contents: int) -> Parcel:
    return Parcel(tracking, contents={line_of(row, sku).pk: units for sku, units in contents.items()})


def ship(row: FulfillmentOrder, *parcels: Parcel, name: str = "S", **more: object) -> Shipment:
    parcels = parcels or (Parcel("T"),)
    return ship_fulfillment_order(row.pk, external_id=name, parcels=parcels, actor=AGENT, **more)


def test_a_single_parcel_of_which_nothing_is_said_holds_all_that_is_left():
    row = at_node(A=3, B=1)

    shipment = ship(row, carrier="dhl", service="express")

    package = Package.objects.get()
    assert {one["line"]: one["quantity"] for one in package.contents} == {line_of(row).pk: 3, line_of(row, "B").pk: 1}
    assert (package.shipment_id, package.tracking_number) == (shipment.pk, "T")
    assert (now_(row).state, shipment.carrier, shipment.service) == ("shipped", "dhl", "express")
    said = Event.objects.get(name="fulfillment.shipped").data
    assert (said["shipment"], said["complete"]) == (shipment.public_id, True)


def test_what_is_left_may_follow_in_another_shipment():
    row = at_node(A=3)

    ship(row, parcel(row, A=1), name="first")
    assert (now_(row).state, line_of(row).shipped_quantity) == ("accepted", 1)
    ship(row, name="second")

    assert (now_(row).state, line_of(row).shipped_quantity) == ("shipped", 3)
    complete = [event.data["complete"] for event in Event.objects.filter(name="fulfillment.shipped").order_by("pk")]
    assert complete == [False, True]


@pytest.mark.parametrize(
    "contents",
    [{"A": 4}, {"A": -1}, {"A": 0}],
    ids=["more than there is", "less than nothing", "nothing at all"],
)
def test_a_parcel_that_can_not_be_is_refused(contents: dict[str, int]):
    row = at_node(A=3)

    with refused(WrongContents):
        ship(row, parcel(row, **contents))


def test_two_parcels_together_hold_no_more_than_there_is():
    row = at_node(A=3)

    with refused(WrongContents):
        ship(row, parcel(row, "T1", A=2), parcel(row, "T2", A=2))
    ship(row, parcel(row, "T1", A=2), parcel(row, "T2", A=1))
    assert now_(row).state == "shipped"


def test_another_orders_line_is_in_none_of_its_parcels():
    row, other = at_node(A=1), at_node(B=1)

    with refused(WrongContents):
        ship(row, parcel(other, B=1))


def test_a_held_order_does_not_leave_unless_it_has_left_already():
    row = at_node()
    place_hold(row.order_id, reason="manual", actor=AGENT)

    with refused(OrderOnHold):
        ship(row)
    ship(row, gone_already=True)

    assert now_(row).state == "shipped"


def test_what_was_called_off_does_not_leave_unless_it_has_left_already():
    row = at_node()
    FulfillmentOrder.objects.filter(pk=row.pk).update(called_off=True)

    with refused(FulfillmentCalledOff):
        ship(row)
    ship(row, gone_already=True)

    assert now_(row).state == "shipped"


def test_what_was_rejected_does_not_leave():
    row = at_node()
    reject_fulfillment_order(row.pk, reason="other", actor=AGENT)

    for gone_already in (False, True):
        with refused(FulfillmentNotAllowed):
            ship(row, gone_already=gone_already)


def test_the_same_shipment_told_again_is_the_same_and_may_leave_things_out():
    row = at_node(A=3)
    first = ship(row, parcel(row, A=2), carrier="dhl")

    with nothing_changes():
        assert ship(row, parcel(row, A=2), carrier="dhl") == first
        assert ship(row, Parcel()) == first


@pytest.mark.parametrize(
    ("tracking", "units", "carrier", "parts"),
    [
        ("T9", 2, "dhl", "tracking"),
        ("T", 1, "dhl", "contents"),
        ("T", 2, "ups", "carrier"),
        ("T9", 1, "ups", "tracking and carrier and contents"),
    ],
)
def test_the_same_name_for_something_else_is_refused_and_says_what_differs(tracking, units, carrier, parts):
    row = at_node(A=3)
    ship(row, parcel(row, A=2), carrier="dhl")

    with refused(ShipmentDiffers) as refusal:
        ship(row, parcel(row, tracking, A=units), carrier=carrier)
    assert f"with other {parts}." in str(refusal.value)


def test_a_partner_that_repeats_itself_in_other_words_is_not_asked_what_it_meant():
    row = at_node(A=3)
    first = ship(row, parcel(row, A=2), gone_already=True)

    with nothing_changes():
        assert ship(row, parcel(row, "T9", A=1), gone_already=True) == first


def test_of_a_wave_the_refused_are_named_and_the_others_leave():
    good, held, off = at_node(A=1), at_node(B=1), at_node(C=1)
    place_hold(held.order_id, reason="manual", actor=AGENT)
    FulfillmentOrder.objects.filter(pk=off.pk).update(called_off=True)

    wave = [Departure(pk, "W", [Parcel("T")]) for pk in (held.pk, good.pk, 999_999, off.pk, good.pk)]
    answers = ship_in_bulk(wave, actor=AGENT)

    kinds = [type(answer) for answer in answers]
    assert kinds == [OrderOnHold, Shipment, FulfillmentOrderNotFound, FulfillmentCalledOff, Shipment]
    assert answers[1] == answers[4], "told twice in one wave it has left once"
    assert [now_(row).state for row in (good, held, off)] == ["shipped", "accepted", "accepted"]
    assert Shipment.objects.count() == 1


def test_two_departures_of_one_work_in_a_wave_share_its_lines():
    row = at_node(A=3)

    answers = ship_in_bulk(
        [
            Departure(row.pk, "one", [parcel(row, "T1", A=1)]),
            Departure(row.pk, "two", [parcel(row, "T2", A=2)]),
            Departure(row.pk, "three", [parcel(row, "T3", A=1)]),
        ],
        actor=AGENT,
    )

    assert [isinstance(answer, DomainError) for answer in answers] == [False, False, True]
    assert (now_(row).state, line_of(row).shipped_quantity) == ("shipped", 3)


def test_a_wave_that_is_told_again_leaves_once():
    row = at_node(A=2)
    wave = [Departure(row.pk, "W", [parcel(row, A=1)], carrier="dhl")]
    first = ship_in_bulk(wave, actor=AGENT)

    with nothing_changes():
        assert ship_in_bulk(wave, actor=AGENT) == first
        [other] = ship_in_bulk([Departure(row.pk, "W", [parcel(row, A=2)])], actor=AGENT)
    assert isinstance(other, ShipmentDiffers)


def test_the_stock_falls_once_however_often_the_goods_are_issued():
    row = at_node(A=3)
    shipment = ship(row, parcel(row, "T1", A=1), parcel(row, "T2", A=1))
    assert level_of() == (10, 3)

    issue_goods([shipment.public_id], actor=AGENT)
    with nothing_changes():
        issue_goods([shipment.public_id, "shp_nobody"], actor=AGENT)

    assert level_of() == (8, 1)
    claim = Reservation.objects.get(pk=line_of(row).reservation_id)
    assert (claim.state, claim.quantity, claim.shipped) == ("allocated", 1, 2)
    assert Shipment.objects.get().goods_issued


def test_work_is_delivered_with_its_last_parcel():
    row = at_node(A=2)
    first = ship(row, parcel(row, "T1", A=1), name="one")
    last = ship(row, name="two")

    deliver_shipment(first.public_id, actor=AGENT)
    assert now_(row).state == "shipped"
    deliver_shipment(last.public_id, actor=AGENT)

    assert now_(row).state == "delivered"
    complete = [event.data["complete"] for event in Event.objects.filter(name="fulfillment.delivered").order_by("pk")]
    assert complete == [False, True]
    with nothing_changes():
        deliver_shipment(last.public_id, actor=AGENT)


def test_a_parcel_that_arrives_while_the_rest_is_still_here_delivers_nothing_yet():
    row = at_node(A=2)
    first = ship(row, parcel(row, "T1", A=1))

    deliver_shipment(first.public_id, actor=AGENT)

    assert (now_(row).state, told(row)[-1]) == ("accepted", "delivered")


def test_a_parcel_given_up_is_told_with_its_reason_once_and_may_arrive_no_more():
    row = at_node()
    shipment = ship(row)

    fail_delivery(shipment.public_id, reason="address unknown", actor=AGENT)
    with nothing_changes():
        fail_delivery(shipment.public_id, reason="refused", actor=AGENT)

    said = Event.objects.get(name="fulfillment.undeliverable")
    assert said.data["reason"] == "address unknown"
    assert Shipment.objects.get().state == "failed"


def test_what_has_arrived_is_not_given_up():
    row = at_node()
    shipment = deliver_shipment(ship(row).public_id, actor=AGENT)

    with refused(ShipmentNotAllowed):
        fail_delivery(shipment.public_id, reason="lost", actor=AGENT)


def test_a_parcel_nobody_knows_neither_arrives_nor_fails():
    with refused(ShipmentNotFound):
        deliver_shipment("shp_nobody", actor=AGENT)
    with refused(ShipmentNotFound):
        fail_delivery("shp_nobody", reason="lost", actor=AGENT)


def test_goods_that_left_although_they_were_given_up_come_off_the_shelf_once():
    row = at_node(A=3)
    reject_fulfillment_order(row.pk, reason="other", actor=AGENT)
    work_it_off()
    before = level_of()

    stray = record_stray_shipment(row.pk, external_id="S", parcels=[parcel(row, A=2)], actor=AGENT)
    with nothing_changes():
        again = record_stray_shipment(row.pk, external_id="S", parcels=[parcel(row, A=1)], actor=AGENT)

    assert again == stray
    assert (now_(row).state, line_of(row).shipped_quantity) == ("rejected", 2)
    assert level_of() == (before[0] - 2, before[1])
    assert told(row)[-1] == "left_anyway"
    with refused(WrongContents):
        record_stray_shipment(row.pk, external_id="S2", parcels=[parcel(row, A=2)], actor=AGENT)


def test_goods_of_work_that_stands_do_not_go_astray():
    row = at_node()

    with refused(FulfillmentNotAllowed):
        record_stray_shipment(row.pk, external_id="S", parcels=[Parcel("T")], actor=AGENT)
