"""How limits and four-eyes were walked around in other systems, by their public reports, tried here."""

from __future__ import annotations

import pytest

from apps.accounts.models import Role
from apps.casework.approvals.errors import AlreadyVoted, ApprovalVoided, MayNotDecide, SelfApproval
from apps.casework.models import ApprovalPolicy, ApprovalRequest, ResolutionRule
from apps.core.models import Event
from apps.orders.services import amend_order
from tests.casework.approvals.people import actor, decide, person, policy, proposal
from tests.factories import UserFactory, make_order

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("role", [Role.ADMIN, Role.OPERATIONS, Role.LEAD])
@pytest.mark.parametrize("amount", [1, 49_999_00])
def test_nobody_approves_what_they_proposed_however_small_and_whoever_they_are(role: str, amount: int):
    """finos/git-proxy 1350, kviklet 162, shopware 13397: administrators and those below a threshold could."""
    policy(roles=["lead", "operations", "admin"])
    maker = UserFactory(role=role, is_superuser=role == Role.ADMIN)
    row = proposal(maker, amount_minor=amount)

    with pytest.raises(SelfApproval):
        decide(row, maker)
    assert ApprovalRequest.objects.get().state == "pending"


def test_the_first_of_two_does_nothing_yet_and_can_not_be_the_second():
    """dotCMS/core 14144: the first yes of four eyes moved it on."""
    policy(approvers=2)
    row, first = proposal(person("agent")), person("lead")
    row = decide(row, first)

    with pytest.raises(AlreadyVoted):
        decide(row, first)
    assert not Event.objects.filter(name="order.refund_agreed").exists()


def test_a_proposal_is_no_blank_cheque_for_what_is_changed_after_it():
    """The amount edited once it was approved: the yes is for what was read."""
    policy()
    order = make_order()
    row = proposal(person("agent"), order)
    ApprovalRequest.objects.filter(pk=row.pk).update(amount_minor=9_999_00)

    with pytest.raises(ApprovalVoided):
        decide(row, person("lead"))
    again = proposal(person("agent"), order)
    amend_order(order.pk, changes={"tags": ["other"]}, actor=actor(person("agent")))
    with pytest.raises(ApprovalVoided):
        decide(again, person("lead"))


def test_exactly_at_a_policys_amount_the_stricter_policy_counts():
    """odoo/odoo 14460: the comparison turned round at the threshold."""
    policy(from_minor=0)
    policy(from_minor=500_00, approvers=2)

    assert proposal(person("agent"), amount_minor=499_99).needed == 1
    assert proposal(person("agent"), amount_minor=500_00).needed == 2


def test_a_limit_set_for_one_currency_is_not_passed_by_another_of_smaller_units():
    """odoo/odoo 9399 and 276948: the threshold was held against bare numbers of whatever currency."""
    policy(from_minor=0)
    policy(from_minor=500_00, approvers=2)

    assert proposal(person("agent"), amount_minor=500, currency="JPY").needed == 2
    assert proposal(person("agent"), amount_minor=499, currency="JPY").needed == 1
    assert proposal(person("agent"), amount_minor=499_999, currency="KWD").needed == 1


def test_a_policy_or_row_changed_meanwhile_gives_nobody_a_yes_they_had_not():
    """The approver put into the policy after the proposal was made."""
    rule = policy(roles=["manager"])
    row = proposal(person("agent"))
    ApprovalPolicy.objects.filter(pk=rule.pk).update(roles=["agent"])
    ResolutionRule.objects.all().delete()

    with pytest.raises(MayNotDecide):
        decide(row, person("agent"))
