"""Real threads on real connections, after the same case."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

import pytest

from apps.casework.errors import CaseClosed, CaseTaken
from apps.casework.models import ExceptionCase
from apps.casework.services import (
    acknowledge_case,
    clear_cases,
    escalate_due,
    merge_cases,
    open_cases,
    resolve_case,
    take_case,
    wait_case,
    wake_due,
)
from apps.core import clock
from apps.core.actor import SYSTEM
from apps.core.errors import DomainError
from apps.core.models import Event
from tests.casework.cases import actor_of, events_about, make_case, make_queue, make_rule, now_, problem
from tests.factories import UserFactory
from tests.racing import at_once

pytestmark = pytest.mark.django_db(transaction=True)
ENDS = ("case.resolved", "case.dismissed")


def _ended(case: ExceptionCase) -> int:
    return Event.objects.filter(subject_ref=case.public_id, name__in=ENDS).count()


def _refusals(found: Sequence[object]) -> list[type]:
    return [type(one) for one in found if isinstance(one, DomainError)]


def test_of_two_agents_who_take_one_case_one_has_it_and_the_other_is_told_who() -> None:
    ann, bob = UserFactory(), UserFactory()
    for number in range(10):
        case = make_case(str(number))

        found = at_once(
            lambda pk=case.pk: take_case(pk, user=ann, expected_version=1, actor=actor_of(ann)),
            lambda pk=case.pk: take_case(pk, user=bob, expected_version=1, actor=actor_of(bob)),
        )

        assert _refusals(found) == [CaseTaken]
        refused = next(one for one in found if isinstance(one, CaseTaken))
        owner = now_(case).owner
        assert owner is not None
        assert refused.details["owner"] == owner.public_id
        assert len(events_about(case, "case.taken")) == 1


def test_a_case_that_clears_itself_while_it_is_resolved_ends_once() -> None:
    for number in range(10):
        case = make_case(str(number))

        found = at_once(
            lambda ref=case.public_id: resolve_case(ref, resolution="by hand", actor=SYSTEM),
            lambda n=number: clear_cases([str(n)], types=["short_pick"], resolution="by itself", actor=SYSTEM),
        )

        assert _ended(case) == 1
        assert (_refusals(found) == [CaseClosed]) == (now_(case).resolution == "by itself")


def test_a_case_that_is_merged_while_it_is_resolved_is_either() -> None:
    into = make_case("into")
    for number in range(10):
        case = make_case(str(number))
        before = now_(into).occurrences

        found = at_once(
            lambda ref=case.public_id: resolve_case(ref, resolution="by hand", actor=SYSTEM),
            lambda pk=case.pk: merge_cases(into.pk, others=[pk], actor=SYSTEM),
        )

        merged = now_(case).merged_into_id == into.pk
        assert _refusals(found) == [CaseClosed]
        assert _ended(case) == 1
        assert now_(into).occurrences == before + merged


def test_two_cases_merged_into_each_other_leave_one_standing() -> None:
    for number in range(10):
        a, b = make_case(f"a{number}"), make_case(f"b{number}")

        found = at_once(
            lambda a=a, b=b: merge_cases(a.pk, others=[b.pk], actor=SYSTEM),
            lambda a=a, b=b: merge_cases(b.pk, others=[a.pk], actor=SYSTEM),
        )

        assert _refusals(found) == [CaseClosed]
        assert sorted([now_(a).state, now_(b).state]) == ["open", "resolved"]


def test_the_bell_that_rings_while_a_case_is_resolved_rings_before_the_end_or_not_at_all() -> None:
    make_rule(make_queue("desk", ringing=True))
    for number in range(10):
        case = make_case(str(number))
        ExceptionCase.objects.filter(pk=case.pk).update(next_escalation_at=clock.now() - timedelta(seconds=1))

        at_once(
            lambda ref=case.public_id: resolve_case(ref, resolution="by hand", actor=SYSTEM),
            escalate_due,
        )

        names = [event.name for event in events_about(case)]
        assert names[-1] == "case.resolved"
        assert now_(case).next_escalation_at is None


def test_many_workers_ring_each_case_once() -> None:
    make_rule(make_queue("desk", ringing=True))
    cases = open_cases([problem(str(n)) for n in range(40)], actor=SYSTEM)
    ExceptionCase.objects.update(next_escalation_at=clock.now() - timedelta(seconds=1))

    at_once(*[lambda: [escalate_due(7) for _ in range(6)]] * 4)
    while escalate_due():
        pass

    rung = Counter(Event.objects.filter(name="case.escalated").values_list("subject_id", flat=True))
    assert rung == {case.pk: 1 for case in cases}


def test_many_workers_wake_each_case_once() -> None:
    with clock.moved(timedelta(hours=-2)):
        for case in open_cases([problem(str(n)) for n in range(20)], actor=SYSTEM):
            wait_case(case.pk, on="time", until=clock.now() + timedelta(hours=1), actor=SYSTEM)

    at_once(*[lambda: [wake_due(3) for _ in range(7)]] * 4)
    while wake_due():
        pass

    assert Event.objects.filter(name="case.resumed").count() == 20


def test_openers_at_once_take_turns_and_nobody_gets_more_than_the_others() -> None:
    people = UserFactory.create_batch(3)
    make_rule(make_queue("desk", *people), owner_rule="round_robin")

    at_once(*[lambda t=t: [open_cases([problem(f"{t}-{n}")], actor=SYSTEM) for n in range(6)] for t in range(4)])

    owners = Counter(ExceptionCase.objects.values_list("owner", flat=True))
    assert owners == {person.pk: 8 for person in people}


def test_openers_at_once_see_each_others_load() -> None:
    people = UserFactory.create_batch(4)
    make_rule(make_queue("desk", *people), owner_rule="least_loaded")

    at_once(*[lambda t=t: open_cases([problem(f"{t}")], actor=SYSTEM) for t in range(4)])

    assert set(Counter(ExceptionCase.objects.values_list("owner", flat=True)).values()) == {1}


def test_two_openers_of_one_problem_open_one_case() -> None:
    for number in range(10):
        found = at_once(*[lambda n=number: open_cases([problem(str(n))], actor=SYSTEM)] * 3)

        assert _refusals(found) == []
        assert ExceptionCase.objects.get(subject_ref=str(number)).occurrences == 3


def test_acknowledged_while_it_rings_the_bell_still_has_a_next_time() -> None:
    make_rule(make_queue("desk", ringing=True))
    for number in range(5):
        case = make_case(str(number))
        ExceptionCase.objects.filter(pk=case.pk).update(next_escalation_at=clock.now() - timedelta(seconds=1))

        at_once(lambda pk=case.pk: acknowledge_case(pk, actor=SYSTEM), escalate_due)

        assert now_(case).next_escalation_at is not None
        assert now_(case).next_escalation_at > clock.now()
