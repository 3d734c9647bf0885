"""Whoever is told of a case, owns it or is alerted may see it and still works here; when nobody is left, somebody else is told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from apps.accounts.models import User
from apps.casework.models import ExceptionCase
from apps.casework.services import assign_cases, escalate_due, merge_cases, publish_escalation, take_case, wait_case
from apps.core import clock
from apps.core.actor import SYSTEM
from apps.core.outbox import Fact, record
from apps.notifications.models import StaffNotice
from apps.sla.events import Alerts, SlaBreached
from tests.casework.cases import actor_of, events_about, make_case, make_queue, make_rule, now_
from tests.driving import work_it_off
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def ladder(*levels: dict[str, Any], **changes: Any) -> None:
    """A queue for everything, ringing by these levels after half an hour each."""
    given = [{"after_minutes": 30, "roles": [], **level} for level in levels]
    values = {"name": "Ladder", "repeat_minutes": 60, "repeat_limit": 2, "actor": SYSTEM, **changes}
    queue = make_queue("desk")
    queue.escalation = publish_escalation("ladder", levels=given, **values).policy
    queue.save()
    make_rule(queue)


def ring(minutes: float = 31) -> None:
    with clock.moved(timedelta(minutes=minutes)):
        escalate_due()
        work_it_off()


def told(kind: str = "escalation") -> set[User]:
    return {notice.user for notice in StaffNotice.objects.filter(kind=kind)}


def test_a_level_whose_people_are_gone_is_passed_over_at_once_and_operations_see_it() -> None:
    gone, operations, lead = UserFactory(), UserFactory(role="operations"), UserFactory(role="lead")
    ladder({"users": [gone.public_id]}, {"roles": ["lead"]})
    case = make_case()
    gone.is_active = False
    gone.save()

    ring()

    assert told() == {lead, operations}
    (rung,) = events_about(case, "case.escalated")
    assert (rung.data["level"], rung.data["levels_without_people"]) == (2, [1])
    assert "level 1" in StaffNotice.objects.filter(user=operations).get().text


def test_a_ladder_of_which_nobody_is_left_tells_operations_and_without_these_an_administrator() -> None:
    gone, admin = UserFactory(), UserFactory(role="admin")
    ladder({"users": [gone.public_id]})
    make_case("one")
    gone.is_active = False
    gone.save()
    ring()
    assert told() == {admin}

    operations = UserFactory(role="operations")
    ring(31 + 60)
    assert told() == {admin, operations}


@pytest.mark.parametrize("lost", [{"nodes": ["york"]}, {"is_active": False}, {"is_staff": False}, {"role": "none"}])
def test_who_lost_the_store_or_left_is_not_told(lost: dict[str, Any]) -> None:
    named, lead = UserFactory(nodes=["leeds"]), UserFactory(role="lead")
    ladder({"users": [named.public_id], "roles": ["lead"]})
    make_case(node="leeds")
    User.objects.filter(pk=named.pk).update(**lost)

    ring()

    assert told() == {lead}


def test_the_owner_who_lost_the_store_is_passed_over() -> None:
    owner, lead = UserFactory(nodes=["leeds"]), UserFactory(role="lead")
    ladder({"owner": True}, {"roles": ["lead"]})
    case = make_case(node="leeds")
    assign_cases([case.pk], owner=owner, actor=SYSTEM)
    User.objects.filter(pk=owner.pk).update(nodes=["york"])

    ring()

    assert lead in told()
    assert owner not in told()


@pytest.mark.parametrize("owner_rule", ["round_robin", "least_loaded", "sticky"])
@pytest.mark.parametrize("unfit", [{"nodes": ["york"]}, {"is_active": False}, {"role": "none"}])
def test_a_rule_gives_cases_only_to_members_who_may_see_them_and_work_here(
    owner_rule: str, unfit: dict[str, Any]
) -> None:
    wrong, right = UserFactory(**unfit), UserFactory(nodes=["leeds"])
    make_rule(make_queue("desk", wrong, right), owner_rule=owner_rule)

    cases = [make_case(str(number), node="leeds") for number in range(3)]

    assert [case.owner for case in cases] == [right] * 3


def test_a_rule_of_whose_members_nobody_may_see_the_case_leaves_it_to_all() -> None:
    make_rule(make_queue("desk", UserFactory(nodes=["york"])), owner_rule="round_robin")

    assert make_case(node="leeds").owner is None


def test_whom_a_rule_gives_a_case_hears_of_it_as_if_a_colleague_had_given_it() -> None:
    ann = UserFactory()
    make_rule(make_queue("desk", ann), owner_rule="round_robin")

    case = make_case()
    work_it_off()

    notice = StaffNotice.objects.get(user=ann)
    assert (notice.kind, notice.link) == ("assigned", f"/exceptions/{case.public_id}/")
    assert events_about(case, "case.assigned")[0].data["owner"] == ann.public_id


@pytest.mark.parametrize("subject", ["case", "order"])
def test_an_alert_of_a_clock_reaches_only_who_may_see_what_is_late(subject: str) -> None:
    case = make_case(node="leeds")
    here, elsewhere = UserFactory(role="lead", nodes=["leeds"]), UserFactory(role="lead", nodes=["york"])
    ref = case.public_id if subject == "case" else "ful_1"
    alerts: Alerts = {"roles": ["lead"], "users": [elsewhere.public_id], "mail": True}
    stage = "case_response" if subject == "case" else "ship"
    late = SlaBreached(stage=stage, due_at="", node="leeds", alerts=alerts)
    record(Fact(late, 1, ref, ref), actor=SYSTEM)
    work_it_off()

    assert told("sla") == {here}


def test_an_alert_that_would_reach_nobody_reaches_operations() -> None:
    UserFactory(role="lead", nodes=["york"])
    operations = UserFactory(role="operations")
    alerts: Alerts = {"roles": ["lead"], "users": [], "mail": False}
    late = SlaBreached(stage="ship", due_at="", node="leeds", alerts=alerts)
    record(Fact(late, 1, "ful_1", "ord_1"), actor=SYSTEM)
    work_it_off()

    assert told("sla") == {operations}


def _rung_out(case: ExceptionCase) -> None:
    """All its levels and repeats are spent."""
    ExceptionCase.objects.filter(pk=case.pk).update(escalation_level=4, next_escalation_at=None)


@pytest.mark.parametrize("spent", [False, True], ids=["on its way", "every repeat spent"])
def test_a_waiting_case_that_is_taken_is_alerted_of_anew(spent: bool) -> None:
    ann = UserFactory()
    ladder({"roles": ["agent"]}, {"roles": ["agent"]})
    case = make_case()
    wait_case(case.pk, on="customer", actor=SYSTEM)
    if spent:
        _rung_out(case)
    assert now_(case).next_escalation_at is None

    take_case(case.pk, user=ann, actor=actor_of(ann))

    assert now_(case).next_escalation_at is not None
    ring(61)
    assert ann in told()


def test_a_waiting_case_handed_back_is_alerted_of_anew() -> None:
    ann = UserFactory()
    ladder({"roles": ["agent"]})
    case = make_case()
    take_case(case.pk, user=ann, actor=actor_of(ann))
    wait_case(case.pk, on="customer", actor=actor_of(ann))

    assign_cases([case.pk], owner=None, actor=actor_of(ann))

    assert now_(case).next_escalation_at is not None


def test_the_alert_of_a_case_merged_into_a_newer_one_goes_along() -> None:
    ladder({"roles": ["agent"]})
    with clock.moved(-timedelta(minutes=25)):
        older = make_case("older")
    newer = make_case("newer")
    sooner = older.next_escalation_at

    merge_cases(newer.pk, others=[older.pk], actor=SYSTEM)

    assert now_(newer).next_escalation_at == sooner


def test_a_later_alert_of_a_merged_case_does_not_put_the_earlier_one_off() -> None:
    ladder({"roles": ["agent"]})
    with clock.moved(-timedelta(minutes=25)):
        older = make_case("older")
    newer = make_case("newer")

    merge_cases(older.pk, others=[newer.pk], actor=SYSTEM)

    assert now_(older).next_escalation_at == older.next_escalation_at


def test_a_new_alert_makes_a_case_unacknowledged() -> None:
    ladder({"roles": ["agent"]}, {"roles": ["agent"]})
    case = make_case()
    ExceptionCase.objects.filter(pk=case.pk).update(acknowledged_at=clock.now())

    ring()

    assert now_(case).acknowledged_at is None
