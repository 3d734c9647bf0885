"""Saying yes or no to what somebody else proposed."""

from __future__ import annotations

from datetime import timedelta

import pytest
import structlog
from django.db.utils import IntegrityError

from apps.accounts.caller import caller_of_key, caller_of_user
from apps.accounts.models import ApiKey
from apps.casework.approvals.errors import (
    AlreadyVoted,
    ApprovalDecided,
    ApprovalVoided,
    MayNotDecide,
    ReasonNeeded,
    SelfApproval,
)
from apps.casework.approvals.registry import PERFORMERS
from apps.casework.approvals.selectors import approvals_for, can_decide, waiting_for
from apps.casework.models import ApprovalRequest, ApprovalVote
from apps.core import clock
from apps.core.actor import SYSTEM, Actor
from apps.core.errors import DomainError, StaleVersion
from apps.core.models import Event
from apps.fulfillment.models import FulfillmentOrder
from apps.orders.services import amend_order
from tests.casework.approvals.people import caller, decide, person, policy, proposal
from tests.factories import NodeFactory, make_key, make_order

pytestmark = pytest.mark.django_db


def now(row: ApprovalRequest) -> ApprovalRequest:
    return ApprovalRequest.objects.get(pk=row.pk)


def test_approving_does_it_in_the_same_breath_and_says_who():
    policy()
    row = proposal(person("agent"))
    lead = person("lead")

    decide(row, lead, reason="Fair enough.")

    assert (now(row).state, now(row).outcome) == ("approved", "Fair enough.")
    agreed = Event.objects.get(name="order.refund_agreed")
    assert agreed.data["amount_minor"] == 2500
    assert agreed.actor == f"staff:{lead.public_id}"


def test_rejecting_does_nothing_but_say_why():
    policy()
    row = proposal(person("agent"))

    decide(row, person("lead"), approve=False, reason="Ask for a picture first.")

    assert (now(row).state, now(row).outcome) == ("rejected", "Ask for a picture first.")
    assert not Event.objects.filter(name="order.refund_agreed").exists()


def test_a_no_needs_a_reason():
    policy()
    row = proposal(person("agent"))
    with pytest.raises(ReasonNeeded):
        decide(row, person("lead"), approve=False, reason="  ")
    assert now(row).state == "pending"


@pytest.mark.parametrize("changes", [{"role": "lead"}, {"role": "admin"}, {"is_superuser": True}])
def test_the_maker_cannot_decide_whoever_they_are_and_the_security_log_knows(changes):
    policy()
    maker = person(**{"role": "manager", **changes})
    row = proposal(maker)

    for approve in (True, False):
        with structlog.testing.capture_logs() as logs, pytest.raises(SelfApproval) as refusal:
            decide(row, maker, approve=approve)
        assert (refusal.value.status, refusal.value.code) == (403, "self_approval")
        assert [line["event"] for line in logs] == ["self_approval_refused"]
    assert now(row).state == "pending"
    assert can_decide(row, caller(maker), maker) == (
        False,
        "You proposed this yourself; somebody else has to decide it.",
    )


def test_the_maker_is_refused_although_they_proposed_through_a_key():
    policy()
    maker = person("lead")
    row = proposal(maker, actor=Actor("key", "key_abc"), user=maker)

    with pytest.raises(SelfApproval):
        decide(row, maker)


def test_a_role_the_policy_does_not_name_is_told_whom_it_needs():
    policy(roles=["manager", "operations"])
    row = proposal(person("agent"))

    with pytest.raises(MayNotDecide) as refusal:
        decide(row, person("lead"))
    assert refusal.value.sentence == "This needs Manager, Operations or an administrator."
    assert refusal.value.status == 403


def test_a_superuser_who_did_not_make_it_may():
    policy(roles=["manager"])
    assert decide(proposal(person("agent")), person("agent", is_superuser=True)).state == "approved"


def test_a_key_decides_nothing():
    policy()
    row = proposal(person("agent"))
    make_key()
    key = caller_of_key(ApiKey.objects.get())

    with pytest.raises(MayNotDecide):
        decide(row, person("lead"), user=None, caller=key)
    assert now(row).state == "pending"


def test_of_an_own_store_policy_only_that_stores_manager_decides():
    policy(own_nodes_only=True)
    row = proposal(person("agent"), node="leeds")
    theirs, other = person("manager", nodes=["leeds"]), person("manager", nodes=["york"])

    with pytest.raises(MayNotDecide) as refusal:
        decide(row, other)
    assert "leeds" in refusal.value.sentence
    assert decide(row, theirs).state == "approved"


def test_a_store_manager_neither_sees_nor_decides_what_is_another_stores_whatever_the_policy():
    policy(own_nodes_only=False)
    elsewhere, nowhere = proposal(person("agent"), node="leeds"), proposal(person("agent"), order=make_order())
    other = person("manager", nodes=["york"])

    assert list(approvals_for(caller(other))) == []
    assert list(waiting_for(caller(other))) == []
    for row, said in ((elsewhere, "Only somebody of leeds decides this."), (nowhere, "It is another store's.")):
        with pytest.raises(MayNotDecide) as refusal:
            decide(row, other)
        assert refusal.value.sentence == said
        assert now(row).state == "pending"


