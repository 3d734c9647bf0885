"""News of a partner and what is done here at the same moment: each waits for the other, and finds what it did."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction

from apps.fulfillment.models import FulfillmentOrder, Shipment
from apps.fulfillment.services import Parcel, call_off_order, ship_fulfillment_order
from apps.orders.selectors import lock_order
from orchestrator.sandbox import Sandbox
from orchestrator.sandbox.callbacks import Message, signed
from tests.driving import again, work_it_off
from tests.factories import AGENT
from tests.partnering import SECRET, fresh, make_partner, post, submitted_order
from tests.racing import Meanwhile

pytestmark = pytest.mark.django_db(transaction=True)


def news(row: FulfillmentOrder, kind: str, **more: Any) -> Message:
    data = {"fulfillment_order": row.public_id, "reference": "R1", **more}
    return signed("acme", kind, data, secret=SECRET)


def test_whoever_has_the_order_in_hand_is_waited_for(sandbox: Sandbox):
    make_partner(sandbox)
    order, row = submitted_order()

    with transaction.atomic():
        lock_order(order.pk)
        told = Meanwhile(lambda: post(news(row, "fulfillment.accepted")))
        assert told.waits_for_a_lock()
        assert fresh(row).state == "open"
    answer = told.outcome()

    assert answer.status_code == 200
    assert fresh(row).state == "accepted"


def test_what_a_partner_gives_back_while_the_order_is_being_cancelled_is_not_looked_for_elsewhere(sandbox: Sandbox):
    make_partner(sandbox)
    make_partner(sandbox, "other", nodes=("P2",))
    order, row = submitted_order()
    code = row.node.partner_node.partner.code
    message = signed(code, "fulfillment.cancelled", {"fulfillment_order": row.public_id}, secret=SECRET)

    with transaction.atomic():
        call_off_order(order.pk, reason="changed my mind", actor=AGENT)
        told = Meanwhile(lambda: post(message))
        assert told.waits_for_a_lock()
    answer = told.outcome()
    work_it_off()

    assert answer.status_code == 200
    assert (fresh(row).state, again(order).state) == ("cancelled", "cancelled")
    assert FulfillmentOrder.objects.count() == 1


def test_goods_confirmed_here_while_the_partner_tells_of_them_leave_once(sandbox: Sandbox):
    make_partner(sandbox)
    _, row = submitted_order(lines={"A": 2})
    post(news(row, "fulfillment.accepted"))

    with transaction.atomic():
        ship_fulfillment_order(row.pk, external_id="ours", parcels=[Parcel(tracking_number="T")], actor=AGENT)
        told = Meanwhile(lambda: post(news(row, "shipment.created", shipment="theirs", parcels=[{}])))
        assert told.waits_for_a_lock()
    answer = told.outcome()

    assert (answer.status_code, answer.json()["code"]) == (409, "already_shipped")
    assert list(Shipment.objects.values_list("external_id", flat=True)) == ["ours"]
