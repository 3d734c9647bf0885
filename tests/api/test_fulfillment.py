"""Fulfillment orders and shipments, as a node's own software works through them."""

from __future__ import annotations

import pytest

from apps.core.models import Event
from apps.fulfillment.models import FulfillmentLine, FulfillmentOrder, Package, Shipment
from apps.inventory.models import StockLevel
from tests.api.front_door import codes
from tests.api.released import its_fulfillment_order, released_order
from tests.driving import again, work_it_off
from tests.factories import NodeFactory, make_stock

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("shop")]


@pytest.fixture
def store() -> None:
    """Node N1 answers for itself: its work waits for somebody's yes."""
    node = NodeFactory(code="N1")
    node.auto_accept = False
    node.save()


def address(row: FulfillmentOrder, verb: str) -> str:
    return f"fulfillment-orders/{row.public_id}/{verb}"


def test_a_node_works_an_order_from_its_yes_to_the_door(api, store):
    row = its_fulfillment_order(order := released_order(lines={"A": 2}))
    assert api.get(f"fulfillment-orders/{row.public_id}").data["allowed_transitions"] == [
        "accept",
        "reject",
        "pick",
        "cancel",
    ]

    for verb, state in (("accept", "accepted"), ("pick", "picked"), ("pack", "packed")):
        answer = api.post(address(row, verb), {} if verb == "pick" else None)
        assert (answer.status_code, answer.data["state"]) == (200, state)
        assert answer.headers["ETag"] == f'"{answer.data["version"]}"'
    parcel = {"tracking_number": "T1", "weight_g": 300}
    shipped = api.post(address(row, "ship"), {"external_id": "S1", "carrier": "c", "parcels": [parcel]})
    assert shipped.status_code == 201
    work_it_off()
    assert again(order).state == "shipped"

    whole = api.get(f"shipments/{shipped.data['id']}").data
    assert (whole["order"], whole["node"], whole["packages"][0]["tracking_number"]) == (order.public_id, "N1", "T1")
    delivered = api.post(f"shipments/{shipped.data['id']}/delivered")
    assert (delivered.status_code, delivered.data["state"]) == (200, "delivered")
    work_it_off()
    assert again(order).state == "delivered"


def test_a_shipment_told_again_with_other_content_is_refused_and_stays_as_it_is(api, store):
    row = its_fulfillment_order(released_order(lines={"A": 2}))
    for verb in ("accept", "pick", "pack"):
        api.post(address(row, verb), {} if verb == "pick" else None)
    told = {"external_id": "S1", "carrier": "c", "parcels": [{"tracking_number": "T1"}]}
    first = api.post(address(row, "ship"), told)

    fewer = {"tracking_number": "T1", "lines": [{"line_id": "1", "quantity": 1}]}
    others = [
        api.post(address(row, "ship"), {**told, **change})
        for change in ({"parcels": [{"tracking_number": "T2"}]}, {"carrier": "d"}, {"parcels": [fewer]})
    ]
    again = api.post(address(row, "ship"), told)
    without = api.post(address(row, "ship"), {"external_id": "S1", "parcels": [{}]})

    assert [(one.status_code, one.data["code"]) for one in others] == [(409, "shipment_differs")] * 3
    assert [one.data["detail"].partition("other ")[2].split(".")[0] for one in others] == [
        "tracking",
        "carrier",
        "contents",
    ]
    assert again.data["id"] == without.data["id"] == first.data["id"]
    packages = api.get(f"shipments/{first.data['id']}").data["packages"]
    assert [one["tracking_number"] for one in packages] == ["T1"]


def test_accepting_twice_is_once(api, store):
    row = its_fulfillment_order(released_order())

    assert [api.post(address(row, "accept")).status_code for _ in range(2)] == [200, 200]
    assert Event.objects.filter(name="fulfillment.accepted").count() == 1


def test_a_rejection_names_the_lines_that_are_not_there(api, store):
    row = its_fulfillment_order(released_order(lines={"A": 2, "B": 1}))

    wrong = api.post(address(row, "reject"), {"reason": "no_stock", "absent": [{"line_id": "nowhere"}]})
    assert codes(wrong) == {"/absent/0/line_id": "unknown_line"}
    line = FulfillmentLine.objects.get(fulfillment_order=row, sku__code="B")
    named = [{"line_id": line.order_line.line_id}]
    other = api.post(address(row, "reject"), {"reason": "damaged", "absent": named})
    assert (other.status_code, other.data["code"]) == (422, "wrong_absence")
    assert FulfillmentOrder.objects.get(pk=row.pk).state == row.state

    assert api.post(address(row, "reject"), {"reason": "no_stock", "absent": named}).status_code == 200
    work_it_off()

    doubted = StockLevel.objects.filter(doubted_at__isnull=False)
    assert [level.sku.code for level in doubted] == ["B"]


