"""Putting something before somebody else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.casework.approvals.errors import AlreadyProposed, ApprovalVoided, NoApprovalPolicy, UnknownKind
from apps.casework.approvals.proposing import expire_due, void_approvals_of, withdraw_approval
from apps.casework.models import ApprovalRequest, ExceptionCase
from apps.casework.services import Problem, open_case
from apps.core import clock
from apps.core.actor import SYSTEM
from apps.core.errors import NotAllowed
from apps.core.models import Event
from apps.orders.services import amend_order, cancel_order
from tests.casework.approvals.people import actor, decide, person, policy, proposal
from tests.driving import work_it_off
from tests.factories import make_order, make_policy

pytestmark = pytest.mark.django_db


def names() -> list[str]:
    return list(Event.objects.filter(name__startswith="approval.").order_by("pk").values_list("name", flat=True))


def test_a_proposal_waits_with_its_hash_its_deciders_and_its_end():
    policy(expires_hours=4)
    row = proposal(person("agent"))

    assert row.state == "pending"
    assert row.roles == ["lead", "manager"]
    assert len(row.payload_hash) == 64
    assert row.expires_at - row.made_at == timedelta(hours=4)
    assert names() == ["approval.requested"]


def test_the_policy_with_the_highest_amount_reached_counts():
    policy(from_minor=0, roles=["lead"])
    policy(from_minor=2000, roles=["manager"], approvers=2)
    policy(from_minor=9000, roles=["operations"])

    row = proposal(person("agent"), amount_minor=2500)

    assert (row.roles, row.needed) == (["manager"], 2)


def test_a_later_change_of_the_policy_leaves_a_proposal_as_it_was_made():
    rule = policy(roles=["lead"])
    row = proposal(person("agent"))
    rule.roles = ["operations"]
    rule.save()

    assert decide(row, person("lead")).state == "approved"


def test_without_a_policy_nothing_can_be_proposed():
    with pytest.raises(NoApprovalPolicy):
        proposal(person("agent"))
    assert not ApprovalRequest.objects.exists()


def test_an_unknown_kind_is_refused():
    with pytest.raises(UnknownKind):
        proposal(person("agent"), kind="moon_landing")


def test_under_the_limit_of_an_automatic_policy_it_is_approved_and_done_at_once():
    policy(from_minor=0, automatic=True)
    policy(from_minor=5000)

    small = proposal(person("agent"), amount_minor=4999)
    large = proposal(person("agent"), amount_minor=5000)

    assert (small.state, large.state) == ("approved", "pending")
    assert Event.objects.filter(name="order.refund_agreed").count() == 1
    assert not small.votes.exists()


def test_the_same_proposal_again_is_the_first_one():
    policy()
    maker, order = person("agent"), make_order()

    assert proposal(maker, order).pk == proposal(maker, order).pk
    assert names() == ["approval.requested"]


def test_an_edited_proposal_voids_the_first_and_needs_a_new_decision():
    policy()
    maker, order = person("agent"), make_order()
    first = proposal(maker, order)
    second = proposal(maker, order, payload={"amount_minor": 9900}, amount_minor=9900)

    first.refresh_from_db()
    assert (first.state, second.state) == ("voided", "pending")
    with pytest.raises(ApprovalVoided):
        decide(first, person("lead"))
    assert not Event.objects.filter(name="order.refund_agreed").exists()


def test_somebody_elses_pending_proposal_for_the_same_thing_stands_in_the_way():
    policy()
    order = make_order()
    first = proposal(person("agent"), order)

    with pytest.raises(AlreadyProposed) as refusal:
        proposal(person("agent"), order, amount_minor=100)
    assert refusal.value.details["approval"] == first.public_id


def test_what_has_changed_since_the_maker_looked_is_not_proposed():
    policy()
    order = make_order()
    amend_order(order.pk, changes={"tags": ["vip"]}, actor=SYSTEM)

    with pytest.raises(ApprovalVoided):
        proposal(person("agent"), order, target_version=order.version)


def test_the_maker_takes_it_back_and_nobody_else_can():
    policy()
    maker = person("agent")
    row = proposal(maker)

    with pytest.raises(NotAllowed):
        withdraw_approval(row.public_id, actor=actor(person("lead")))
    assert withdraw_approval(row.public_id, actor=actor(maker)).state == "withdrawn"
    assert withdraw_approval(row.public_id, actor=actor(maker)).state == "withdrawn"
    assert names() == ["approval.requested", "approval.withdrawn"]


def test_a_case_waits_on_its_proposal_and_goes_on_when_it_is_refused():
    policy()
    order = make_order()
    case = open_case(Problem("no_stock", order.public_id, "Nothing there.", order_id=order.pk), actor=SYSTEM)
    row = proposal(person("agent"), order, case_id=case.pk)
    case = ExceptionCase.objects.get(pk=case.pk)
    assert (case.state, case.waiting_on) == ("waiting", "approval")

    decide(row, person("lead"), approve=False, reason="Too much.")

    case = ExceptionCase.objects.get(pk=case.pk)
    assert (case.state, case.waiting_on) == ("open", "")


def test_nobody_decided_in_time_so_it_expires_once():
    policy(expires_hours=1)
    row = proposal(person("agent"))

    assert expire_due() == 0
    with clock.moved(timedelta(hours=1, seconds=1)):
        assert expire_due() == 1
        assert expire_due() == 0
    row.refresh_from_db()
    assert row.state == "expired"
    assert names() == ["approval.requested", "approval.expired"]


def test_voiding_what_is_about_a_target_leaves_decided_proposals_alone():
    policy()
    order = make_order()
    decided = decide(proposal(person("agent"), order), person("lead"))
    pending = proposal(person("agent"), order, amount_minor=100)

    voided = void_approvals_of(order.public_id, why="The address changed.", actor=SYSTEM)

    assert [row.pk for row in voided] == [pending.pk]
    decided.refresh_from_db()
    assert decided.state == "approved"


def test_a_cancelled_order_voids_what_was_proposed_about_it_without_anybody_asking():
    make_policy()
    policy()
    order = make_order()
    row = proposal(person("agent"), order)
    cancel_order(order.pk, reason="changed their mind", actor=SYSTEM)

    work_it_off()

    row.refresh_from_db()
    assert row.state == "voided"
