"""Handing fulfillment orders over to partners."""

from __future__ import annotations

import pytest

from apps.casework.models import ExceptionCase
from apps.core.models import Event
from apps.fulfillment.models import FulfillmentOrder
from apps.integrations.models import Partner, PartnerNode
from apps.inventory.models import StockLevel
from apps.orchestration.models import StepRun
from apps.orders.services import place_hold, release_hold
from apps.outbound.models import CallLog
from orchestrator.sandbox import Sandbox
from tests.driving import again, work_it_off
from tests.factories import AGENT, NodeFactory, StockLevelFactory, make_order, make_policy
from tests.partnering import (
    deliver_news,
    fresh,
    later,
    make_partner,
    operations,
    requested_order,
    submitted_order,
    taken,
)

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_order_goes_to_the_partner_and_comes_back_delivered(sandbox: Sandbox):
    make_partner(sandbox)
    order, row = submitted_order(lines={"A": 2})
    [theirs] = taken(sandbox, row)
    assert (row.request_state, row.partner_reference) == ("submitted", theirs.reference)

    sandbox.three_pl.accept(theirs.reference)
    assert deliver_news(sandbox) == [200]
    assert (fresh(row).state, fresh(row).request_state) == ("accepted", "accepted")
    sandbox.three_pl.ship(theirs.reference)
    assert deliver_news(sandbox) == [200]
    work_it_off()
    assert again(order).state == "shipped"
    level = StockLevel.objects.get()
    assert (level.on_hand, level.reserved) == (8, 0)
    sandbox.three_pl.deliver(theirs.reference)
    assert deliver_news(sandbox) == [200]
    work_it_off()
    assert again(order).state == "delivered"
    assert not ExceptionCase.objects.exists()


def test_the_partner_is_told_what_to_send_where(sandbox: Sandbox):
    make_partner(sandbox, stock={"A": 5, "B": 5})
    order, row = submitted_order(lines={"A": 2, "B": 1})

    [theirs] = taken(sandbox, row)
    message = theirs.message
    assert message["deliver_to"]["line1"] == "1 Canary Row"
    assert (message["node"], message["order"]) == ("their-P1", order.number)
    assert [(line["line_id"], line["sku"], line["quantity"]) for line in message["lines"]] == [
        ("1", "A", 2),
        ("2", "B", 1),
    ]
    assert theirs.key == row.public_id


def test_keeps_no_personal_data_about_the_call(sandbox: Sandbox, caplog: pytest.LogCaptureFixture):
    make_partner(sandbox)
    caplog.set_level("DEBUG")
    sandbox.misbehave("acme", "fail", times=1)
    submitted_order()
    later(30)

    rows = [str(values) for model in (CallLog, Event, StepRun) for values in model.objects.values()]
    assert rows
    assert "Canary" not in "".join(rows) + caplog.text


def test_submitting_again_sends_nothing_again(sandbox: Sandbox):
    make_partner(sandbox)
    _, row = submitted_order()
    StepRun.objects.filter(step="submit_to_partner").update(state="due")

    work_it_off()
    assert operations(sandbox) == ["submit"]
    assert len(taken(sandbox, row)) == 1


def test_what_a_worker_that_died_did_not_write_down_is_known_by_its_call_and_not_sent_again(sandbox: Sandbox):
    make_partner(sandbox)
    _, row = submitted_order()
    FulfillmentOrder.objects.filter(pk=row.pk).update(state="open", request_state="unsubmitted", partner_reference="")
    StepRun.objects.filter(step="submit_to_partner").update(state="due")

    work_it_off()

    again_submitted = fresh(row)
    assert (again_submitted.request_state, again_submitted.partner_reference) == ("submitted", row.partner_reference)
    assert operations(sandbox) == ["submit"]


def test_a_partner_that_takes_whatever_it_gets_has_accepted(sandbox: Sandbox):
    make_partner(sandbox, capabilities=["cancel"])
    _, row = submitted_order()

    assert (row.state, row.request_state) == ("accepted", "accepted")


def test_waits_while_the_order_is_on_hold(sandbox: Sandbox):
    make_partner(sandbox)
    order, row = requested_order()
    place_hold(order.pk, reason="manual", actor=AGENT)
    work_it_off()
    assert not operations(sandbox)

    release_hold(order.pk, reason="manual", actor=AGENT)
    later(61)
    assert fresh(row).request_state == "submitted"


@pytest.mark.parametrize("trouble", ["no partner", "switched off", "no such adapter"])
def test_a_node_whose_partner_is_not_set_up_goes_before_a_person(sandbox: Sandbox, trouble: str):
    make_partner(sandbox)
    if trouble == "no partner":
        PartnerNode.objects.all().delete()
    else:
        Partner.objects.update(**{"active": False} if trouble == "switched off" else {"adapter": "fax"})
    submitted_order()

    case = ExceptionCase.objects.get()
    assert (case.type, case.detail["code"]) == ("dead_letter", "partner_not_configured")
    assert not operations(sandbox)


def test_the_work_of_own_nodes_is_nobody_elses_business(sandbox: Sandbox):
    make_policy()
    StockLevelFactory(node=NodeFactory(code="own"))
    make_order(lines={StockLevel.objects.get().sku.code: 1})
    work_it_off()

    assert not operations(sandbox)
