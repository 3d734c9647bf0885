"""Clocks of cases and approvals follow their rows."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.casework.models import ApprovalRequest, CaseKind, ExceptionCase
from apps.casework.services import Problem, open_case, resolve_case, take_case, wait_case
from apps.core import clock
from apps.sla.models import SlaTimer
from apps.sla.rules import Rule
from apps.sla.services import keep_approvals, keep_cases
from tests.driving import work_it_off
from tests.factories import AGENT, UserFactory
from tests.sla.timing import fire, hold_policy, in_minutes, timer_of, told

pytestmark = pytest.mark.django_db

RESPONSE = Rule("case_response", "r", by="kind", alert_breached=("owner", "lead"))
RESOLUTION = Rule("case_resolution", "s", by="kind", pause=("customer",))


@pytest.fixture
def case() -> ExceptionCase:
    hold_policy(RESPONSE, RESOLUTION)
    CaseKind.objects.update_or_create(code="no_stock", defaults={"response_minutes": 30, "resolution_minutes": 120})
    case = open_case(Problem("no_stock", "x:1", "None left."), actor=AGENT)
    _keep(case)
    return _again(case)


def _again(case: ExceptionCase) -> ExceptionCase:
    return ExceptionCase.objects.get(pk=case.pk)


def _keep(case: ExceptionCase) -> None:
    work_it_off()
    keep_cases([case.pk], actor=AGENT)


def test_a_case_is_timed_by_its_kind_and_says_what_is_due_next(case):
    assert timer_of("case_response").due_at == case.opened_at + timedelta(minutes=30)
    assert timer_of("case_resolution").due_at == case.opened_at + timedelta(minutes=120)
    assert case.next_due_at == case.opened_at + timedelta(minutes=30)


def test_taking_a_case_answers_it_and_its_resolution_is_due_next(case):
    take_case(case.pk, user=UserFactory(), actor=AGENT)
    _keep(case)

    assert timer_of("case_response").state == "met"
    assert _again(case).next_due_at == case.opened_at + timedelta(minutes=120)


def test_a_case_that_waits_for_the_customer_has_no_due_time_until_it_goes_on(case):
    take_case(case.pk, user=UserFactory(), actor=AGENT)
    wait_case(case.pk, on="customer", actor=AGENT)
    _keep(case)
    assert timer_of("case_resolution").state == "paused"
    assert _again(case).next_due_at is None

    with clock.moved(timedelta(minutes=500)):
        take_case(case.pk, user=UserFactory(), actor=AGENT)
        _keep(case)
    assert timer_of("case_resolution").state == "running"
    assert _again(case).next_due_at > case.opened_at + timedelta(minutes=600)


def test_a_breach_is_written_on_the_case_and_tells_its_owner(case):
    user = UserFactory()
    ExceptionCase.objects.filter(pk=case.pk).update(owner=user)

    fire(in_minutes(31))

    (breach,) = told("sla.breached")
    assert breach.data["alerts"] == {"roles": ["lead"], "users": [user.public_id], "mail": False}
    assert _again(case).breached_at is not None
    # What is late stays what is most urgent about it.
    assert _again(case).next_due_at == case.opened_at + timedelta(minutes=30)


def test_a_settled_case_is_late_for_nothing(case):
    resolve_case(case.public_id, resolution="found some", actor=AGENT)

    fire(in_minutes(5000))

    assert told("sla.breached") == []
    assert set(SlaTimer.objects.values_list("state", flat=True)) == {"met"}


def test_a_proposal_is_timed_until_it_is_decided():
    hold_policy(Rule("approval", "a", minutes=60))
    proposal = ApprovalRequest.objects.create(
        kind="refund",
        target_ref="ord_1",
        payload_hash="x",
        reason="r",
        made_by="staff:usr_1",
        expires_at=in_minutes(999),
    )
    keep_approvals([proposal.pk], actor=AGENT)
    assert timer_of("approval").state == "running"

    proposal.reject("no")
    proposal.save()
    fire(in_minutes(999))
    assert (timer_of("approval").state, told("sla.breached")) == ("met", [])
