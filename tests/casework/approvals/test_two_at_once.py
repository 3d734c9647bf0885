"""Real threads on real connections, deciding the same proposal."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from apps.casework.approvals.errors import ApprovalDecided
from apps.casework.approvals.proposing import expire_due, withdraw_approval
from apps.casework.approvals.substitution import propose_substitution
from apps.casework.models import ApprovalRequest, ApprovalVote
from apps.catalog.models import Sku, SubstituteRule
from apps.core.errors import DomainError
from apps.core.models import Event
from apps.core.transactions import in_transaction
from apps.fulfillment.services import call_off_order
from apps.inventory.models import Reservation
from tests import racing
from tests.casework.approvals.people import actor, decide, person, policy, proposal
from tests.driving import again, work_it_off
from tests.factories import make_counted_stock, make_order, make_policy
from tests.invariants import assert_invariants

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*works: Callable[[], ApprovalRequest]) -> list[str]:
    """What each came to: the state it answered, or the code of its refusal; in the order of ``works``."""
    return [one.code if isinstance(one, DomainError) else one.state for one in racing.at_once(*works)]


def test_of_two_who_approve_at_once_one_does_it_and_the_other_is_told():
    policy()
    one, other = person("lead"), person("manager")
    for _ in range(5):
        row = proposal(person("agent"))
        answers = at_once(lambda row=row: decide(row, one), lambda row=row: decide(row, other))

        assert sorted(answers) == ["approval_decided", "approved"]
        assert ApprovalVote.objects.filter(request=row).count() == 1
    assert Event.objects.filter(name="order.refund_agreed").count() == 5


def test_the_same_of_a_proposal_that_is_about_no_order():
    policy()
    one, other = person("lead"), person("manager")
    for _ in range(5):
        row = proposal(person("agent"), order_id=None)
        answers = at_once(lambda row=row: decide(row, one), lambda row=row: decide(row, other))

        assert sorted(answers) == ["approval_decided", "approved"]
        assert ApprovalVote.objects.filter(request=row).count() == 1


def test_of_a_yes_and_a_no_at_once_one_counts():
    policy()
    one, other = person("lead"), person("manager")
    for _ in range(5):
        row = proposal(person("agent"))
        answers = at_once(
            lambda row=row: decide(row, one), lambda row=row: decide(row, other, approve=False, reason="No.")
        )

        row.refresh_from_db()
        assert answers.count("approval_decided") == 1
        assert row.state in answers
        done = Event.objects.filter(name="order.refund_agreed", stream=row.order.public_id).exists()
        assert done == (row.state == "approved")


def test_two_of_two_approvers_at_once_do_it_once():
    policy(approvers=2)
    one, other = person("lead"), person("manager")
    row = proposal(person("agent"))

    answers = at_once(lambda: decide(row, one), lambda: decide(row, other))

    assert sorted(answers) == ["approved", "pending"]
    assert Event.objects.filter(name="order.refund_agreed").count() == 1


def test_taken_back_while_it_is_approved_ends_one_way():
    policy()
    maker, lead = person("agent"), person("lead")
    row = proposal(maker)

    at_once(lambda: decide(row, lead), lambda: withdraw_approval(row.public_id, actor=actor(maker)))

    row.refresh_from_db()
    done = Event.objects.filter(name="order.refund_agreed").exists()
    assert (row.state == "approved") == done


def test_approved_while_its_maker_edits_it_does_the_old_or_nothing():
    policy()
    maker, lead = person("agent"), person("lead")
    for _ in range(5):
        order = make_order()
        row = proposal(maker, order)
        answers = at_once(
            lambda row=row: decide(row, lead), lambda order=order: proposal(maker, order, amount_minor=9900)
        )

        row.refresh_from_db()
        agreed = Event.objects.filter(name="order.refund_agreed", stream=order.public_id)
        assert answers[1] == "pending"
        assert (answers[0], row.state) in {("approved", "approved"), ("approval_voided", "voided")}
        assert [event.data["amount_minor"] for event in agreed] == ([2500] if row.state == "approved" else [])


def test_a_substitution_approved_while_the_order_is_cancelled_leaves_no_claim_behind():
    make_policy()
    policy("substitution")
    lead = person("lead")
    make_counted_stock(leeds={"A": 0, "B": 20})
    for code in "AB":
        Sku.objects.filter(code=code).update(category="mugs")
    SubstituteRule.objects.create(category="mugs")
    for _ in range(5):
        order = make_order(lines={"A": 1})
        work_it_off()
        line = order.lines.get()
        row = propose_substitution(line.pk, sku_code="B", node="leeds", reason="gone", actor=actor(person("agent")))

        at_once(
            lambda row=row: decide(row, lead),
            lambda order=order: call_off_order(order.pk, reason="changed their mind", actor=actor(lead)),
        )
        work_it_off()

        row.refresh_from_db()
        assert row.state in {"approved", "voided"}
        assert again(order).state == "cancelled"
        assert not Reservation.objects.filter(order_id=order.pk, state__in=["reserved", "allocated"]).exists()
    assert_invariants()


def test_two_sweeps_expire_a_proposal_once():
    policy()
    row = proposal(person("agent"))
    ApprovalRequest.objects.filter(pk=row.pk).update(expires_at=row.made_at)

    def sweep() -> ApprovalRequest:
        expire_due()
        return ApprovalRequest.objects.get(pk=row.pk)

    at_once(sweep, sweep, sweep)
    assert Event.objects.filter(name="approval.expired").count() == 1


def test_two_who_propose_for_one_thing_at_once_leave_one_proposal():
    policy()
    one, other, order = person("agent"), person("agent"), make_order()

    answers = at_once(
        lambda: in_transaction(lambda: proposal(one, order)), lambda: in_transaction(lambda: proposal(other, order))
    )

    assert sorted(answers) == ["already_proposed", "pending"]
    assert ApprovalRequest.objects.count() == 1


def test_the_loser_of_a_race_is_told_the_outcome():
    policy()
    row = proposal(person("agent"))
    decide(row, person("lead"), reason="Fine.")
    with pytest.raises(ApprovalDecided, match="Fine"):
        decide(row, person("manager"))


def test_of_a_yes_and_its_makers_withdrawal_at_once_one_counts_and_the_order_follows_it():
    make_policy()
    policy("cancel_after_release")
    make_counted_stock(N1={"A": 50})
    lead = person("lead")
    for _ in range(5):
        maker, order = person("agent"), make_order()
        work_it_off()
        row = proposal(
            maker,
            again(order),
            kind="cancel_after_release",
            payload={"order": order.public_id, "code": "cancel_order", "params": {"reason": "asked"}},
            effect={},
        )

        answers = at_once(
            lambda row=row: decide(row, lead),
            lambda row=row, maker=maker: withdraw_approval(row.public_id, actor=actor(maker)),
        )

        assert sorted(answers) in (["approval_decided", "approved"], ["approval_decided", "withdrawn"])
        assert (again(order).state == "cancelled") == ("approved" in answers)
    assert_invariants()