def test_a_rejected_fulfillment_order_is_routed_elsewhere(api, store):
    make_stock(N2={"A": 10})
    row = its_fulfillment_order(released_order())

    answer = api.post(address(row, "reject"), {"reason": "damaged", "note": "wet"})
    work_it_off()

    assert (answer.status_code, answer.data["state"], answer.data["reject_reason"]) == (200, "rejected", "damaged")
    assert list(FulfillmentOrder.objects.order_by("pk").values_list("node__code", "state"))[1] == ("N2", "accepted")


def test_a_short_pick_cuts_off_what_is_missing(api):
    row = its_fulfillment_order(released_order(lines={"A": 3}))

    answer = api.post(address(row, "pick"), {"missing": [{"line_id": "1", "quantity": 1}]})

    assert (answer.status_code, answer.data["state"]) == (200, "picked")
    line = FulfillmentLine.objects.get(fulfillment_order=row)
    assert (line.quantity, line.short_quantity) == (2, 1)


@pytest.mark.parametrize(
    ("missing", "status"),
    [
        ([{"line_id": "nine", "quantity": 1}], 422),
        ([{"line_id": "1", "quantity": 4}], 422),
        ([{"line_id": "1", "quantity": 0}], 422),
        ([{"line_id": "1", "quantity": 1, "sku": "B"}], 422),
    ],
)
def test_an_impossible_short_pick_is_422_and_changes_nothing(api, missing, status):
    row = its_fulfillment_order(released_order(lines={"A": 3}))

    answer = api.post(address(row, "pick"), {"missing": missing})

    assert answer.status_code == status
    assert FulfillmentOrder.objects.get().state == "accepted"
    assert FulfillmentLine.objects.get().short_quantity == 0


def test_several_parcels_name_their_lines_and_the_rest_stays_to_be_shipped(api):
    row = its_fulfillment_order(released_order(lines={"A": 3, "B": 1}))
    parcels = [
        {"tracking_number": "T1", "lines": [{"line_id": "1", "quantity": 1}, {"line_id": "1", "quantity": 1}]},
        {"tracking_number": "T2", "lines": [{"line_id": "2", "quantity": 1}]},
    ]

    answer = api.post(address(row, "ship"), {"external_id": "S1", "parcels": parcels})

    assert answer.status_code == 201
    assert [package.tracking_number for package in Package.objects.order_by("pk")] == ["T1", "T2"]
    assert FulfillmentOrder.objects.get().state == "accepted"
    shipped = {line.order_line.line_id: line.shipped_quantity for line in FulfillmentLine.objects.all()}
    assert shipped == {"1": 2, "2": 1}
    rest = api.post(address(row, "ship"), {"external_id": "S2", "parcels": [{}]})
    assert rest.status_code == 201
    assert FulfillmentOrder.objects.get().state == "shipped"


def test_a_line_that_is_not_there_is_pointed_at(api):
    row = its_fulfillment_order(released_order())
    parcels = [{"lines": [{"line_id": "1", "quantity": 1}]}, {"lines": [{"line_id": "9", "quantity": 1}]}]

    answer = api.post(address(row, "ship"), {"external_id": "S1", "parcels": parcels})

    assert (answer.status_code, codes(answer)) == (422, {"/parcels/1/lines/0/line_id": "unknown_line"})
    assert not Shipment.objects.exists()


def test_more_than_is_left_is_422_and_ships_nothing(api):
    row = its_fulfillment_order(released_order(lines={"A": 2}))
    parcels = [{"lines": [{"line_id": "1", "quantity": 3}]}]

    answer = api.post(address(row, "ship"), {"external_id": "S1", "parcels": parcels})

    assert (answer.status_code, answer.data["code"]) == (422, "wrong_contents")
    assert not Shipment.objects.exists()
    assert FulfillmentLine.objects.get().shipped_quantity == 0


def test_the_same_external_id_is_the_same_shipment(api):
    row = its_fulfillment_order(released_order())
    body = {"external_id": "S1", "parcels": [{}]}

    answers = [api.post(address(row, "ship"), body, key="") for _ in range(2)]
    work_it_off()

    assert answers[0].data["id"] == answers[1].data["id"]
    assert Shipment.objects.count() == 1
    assert StockLevel.objects.get(sku__code="A").on_hand == 9


