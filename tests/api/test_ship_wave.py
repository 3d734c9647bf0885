"""A wave of shipments, confirmed in one request."""

from __future__ import annotations

import threading

import pytest
from django.db import connection

from apps.core.models import Event
from apps.fulfillment.models import FulfillmentLine, FulfillmentOrder, Package, Shipment
from apps.fulfillment.services import Departure, Parcel, ship_in_bulk
from apps.inventory.models import StockLevel
from tests.api.front_door import codes
from tests.api.released import its_fulfillment_order, released_order
from tests.driving import again, work_it_off
from tests.factories import AGENT, ChannelFactory, make_counted_stock, make_policy
from tests.invariants import assert_invariants

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("counted_shop")]


@pytest.fixture
def counted_shop() -> None:
    """A channel, a policy, and at node ``N1`` ten units each of SKUs ``A`` and ``B``, with the count that says so."""
    ChannelFactory()
    make_policy()
    make_counted_stock(N1={"A": 10, "B": 10})


def leaving(row: FulfillmentOrder, external_id: str = "S1", **parcel) -> dict[str, object]:
    return {"fulfillment_order": row.public_id, "external_id": external_id, "carrier": "c", "parcels": [parcel]}


def three_ready() -> list[FulfillmentOrder]:
    return [its_fulfillment_order(released_order(lines={"A": 2})) for _ in range(3)]


def test_a_wave_ships_every_order_it_names(api):
    rows = three_ready()

    answer = api.post("shipments", {"items": [leaving(row, tracking_number=row.public_id[-6:]) for row in rows]})
    work_it_off()

    assert (answer.status_code, answer.data["shipped"], answer.data["refused"]) == (200, 3, 0)
    assert [item["shipment"]["fulfillment_order"] for item in answer.data["items"]] == [row.public_id for row in rows]
    assert {again(row.order).state for row in rows} == {"shipped"}
    assert StockLevel.objects.get(sku__code="A").on_hand == 10 - 6
    assert {one.tracking_number for one in Package.objects.all()} == {row.public_id[-6:] for row in rows}
    assert_invariants()


def test_a_large_wave_writes_what_single_shipments_would(api):
    rows = [its_fulfillment_order(released_order(lines={"B": 1})) for _ in range(9)]
    parcels = [
        {"tracking_number": f"T{n}", "lines": [{"line_id": "1", "quantity": 1}] if not n else []} for n in range(5)
    ]
    many = [{**leaving(row), "parcels": parcels} for row in rows]

    answer = api.post("shipments", {"items": many})

    assert answer.data["shipped"] == 9
    assert Package.objects.count() == 45
    shipments = {row.fulfillment_order_id: row for row in Shipment.objects.prefetch_related("packages")}
    assert all(shipments[row.pk].packages.count() == 5 for row in rows)
    assert Event.objects.filter(name="fulfillment.shipped").count() == 9


def test_a_refused_one_is_named_and_the_others_go(api):
    first, held, last = three_ready()
    api.post(f"orders/{held.order.public_id}/holds", {"reason": "manual"})
    unknown = {**leaving(first), "fulfillment_order": "ful_nobody"}
    wrong_line = {**leaving(last, "S9"), "parcels": [{"lines": [{"line_id": "9", "quantity": 1}]}]}
    too_many = {**leaving(last, "S8"), "parcels": [{"lines": [{"line_id": "1", "quantity": 3}]}]}

    answer = api.post(
        "shipments", {"items": [unknown, leaving(held), wrong_line, too_many, leaving(first), leaving(last)]}
    )

    found = [(item["ok"], item["code"]) for item in answer.data["items"]]
    assert found == [
        (False, "fulfillment_order_not_found"),
        (False, "order_on_hold"),
        (False, "invalid_input"),
        (False, "wrong_contents"),
        (True, ""),
        (True, ""),
    ]
    assert answer.data["items"][2]["errors"][0]["pointer"] == "/items/2/parcels/0/lines/0/line_id"
    assert set(Shipment.objects.values_list("fulfillment_order_id", flat=True)) == {first.pk, last.pk}
    assert FulfillmentLine.objects.get(fulfillment_order=held).shipped_quantity == 0
    assert FulfillmentOrder.objects.get(pk=held.pk).state == "accepted"


def test_sent_again_a_wave_answers_with_the_same_shipments(api):
    body = {"items": [leaving(row) for row in three_ready()]}

    answers = [api.post("shipments", body, key="") for _ in range(2)]
    work_it_off()

    assert answers[0].data["items"] == answers[1].data["items"]
    assert Shipment.objects.count() == 3
    assert StockLevel.objects.get(sku__code="A").on_hand == 4


def test_a_wave_told_again_with_other_tracking_is_refused_where_it_differs(api):
    same, other, twice = three_ready()
    api.post("shipments", {"items": [leaving(row, tracking_number="T1") for row in (same, other)]})

    answer = api.post(
        "shipments",
        {
            "items": [
                leaving(same, tracking_number="T1"),
                leaving(other, tracking_number="T2"),
                leaving(twice, tracking_number="T1"),
                leaving(twice, tracking_number="T2"),
            ]
        },
    )

    assert [(item["ok"], item["code"]) for item in answer.data["items"]] == [
        (True, ""),
        (False, "shipment_differs"),
        (True, ""),
        (False, "shipment_differs"),
    ]
    assert {one.tracking_number for one in Package.objects.all()} == {"T1"}
    assert Shipment.objects.count() == 3


def test_two_parts_of_one_fulfillment_order_leave_in_one_wave(api):
    row = three_ready()[0]
    half = [{"lines": [{"line_id": "1", "quantity": 1}]}]
    parts = [{**leaving(row, name), "parcels": half} for name in ("S1", "S2", "S2", "S3")]

    answer = api.post("shipments", {"items": parts})

    assert [(item["ok"], item["code"]) for item in answer.data["items"]] == [
        (True, ""),
        (True, ""),
        (True, ""),
        (False, "illegal_transition"),
    ]
    assert answer.data["items"][1]["shipment"]["id"] == answer.data["items"][2]["shipment"]["id"]
    assert FulfillmentLine.objects.get(fulfillment_order=row).shipped_quantity == 2
    assert FulfillmentOrder.objects.get(pk=row.pk).state == "shipped"


def test_a_wave_ships_only_what_is_the_callers(door):
    row = three_ready()[0]

    answer = door(nodes=["N9"]).post("shipments", {"items": [leaving(row)]})

    assert answer.data["items"][0]["code"] == "fulfillment_order_not_found"
    assert not Shipment.objects.exists()


@pytest.mark.parametrize("items", [[], [{}], "all"])
def test_a_body_that_is_no_wave_is_422(api, items):
    answer = api.post("shipments", {"items": items})

    assert answer.status_code == 422
    assert codes(answer)


def test_two_waves_and_a_single_shipment_at_once_ship_each_order_once(api):
    rows = three_ready()
    starting = threading.Barrier(3)
    results: list[object] = []

    def send(order: list[FulfillmentOrder]) -> None:
        starting.wait()
        try:
            departures = [Departure(row.pk, "S1", [Parcel("T")]) for row in order]
            results.append(ship_in_bulk(departures, actor=AGENT))
        finally:
            connection.close()

    threads = [threading.Thread(target=send, args=(order,)) for order in (rows, rows[::-1], rows[1:2])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    work_it_off()

    assert len(results) == 3
    assert Shipment.objects.count() == 3
    assert StockLevel.objects.get(sku__code="A").on_hand == 4
    assert_invariants()
