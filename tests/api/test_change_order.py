"""PATCH /orders/{id}, holds and cancelling."""

from __future__ import annotations

import pytest

from apps.core.models import Event
from apps.fulfillment.services import Parcel, ship_fulfillment_order
from apps.inventory.models import StockLevel
from apps.orders.models import Hold, Order
from tests.api.front_door import codes
from tests.api.released import its_fulfillment_order, released_order
from tests.driving import again, work_it_off
from tests.factories import AGENT, make_order

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shop")]


def test_tags_and_dates_are_changed_under_the_etag_that_was_read(api):
    order = make_order(tags=["old"])
    etag = api.get(f"orders/{order.public_id}").headers["ETag"]

    body = {"tags": ["gift", "fragile"], "ship_by": "2026-03-01T12:00:00+02:00"}
    answer = api.patch(f"orders/{order.public_id}", body, match=etag)

    assert answer.status_code == 200, answer.content
    assert (answer.data["tags"], answer.data["ship_by"]) == (["gift", "fragile"], "2026-03-01T10:00:00Z")
    assert answer.headers["ETag"] == f'"{order.version + 1}"'
    assert Event.objects.get(name="order.amended").data == {"changed": ["ship_by", "tags"]}
    emptied = api.patch(f"orders/{order.public_id}", {"ship_by": None, "tags": []}, match="*")
    assert (emptied.data["ship_by"], emptied.data["tags"]) == (None, [])


def test_changing_nothing_records_nothing(api):
    order = make_order(tags=["a"])

    answer = api.patch(f"orders/{order.public_id}", {"tags": ["a"]}, match="*")

    assert answer.status_code == 200
    assert not Event.objects.filter(name="order.amended").exists()
    assert again(order).version == order.version


@pytest.mark.parametrize("field", ["status", "state", "approved_by", "id", "total", "lines", "channel", "version"])
def test_bad_input_23_a_read_only_field_is_422(api, field):
    order = make_order()

    answer = api.patch(f"orders/{order.public_id}", {field: "x", "tags": ["changed"]}, match="*")

    assert answer.status_code == 422
    assert codes(answer) == {f"/{field}": "read_only"}
    assert again(order).tags == []


def test_an_unknown_field_and_an_empty_change_are_422(api):
    order = make_order()

    assert codes(api.patch(f"orders/{order.public_id}", {"colour": 1}, match="*")) == {"/colour": "unknown_field"}
    assert api.patch(f"orders/{order.public_id}", {}, match="*").status_code == 422


def test_bad_input_24_without_if_match_is_428(api):
    order = make_order()

    answer = api.patch(f"orders/{order.public_id}", {"tags": ["x"]})

    assert (answer.status_code, answer.data["code"]) == (428, "precondition_required")
    assert again(order).tags == []


@pytest.mark.parametrize("stale", ['"0"', '"2"', '"never ours"', "1", '"99999999999"'])
def test_bad_input_24_a_stale_if_match_is_412_with_the_current_etag(api, stale):
    order = make_order()

    answer = api.patch(f"orders/{order.public_id}", {"tags": ["x"]}, match=stale)

    assert (answer.status_code, answer.data["code"]) == (412, "stale_version")
    assert answer.headers["ETag"] == '"1"'
    assert again(order).tags == []


def test_a_hold_blocks_and_its_release_lets_go_on(api):
    order = make_order()

    placed = api.post(f"orders/{order.public_id}/holds", {"reason": "fraud_review", "note": "looks odd"})
    assert (placed.status_code, placed.data["reason"], placed.data["released_at"]) == (201, "fraud_review", None)
    twice = api.post(f"orders/{order.public_id}/holds", {"reason": "fraud_review"})
    assert twice.data["id"] == placed.data["id"]

    released = api.post(f"orders/{order.public_id}/holds/release", {"reason": "fraud_review", "note": "fine"})
    assert released.status_code == 200
    assert Hold.objects.get().release_note == "fine"
    assert Hold.objects.get().released_by.startswith("key:key_")


def test_releasing_a_hold_that_does_not_stand_is_409(api):
    answer = api.post(f"orders/{make_order().public_id}/holds/release", {"reason": "manual"})

    assert (answer.status_code, answer.data["code"]) == (409, "no_such_hold")


def test_a_hold_for_a_reason_nobody_knows_is_422(api):
    answer = api.post(f"orders/{make_order().public_id}/holds", {"reason": "mood"})

    assert list(codes(answer)) == ["/reason"]
    assert not Hold.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_cancelling_frees_the_stock_and_twice_is_once(api):
    order = released_order(lines={"A": 3})

    for _ in range(2):
        answer = api.post(f"orders/{order.public_id}/cancel", {"reason": "customer asked"})
        assert (answer.status_code, answer.data["state"]) == (200, "cancelled")
    work_it_off()

    assert StockLevel.objects.get(sku__code="A").reserved == 0
    assert its_fulfillment_order(order).state == "cancelled"
    assert Event.objects.filter(name="order.cancelled").count() == 1


def test_a_stale_cancel_is_412_and_changes_nothing(api):
    order = make_order()

    answer = api.post(f"orders/{order.public_id}/cancel", {"reason": "late"}, match='"9"')

    assert answer.status_code == 412
    assert answer.headers["ETag"] == '"1"'
    assert again(order).state == "received"
    assert api.post(f"orders/{order.public_id}/cancel", {"reason": "late"}, match='"1"').status_code == 200


def test_cancelling_without_a_reason_is_422(api):
    order = make_order()

    assert api.post(f"orders/{order.public_id}/cancel", {}).status_code == 422
    assert api.post(f"orders/{order.public_id}/cancel", {"reason": ""}).status_code == 422
    assert again(order).state == "received"


@pytest.mark.django_db(transaction=True)
def test_bad_input_25_a_shipped_order_cannot_be_cancelled_and_stays_as_it_is(api):
    order = released_order()
    parcels = [Parcel(tracking_number="T")]
    ship_fulfillment_order(its_fulfillment_order(order).pk, external_id="S", parcels=parcels, actor=AGENT)

    answer = api.post(f"orders/{order.public_id}/cancel", {"reason": "late"})

    assert (answer.status_code, answer.data["code"]) == (409, "order_not_cancellable")
    assert answer.data["allowed_transitions"] == []
    assert Order.objects.get().state == "released"
    assert not Event.objects.filter(name="order.cancelled").exists()

    work_it_off()
    answer = api.post(f"orders/{order.public_id}/cancel", {"reason": "late"})
    assert "The order is shipped; it can't be cancelled any more." in answer.data["detail"]
