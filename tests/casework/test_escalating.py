"""A case that nobody settles rings louder, by the policy it opened under."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from apps.casework.errors import CaseRefused
from apps.casework.escalation import minutes_to_next
from apps.casework.models import EscalationPolicyVersion, ExceptionCase
from apps.casework.services import acknowledge_case, assign_cases, escalate_due, publish_escalation, resolve_case
from apps.core import clock
from apps.core.actor import SYSTEM
from apps.orchestration import housekeeping
from tests.casework.cases import events_about, make_case, make_escalation, make_queue, make_rule, now_
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def _minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def _rings(case: ExceptionCase) -> list[dict[str, Any]]:
    return [event.data for event in events_about(case, "case.escalated")]


@pytest.fixture
def case() -> ExceptionCase:
    """Rings after 30 minutes, 60 more, and 120 more twice."""
    make_rule(make_queue("desk", ringing=True))
    return make_case()


def test_each_level_rings_once_at_its_time_and_the_last_one_is_repeated(case: ExceptionCase) -> None:
    ann = UserFactory()
    assign_cases([case.pk], owner=ann, actor=SYSTEM)
    told = []
    for after in (29, 2, 58, 3, 119, 2, 119, 2, 1000):
        told.append(after)
        with clock.moved(_minutes(sum(told))):
            escalate_due()
            escalate_due()

    assert [ring["level"] for ring in _rings(case)] == [1, 2, 3, 4]
    assert (_rings(case)[0]["users"], _rings(case)[0]["roles"]) == ([ann.public_id], [])
    assert (_rings(case)[1]["roles"], _rings(case)[1]["mail"]) == (["lead"], True)
    assert now_(case).next_escalation_at is None


def test_nothing_rings_before_its_time(case: ExceptionCase) -> None:
    with clock.moved(_minutes(29)):
        assert escalate_due() == 0


def test_the_case_keeps_the_policy_it_opened_under(case: ExceptionCase) -> None:
    make_escalation(first_minutes=5)
    later = make_case("thing-2")

    with clock.moved(_minutes(6)):
        escalate_due()

    assert (len(_rings(case)), len(_rings(later))) == (0, 1)
    assert (now_(case).escalation.number, now_(later).escalation.number) == (1, 2)


def test_acknowledged_but_unsettled_rings_again(case: ExceptionCase) -> None:
    with clock.moved(_minutes(31)):
        escalate_due()
        assert now_(case).acknowledged_at is None
    with clock.moved(_minutes(80)):
        acknowledge_case(case.pk, actor=SYSTEM)
    with clock.moved(_minutes(139)):
        assert escalate_due() == 0
    with clock.moved(_minutes(141)):
        assert escalate_due() == 1

    assert [ring["level"] for ring in _rings(case)] == [1, 2]
    assert now_(case).acknowledged_at is None, "who has seen the first ring has not seen the second"


def test_a_settled_case_rings_no_more(case: ExceptionCase) -> None:
    resolve_case(case.public_id, resolution="done", actor=SYSTEM)

    with clock.moved(_minutes(1000)):
        assert escalate_due() == 0


def test_more_than_one_batch_rings_in_one_go_of_the_housekeeping() -> None:
    make_rule(make_queue("desk", ringing=True))
    for number in range(5):
        make_case(str(number))
    before, housekeeping.CARE_BATCH = housekeeping.CARE_BATCH, 2
    try:
        with clock.moved(_minutes(31)):
            housekeeping.wake_and_escalate_cases()
    finally:
        housekeeping.CARE_BATCH = before

    assert list(ExceptionCase.objects.values_list("escalation_level", flat=True)) == [1] * 5


def test_a_case_without_a_policy_never_rings() -> None:
    make_rule(make_queue("desk"))

    assert make_case().next_escalation_at is None


@pytest.mark.parametrize(
    "levels",
    [
        [],
        [{"after_minutes": 0, "owner": True}],
        [{"after_minutes": 1.5, "owner": True}],
        [{"after_minutes": True, "owner": True}],
        [{"after_minutes": 5, "roles": ["boss"]}],
        [{"after_minutes": 5, "roles": []}],
        [{"after_minutes": 5, "users": ["usr_nobody"]}],
        [{"after_minutes": 5, "owner": True, "colour": "red"}],
        [{"after_minutes": 5, "owner": True}] * 11,
    ],
    ids=[
        "none",
        "at once",
        "half minutes",
        "no number",
        "unknown role",
        "nobody",
        "unknown user",
        "unknown key",
        "too many",
    ],
)
def test_refuses_a_policy_that_makes_no_sense(levels: list[dict[str, Any]]) -> None:
    with pytest.raises(CaseRefused):
        publish_escalation("default", name="Default", levels=levels, actor=SYSTEM)
    assert not EscalationPolicyVersion.objects.exists()


def test_a_published_version_replaces_the_active_one_and_keeps_it() -> None:
    make_escalation()
    make_escalation(first_minutes=5, name="Louder")

    rows = EscalationPolicyVersion.objects.order_by("number")
    assert [(row.number, row.active, row.policy.name) for row in rows] == [(1, False, "Louder"), (2, True, "Louder")]


def test_without_repeats_the_last_level_rings_once() -> None:
    ladder = EscalationPolicyVersion(levels=[{"after_minutes": 7}], repeat_minutes=0, repeat_limit=3)

    assert [minutes_to_next(ladder, rung) for rung in (0, 1)] == [7, None]