def test_bad_input_25_what_cannot_be_done_now_is_409_and_says_what_can(api, store):
    row = its_fulfillment_order(released_order())

    answer = api.post(address(row, "ship"), {"external_id": "S1", "parcels": [{}]})

    assert (answer.status_code, answer.data["code"]) == (409, "illegal_transition")
    assert answer.data["allowed_transitions"] == ["accept", "reject", "pick", "cancel"]
    assert not Shipment.objects.exists()
    assert FulfillmentOrder.objects.get().state == "open"


def test_a_held_order_does_not_leave(api):
    order = released_order()
    row = its_fulfillment_order(order)
    api.post(f"orders/{order.public_id}/holds", {"reason": "manual"})

    answer = api.post(address(row, "ship"), {"external_id": "S1", "parcels": [{}]})

    assert (answer.status_code, answer.data["code"]) == (409, "order_on_hold")
    assert not Shipment.objects.exists()


def test_a_failed_delivery_goes_before_a_person(api):
    row = its_fulfillment_order(released_order())
    shipment = api.post(address(row, "ship"), {"external_id": "S1", "parcels": [{}]}).data["id"]

    answer = api.post(f"shipments/{shipment}/failed", {"reason": "nobody there"})
    work_it_off()

    assert (answer.status_code, answer.data["state"]) == (200, "failed")
    cases = api.get("exceptions?type=undeliverable").data["items"]
    assert len(cases) == 1
    late = api.post(f"shipments/{shipment}/delivered")
    assert (late.status_code, late.data["allowed_transitions"]) == (409, [])


def test_fulfillment_orders_and_shipments_are_filtered(api):
    order, other = released_order(), released_order()
    row = its_fulfillment_order(order)
    api.post(address(row, "ship"), {"external_id": "S1", "parcels": [{"tracking_number": "T9"}]})

    def found(query: str) -> int:
        answer = api.get(query)
        assert answer.status_code == 200, answer.content
        return len(answer.data["items"])

    assert found("fulfillment-orders") == 2
    assert found("fulfillment-orders?state=shipped") == 1
    assert found("fulfillment-orders?node=N1&request_state=unsubmitted") == 2
    assert found("fulfillment-orders?node=nowhere") == 0
    assert found(f"fulfillment-orders?order={other.public_id}") == 1
    assert found(f"shipments?order={order.public_id}&node=N1&state=shipped") == 1
    assert found("shipments?tracking_number=T9") == 1
    assert found("shipments?tracking_number=T8") == 0


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"external_id": "", "parcels": [{}]},
        {"external_id": "S", "parcels": []},
        {"external_id": "S", "parcels": [{"weight_g": -1}]},
        {"external_id": "S", "parcels": [{"tracking_number": "x" * 129}]},
        {"external_id": "S" * 129, "parcels": [{}]},
    ],
)
def test_an_unreadable_shipment_is_422_and_ships_nothing(api, body):
    row = its_fulfillment_order(released_order())

    answer = api.post(address(row, "ship"), body)

    assert answer.status_code == 422
    assert not Shipment.objects.exists()


def test_the_timeline_names_nodes_and_lines_as_everywhere_outside(api, store):
    order = released_order(lines={"A": 2})
    row = its_fulfillment_order(order)
    api.post(address(row, "accept"))
    api.post(address(row, "pick"), {"missing": [{"line_id": "1", "quantity": 1}]})
    work_it_off()

    told = api.get(f"orders/{order.public_id}/timeline").data["items"]

    short = next(one for one in told if one["name"] == "fulfillment.short_picked")
    assert short["data"] == {"node": "N1", "missing": {"1": 1}}
    assert {one["data"]["node"] for one in told if one["kind"] == "event" and "node" in one["data"]} == {"N1"}


def test_more_missing_than_there_is_to_pick_is_refused_in_words_about_it(api, store):
    row = its_fulfillment_order(released_order(lines={"A": 2}))
    api.post(address(row, "accept"))

    answer = api.post(address(row, "pick"), {"missing": [{"line_id": "1", "quantity": 3}]})

    assert (answer.status_code, answer.data["code"]) == (422, "wrong_missing")
    assert answer.data["detail"] == "There can't be 3 units missing of a line of which 2 are to be picked."
    assert api.get(f"fulfillment-orders/{row.public_id}").data["state"] == "accepted"
