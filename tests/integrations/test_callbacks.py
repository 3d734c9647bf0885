"""What partners call back with, brought through the front door."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from standardwebhooks.webhooks import Webhook

from apps.casework.models import ExceptionCase
from apps.core import clock
from apps.core.models import Event
from apps.fulfillment.models import FulfillmentLine, FulfillmentOrder, Package, Shipment
from apps.integrations.models import Partner
from apps.orders.services import place_hold
from orchestrator.sandbox import Sandbox
from orchestrator.sandbox.callbacks import Message, signed, signing_key
from tests.driving import again, work_it_off
from tests.factories import AGENT
from tests.partnering import SECRET, deliver_news, fresh, make_partner, post, submitted_order, taken

pytestmark = pytest.mark.django_db(transaction=True)


def news(row: FulfillmentOrder, kind: str, **more: Any) -> Message:
    """A rightly signed message of the partner ``acme`` about a fulfillment order."""
    return signed("acme", kind, {"fulfillment_order": row.public_id, "reference": "R1", **more}, secret=SECRET)


def parcel(**lines: int) -> dict[str, Any]:
    """A parcel with so many of each line: ``parcel(_1=2)``."""
    contents = [{"line_id": name.removeprefix("_"), "quantity": units} for name, units in lines.items()]
    return {"tracking_number": "T1", "tracking_url": "https://track.example/T1", "lines": contents}


def shipped_units(row: FulfillmentOrder) -> list[int]:
    lines = FulfillmentLine.objects.filter(fulfillment_order=row).order_by("pk")
    return list(lines.values_list("shipped_quantity", flat=True))


def test_news_told_ten_times_is_told_once(sandbox: Sandbox):
    make_partner(sandbox)
    order, row = submitted_order(lines={"A": 2})
    reference = taken(sandbox, row)[0].reference
    for act in (sandbox.three_pl.accept, sandbox.three_pl.ship, sandbox.three_pl.deliver):
        act(reference)
        [message] = sandbox.postman.sent
        assert [post(message).status_code for _ in range(10)] == [200] * 10
        sandbox.postman.sent.clear()
    work_it_off()

    assert again(order).state == "delivered"
    assert (Shipment.objects.count(), Package.objects.count()) == (1, 1)
    names = list(Event.objects.filter(stream=order.public_id).values_list("name", flat=True))
    assert all(names.count(f"fulfillment.{what}") == 1 for what in ("accepted", "shipped", "delivered"))


def test_news_may_arrive_in_any_order(sandbox: Sandbox):
    make_partner(sandbox)
    _, row = submitted_order()
    assert post(news(row, "shipment.delivered", shipment="S1")).status_code == 404

    assert post(news(row, "shipment.created", shipment="S1", parcels=[parcel(_1=1)])).status_code == 200
    assert post(news(row, "fulfillment.accepted")).status_code == 200
    assert post(news(row, "shipment.delivered", shipment="S1")).status_code == 200
    assert fresh(row).state == "delivered"


def test_one_fulfillment_order_may_leave_in_several_shipments(sandbox: Sandbox):
    make_partner(sandbox, stock={"A": 5, "B": 5})
    order, row = submitted_order(lines={"A": 3, "B": 1})

    post(news(row, "shipment.created", shipment="S1", parcels=[parcel(_1=1), parcel(_1=1)]))
    assert (fresh(row).state, shipped_units(row)) == ("accepted", [2, 0])
    post(news(row, "shipment.created", shipment="S2", parcels=[parcel(_1=1, _2=1)]))
    work_it_off()
    assert (fresh(row).state, shipped_units(row)) == ("shipped", [3, 1])
    assert again(order).state == "shipped"
    assert Package.objects.count() == 3


def test_a_parcel_without_contents_holds_all_that_was_left(sandbox: Sandbox):
    make_partner(sandbox)
    _, row = submitted_order(lines={"A": 4})

    assert post(news(row, "shipment.created", shipment="S1", parcels=[{}])).status_code == 200
    assert shipped_units(row) == [4]


def test_a_second_shipment_of_goods_that_have_left_is_refused(sandbox: Sandbox):
    make_partner(sandbox, stock={"A": 5, "B": 5})
    _, row = submitted_order(lines={"A": 2, "B": 1})
    post(news(row, "shipment.created", shipment="S1", parcels=[parcel(_1=2)]))

    refused = post(news(row, "shipment.created", shipment="S2", parcels=[parcel(_1=2)]))
    assert (refused.status_code, refused.json()["code"]) == (409, "already_shipped")
    post(news(row, "shipment.created", shipment="S3", parcels=[parcel(_2=1)]))
    refused = post(news(row, "shipment.created", shipment="S4", parcels=[{}]))
    assert (refused.status_code, refused.json()["code"]) == (409, "already_shipped")
    assert shipped_units(row) == [2, 1]
    assert Shipment.objects.count() == 2


def test_a_partner_that_sends_twice_ships_once(sandbox: Sandbox):
    make_partner(sandbox)
    sandbox.misbehave("acme", "double_send", times=1)
    order, row = submitted_order()
    reference = taken(sandbox, row)[0].reference
    sandbox.three_pl.ship(reference)

    assert deliver_news(sandbox) == [200, 409]
    work_it_off()
    assert shipped_units(row) == [1]
    assert Shipment.objects.count() == 1
    assert again(order).state == "shipped"


@pytest.mark.parametrize(("line", "units"), [("1", 3), ("7", 1)])
def test_more_than_was_ordered_or_other_lines_are_refused(sandbox: Sandbox, line: str, units: int):
    make_partner(sandbox)
    _, row = submitted_order(lines={"A": 2})

    refused = post(news(row, "shipment.created", shipment="S1", parcels=[parcel(**{f"_{line}": units})]))
    assert (refused.status_code, refused.json()["code"]) == (422, "wrong_contents")
    assert not Shipment.objects.exists()


def test_what_left_although_the_order_was_held_is_recorded(sandbox: Sandbox):
    make_partner(sandbox)
    order, row = submitted_order()
    place_hold(order.pk, reason="manual", actor=AGENT)

    assert post(news(row, "shipment.created", shipment="S1", parcels=[{}])).status_code == 200
    assert fresh(row).state == "shipped"


def test_a_parcel_the_carrier_gave_up_on_goes_before_a_person(sandbox: Sandbox):
    make_partner(sandbox)
    _, row = submitted_order()
    post(news(row, "shipment.created", shipment="S1", parcels=[{}]))

    assert post(news(row, "shipment.failed", shipment="S1", reason="address_unknown")).status_code == 200
    work_it_off()
    case = ExceptionCase.objects.get()
    assert case.type == "undeliverable"
    assert "address unknown" in case.sentence


def test_a_partner_that_calls_it_off_unasked_has_rejected_it(sandbox: Sandbox):
    make_partner(sandbox, nodes=("P1",))
    make_partner(sandbox, "other", nodes=("P2",))
    order, row = submitted_order()
    code = row.node.partner_node.partner.code

    message = signed(code, "fulfillment.cancelled", {"fulfillment_order": row.public_id}, secret=SECRET)
    assert post(message).status_code == 200
    work_it_off()
    assert fresh(row).state == "rejected"
    elsewhere = FulfillmentOrder.objects.get(order=order, state="open")
    assert elsewhere.node_id != row.node_id


# Bad inputs


FORGERIES = [
    {"webhook-signature": ""},
    {"webhook-id": "msg_other"},
    {"webhook-signature": "v1,bm90IGl0"},
    {"webhook-signature": "nonsense"},
    {"webhook-timestamp": "yesterday"},
    {"webhook-timestamp": "99999999999999"},
]


def test_refuses_a_forged_or_missing_signature_before_reading_on(sandbox: Sandbox):
    make_partner(sandbox)
    _, row = submitted_order()
    message = news(row, "fulfillment.accepted")

    for change in FORGERIES:
        refused = post(message, headers={**message.headers, **change}, body=b"{")
        assert (refused.status_code, refused.headers["Content-Type"]) == (401, "application/problem+json"), change
        assert refused.json()["code"] == "signature_refused"
        assert "reason" not in refused.json()
    assert fresh(row).state == "open"


def test_refuses_another_partners_signature(sandbox: Sandbox):
    make_partner(sandbox)
    _, row = submitted_order()
    data = {"fulfillment_order": row.public_id, "reference": "R1"}

    assert post(signed("acme", "fulfillment.accepted", data, secret="guessed")).status_code == 401


@pytest.mark.parametrize("minutes", [-6, 6])
def test_refuses_a_message_from_another_time(sandbox: Sandbox, minutes: int):
    make_partner(sandbox)
    _, row = submitted_order()
    message = news(row, "fulfillment.accepted")

    with clock.moved(timedelta(minutes=minutes)):
        assert post(message).status_code == 401
    assert post(message).status_code == 200


def test_a_partner_without_a_secret_is_never_believed(sandbox: Sandbox):
    make_partner(sandbox)
    _, row = submitted_order()
    Partner.objects.update(secret="")

    assert post(news(row, "fulfillment.accepted")).status_code == 401


def test_knows_no_strangers(sandbox: Sandbox, caplog: pytest.LogCaptureFixture):
    make_partner(sandbox)
    make_partner(sandbox, "rival", nodes=("P2",), stock={"B": 1})
    _, row = submitted_order()

    unknown = post(
        signed("acme", "fulfillment.accepted", {"fulfillment_order": "ful_x", "reference": "R"}, secret=SECRET)
    )
    assert (unknown.status_code, unknown.json()["code"]) == (404, "fulfillment_order_not_found")
    theirs = {"fulfillment_order": row.public_id, "reference": "R"}
    assert post(signed("rival", "fulfillment.accepted", theirs, secret=SECRET)).status_code == 404
    assert post(signed("nobody", "fulfillment.accepted", theirs, secret=SECRET)).status_code == 404
    assert "partner_named_a_stranger" in caplog.text
    assert fresh(row).state == "open"


GARBAGE: list[tuple[bytes, int]] = [
    (b"", 400),
    (b"{", 400),
    (b'{"type":"fulfillment.accepted","type":"x"}', 400),
    (b"[" * 10_000, 400),
    (b"null", 422),
    (b"[]", 422),
    (b"{}", 422),
    (b'{"type":"order.exploded","data":{}}', 422),
    (b'{"type":["a"],"data":{}}', 422),
    (b'{"type":"fulfillment.accepted"}', 422),
    (b'{"type":"fulfillment.accepted","data":{"fulfillment_order":7,"reference":"R"}}', 422),
    (b'{"type":"fulfillment.accepted","data":{"fulfillment_order":"F","reference":"a b"}}', 422),
    (b'{"type":"fulfillment.accepted","data":{"fulfillment_order":"F\\u0000","reference":"R"}}', 422),
    (b'{"type":"fulfillment.rejected","data":{"fulfillment_order":"F","reason":"Pat was not at home"}}', 422),
]


def test_answers_garbage_with_a_problem(sandbox: Sandbox):
    make_partner(sandbox)

    for body, status in GARBAGE:
        refused = post(resigned(body))
        assert (refused.status_code, refused.headers["Content-Type"]) == (status, "application/problem+json"), body[:80]


PARCELS: list[Any] = [
    None,
    [],
    "two",
    [{"lines": [{"line_id": "1", "quantity": 0}]}],
    [{"lines": [{"line_id": "1", "quantity": -1}]}],
    [{"lines": [{"line_id": "1", "quantity": 1.5}]}],
    [{"lines": [{"line_id": "1", "quantity": 1e9}]}],
    [{"lines": [{"line_id": "1", "quantity": True}]}],
    [{"lines": [{"line_id": "\ud800", "quantity": 1}]}],
    [{"tracking_url": "javascript:alert(1)"}],
    [{"tracking_number": "x" * 500}],
    [{"weight_g": -5}],
    [{}] * 1000,
]


def test_refuses_parcels_that_make_no_sense(sandbox: Sandbox):
    make_partner(sandbox)
    _, row = submitted_order()

    for parcels in PARCELS:
        refused = post(news(row, "shipment.created", shipment="S1", parcels=parcels))
        assert refused.status_code == 422, parcels
        assert refused.json()["errors"][0]["pointer"].startswith("/")
    assert not Shipment.objects.exists()


def test_refuses_what_is_too_large_and_any_other_method(sandbox: Sandbox):
    make_partner(sandbox)

    assert post(resigned(b" " * (1024 * 1024 + 1))).status_code == 413
    assert Client().get("/hooks/3pl/acme/").status_code == 405


def test_answers_whoever_does_not_want_json(sandbox: Sandbox):
    make_partner(sandbox)
    _, row = submitted_order()
    message = news(row, "fulfillment.accepted")

    assert post(message, headers={**message.headers, "accept": "text/html"}).status_code == 200


def resigned(body: bytes) -> Message:
    """A rightly signed message with any body."""
    now = datetime.now(UTC)
    signature = Webhook(signing_key(SECRET)).sign("msg_1", now, body.decode())
    headers = {"webhook-id": "msg_1", "webhook-timestamp": str(int(now.timestamp())), "webhook-signature": signature}
    return Message("acme", "", headers, body)


def test_fields_of_a_later_version_are_ignored(sandbox: Sandbox):
    make_partner(sandbox)
    _, row = submitted_order()
    body = json.loads(news(row, "fulfillment.accepted", colour="blue").body)

    assert post(resigned(json.dumps({**body, "version": 9}).encode())).status_code == 200