def test_a_store_manager_decides_what_is_about_an_order_that_the_store_has_in_hand():
    policy(own_nodes_only=False)
    order = make_order()
    FulfillmentOrder.objects.create(order=order, node=NodeFactory(code="york"))
    asked = proposal(person("agent"), order=order)
    theirs = person("manager", nodes=["york"])

    assert list(waiting_for(caller(theirs))) == [asked]
    assert decide(asked, theirs).state == "approved"


def test_whoever_looked_at_an_older_version_looks_again():
    policy(approvers=2)
    row = proposal(person("agent"))
    seen = row.version
    decide(row, person("lead"))

    with pytest.raises(StaleVersion) as refusal:
        decide(row, person("lead"), expected_version=seen)
    assert refusal.value.details["current"] == now(row).version


def test_two_approvers_have_to_agree_and_one_of_them_twice_is_one():
    policy(approvers=2)
    row = proposal(person("agent"))
    first, second = person("lead"), person("manager")

    assert decide(row, first).state == "pending"
    assert not Event.objects.filter(name="order.refund_agreed").exists()
    with pytest.raises(AlreadyVoted):
        decide(row, first)
    assert decide(row, second).state == "approved"
    assert Event.objects.filter(name="order.refund_agreed").count() == 1


def test_one_no_ends_it_although_two_were_needed():
    policy(approvers=2)
    row = proposal(person("agent"))
    decide(row, person("lead"))

    assert decide(row, person("manager"), approve=False).state == "rejected"


def test_the_database_lets_nobody_vote_twice():
    policy(approvers=2)
    row, lead = proposal(person("agent")), person("lead")
    decide(row, lead)
    with pytest.raises(IntegrityError):
        ApprovalVote.objects.create(request=row, user=lead, approve=True)


def test_ones_own_decision_sent_again_is_that_decision():
    policy()
    row, lead = proposal(person("agent")), person("lead")
    decide(row, lead)

    assert decide(row, lead).state == "approved"
    assert Event.objects.filter(name="order.refund_agreed").count() == 1


def test_who_comes_second_is_told_what_the_first_said():
    policy()
    row = proposal(person("agent"))
    decide(row, person("lead"), approve=False, reason="Too much.")

    with pytest.raises(ApprovalDecided) as refusal:
        decide(row, person("manager"))
    assert refusal.value.status == 409
    assert "rejected already: Too much." in refusal.value.sentence


def test_a_target_that_changed_meanwhile_voids_the_proposal_and_nothing_is_done():
    policy()
    order = make_order()
    row = proposal(person("agent"), order)
    amend_order(order.pk, changes={"tags": ["vip"]}, actor=SYSTEM)

    with pytest.raises(ApprovalVoided):
        decide(row, person("lead"))

    assert now(row).state == "voided"
    assert not Event.objects.filter(name="order.refund_agreed").exists()
    assert not ApprovalVote.objects.exists()


@pytest.mark.parametrize(("field", "value"), [("payload", {"amount_minor": 1}), ("amount_minor", 1), ("node", "x")])
def test_a_proposal_whose_content_was_changed_behind_its_hash_is_voided(field, value):
    policy()
    row = proposal(person("agent"))
    ApprovalRequest.objects.filter(pk=row.pk).update(**{field: value})

    with pytest.raises(ApprovalVoided):
        decide(row, person("lead"))
    assert now(row).state == "voided"


def test_after_its_time_it_cannot_be_approved_any_more():
    policy(expires_hours=1)
    row = proposal(person("agent"))

    with clock.moved(timedelta(hours=2)), pytest.raises(ApprovalDecided):
        decide(row, person("lead"))
    assert now(row).state == "expired"


def test_what_doing_it_refuses_leaves_everything_as_it_was(monkeypatch):
    policy()
    row = proposal(person("agent"))
    before, events = now(row).version, Event.objects.count()

    def refuse(row: ApprovalRequest, actor: Actor) -> None:
        amend_order(row.order_id, changes={"tags": ["half done"]}, actor=actor)
        raise DomainError()

    monkeypatch.setitem(PERFORMERS, "refund", refuse)
    with pytest.raises(DomainError):
        decide(row, person("lead"))

    assert (now(row).state, now(row).version) == ("pending", before)
    assert Event.objects.count() == events
    assert not ApprovalVote.objects.exists()
    assert now(row).order.tags == []


def test_the_inbox_holds_what_one_may_decide_and_not_ones_own():
    policy(roles=["lead"])
    lead = person("lead")
    mine, theirs = proposal(lead), proposal(person("agent"))

    assert [row.pk for row in waiting_for(caller(lead))] == [theirs.pk]
    assert {row.pk for row in approvals_for(caller(lead))} == {mine.pk, theirs.pk}
    assert not waiting_for(caller(person("agent"))).exists()


def test_a_caller_knows_its_role_and_a_superuser_is_an_administrator():
    assert caller_of_user(person("lead")).role == "lead"
    assert caller_of_user(person("agent", is_superuser=True)).role == "admin"
