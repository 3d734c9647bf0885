"""Partner calls in doubt: what is asked before anything is sent again, and what is said where nobody can be asked."""

from __future__ import annotations

from typing import Any

import pytest

from apps.casework.models import ExceptionCase
from apps.core.models import Event
from apps.fulfillment.models import FulfillmentOrder
from apps.fulfillment.services import call_off_order
from apps.integrations.services import submitting
from apps.integrations.services.cancelling import recall
from apps.orchestration.models import StepRun
from orchestrator.sandbox import Sandbox
from tests.driving import work_it_off
from tests.factories import AGENT
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


def test_after_a_500_the_partner_is_asked_by_key_before_anything_is_sent_again(sandbox: Sandbox):
    make_partner(sandbox)
    _, row = requested_order()
    sandbox.misbehave("acme", "fail", times=1, only="submit")
    work_it_off()
    later(120)

    assert operations(sandbox)[:3] == ["submit", "look_up", "submit"]
    assert fresh(row).request_state == "submitted"
    assert len(taken(sandbox, row)) == 1


def test_where_asking_fails_too_nothing_is_sent_until_the_partner_has_answered(sandbox: Sandbox):
    make_partner(sandbox)
    _, row = requested_order()
    sandbox.misbehave("acme", "fail", times=1, only="submit")
    work_it_off()
    sandbox.misbehave("acme", "fail", times=1, only="look_up")
    later(120)
    later(240)

    assert operations(sandbox) == ["submit", "look_up", "look_up", "submit"]
    assert len(taken(sandbox, row)) == 1


def test_an_order_called_off_between_looking_and_calling_is_not_sent(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch):
    make_partner(sandbox)
    order, row = requested_order()
    compose = submitting.fulfillment_message

    def meanwhile(request: Any) -> Any:
        """The last thing before the call: somebody cancels."""
        call_off_order(order.pk, reason="changed my mind", actor=AGENT)
        return compose(request)

    monkeypatch.setattr(submitting, "fulfillment_message", meanwhile)
    submitting.submit(row.pk, actor=AGENT)

    assert operations(sandbox) == []
    monkeypatch.undo()
    work_it_off()
    assert "submit" not in operations(sandbox)
    assert fresh(row).state == "cancelled"


def _unsure(sandbox: Sandbox, capabilities: list[str]) -> FulfillmentOrder:
    """Handed over, and nobody knows whether it arrived."""
    make_partner(sandbox, capabilities=capabilities)
    _, row = requested_order()
    sandbox.misbehave("acme", "lose_ack", times=1)
    work_it_off()
    return row


def test_taking_back_what_may_have_arrived_says_no_where_the_partner_can_not_be_asked(sandbox: Sandbox):
    row = _unsure(sandbox, ["accept_reject", "cancel"])

    assert recall(row.pk, actor=AGENT) is False


def test_taking_back_what_never_was_sent_says_yes(sandbox: Sandbox):
    make_partner(sandbox, capabilities=["accept_reject"])
    _, row = requested_order()

    assert recall(row.pk, actor=AGENT) is True
    assert operations(sandbox) == []


def test_goods_that_left_after_they_were_called_off_open_a_case(sandbox: Sandbox):
    make_partner(sandbox)
    order, row = submitted_order()
    [theirs] = taken(sandbox, row)
    sandbox.three_pl.accept(theirs.reference)
    deliver_news(sandbox)
    sandbox.three_pl.ship(theirs.reference)
    call_off_order(order.pk, reason="changed my mind", actor=AGENT)
    # Given up here without the partner's word: the callback is the first we hear.
    FulfillmentOrder.objects.filter(pk=row.pk).update(request_state="cancel_accepted")
    StepRun.objects.filter(step="ask_partner_to_cancel").delete()
    deliver_news(sandbox)
    work_it_off()

    assert Event.objects.filter(name="fulfillment.left_anyway", subject_ref=row.public_id).exists()
    assert ExceptionCase.objects.filter(subject_ref=row.public_id, state="open").exists()


def test_a_partner_that_takes_a_key_once_is_sent_it_again_after_a_lost_answer(sandbox: Sandbox):
    make_partner(sandbox, capabilities=["deduplicates"])
    _, row = requested_order()
    sandbox.misbehave("acme", "lose_ack", times=1)
    work_it_off()
    later(120)

    assert operations(sandbox) == ["submit", "submit"]
    assert {request["key"] for request in sandbox.three_pl.requests} == {row.public_id}
    assert len(taken(sandbox, row)) == 1
    assert fresh(row).request_state == "accepted"


def test_a_partner_that_never_answers_is_not_sent_it_forever(sandbox: Sandbox):
    make_partner(sandbox, capabilities=["deduplicates"])
    _, row = requested_order()
    sandbox.misbehave("acme", "lose_ack")
    work_it_off()
    for minutes in (2, 6, 14, 30, 60):
        later(60 * minutes)

    assert len(taken(sandbox, row)) == 1
    assert fresh(row).request_state == "outcome_unknown"
    assert ExceptionCase.objects.get(subject_ref=row.public_id).type == "outcome_unknown"


def test_what_is_not_ticked_at_the_location_is_not_relied_on_though_the_contract_offers_it(sandbox: Sandbox):
    make_partner(sandbox, capabilities=["accept_reject", "cancel"])
    _, row = requested_order()
    sandbox.misbehave("acme", "lose_ack", times=1)
    work_it_off()
    later(120)

    assert operations(sandbox) == ["submit"]
    assert fresh(row).request_state == "outcome_unknown"
