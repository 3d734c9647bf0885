"""Ringing louder when nobody settles a case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from pydantic import ValidationError

from apps.accounts.models import User
from apps.accounts.staff import last_resort, staff_now
from apps.casework import events, selectors
from apps.casework.errors import CaseRefused
from apps.casework.escalation import Levels, level_of, minutes_to_next
from apps.casework.models import EscalationPolicy, EscalationPolicyVersion, ExceptionCase
from apps.casework.recipients import recipients
from apps.casework.states import STANDING
from apps.core import database_clock
from apps.core.actor import Actor
from apps.core.bulk.bulk_update import update_rows
from apps.core.outbox import Fact, record
from apps.core.process_cache import clear_process_cache
from apps.core.text import Text
from apps.core.transactions import service
from apps.core.validation import problems_of

BELL = Actor("system", "escalation")


@service
def acknowledge_case(case_id: int, *, actor: Actor) -> ExceptionCase:
    """Somebody has seen it: the bell starts over from where it stands, and rings again if the case isn't settled by then.

    Raises CaseNotFound, CaseClosed.
    """
    case = selectors.lock_standing_case(case_id)
    now = database_clock.now()
    case.acknowledged_at, case.first_response_at = now, case.first_response_at or now
    if case.next_escalation_at is not None and case.escalation is not None:
        # What rang last rings again: seen is not settled.
        minutes = minutes_to_next(case.escalation, case.escalation_level) or case.escalation.repeat_minutes
        case.next_escalation_at = now + timedelta(minutes=minutes)
    update_rows([case], ["acknowledged_at", "first_response_at", "next_escalation_at"])
    record(events.case_fact(case, events.CaseAcknowledged()), actor=actor)
    return case


@transaction.atomic
def escalate_due(limit: int = 200) -> int:
    """Ring for cases whose time has come, at most ``limit``; returns how many. Any number may run at once, each rings once."""
    due = list(selectors.lock_free(Q(state__in=STANDING, next_escalation_at__lte=database_clock.now()))[:limit])
    staff = staff_now() if due else []
    facts = [_ring(case, staff) for case in due]
    update_rows(due, ["escalation_level", "next_escalation_at", "acknowledged_at"])
    record(*facts, actor=BELL)
    return len(due)


def _ring(case: ExceptionCase, staff: Sequence[User]) -> Fact:
    policy = case.escalation
    assert policy is not None, "only a policy sets the time of the next ring"
    level, people, empty = _climb(case, policy, staff)
    minutes = minutes_to_next(policy, case.escalation_level)
    case.next_escalation_at = None if minutes is None else database_clock.now() + timedelta(minutes=minutes)
    case.acknowledged_at = None
    users = list(level.get("users", []))
    if level.get("owner") and case.owner is not None:
        users.append(case.owner.public_id)
    if empty or not people:
        users += [user.public_id for user in last_resort(staff)]
    escalated = events.CaseEscalated(
        level=case.escalation_level,
        roles=list(level.get("roles", [])),
        users=list(dict.fromkeys(users)),
        mail=bool(level.get("mail")),
        levels_without_people=empty,
    )
    return events.case_fact(case, escalated)


def _climb(
    case: ExceptionCase, policy: EscalationPolicyVersion, staff: Sequence[User]
) -> tuple[Mapping[str, Any], list[User], list[int]]:
    """The next level that still has somebody to notify, who that is, and the numbers of those before it that have nobody left."""
    empty: list[int] = []
    while True:
        level = level_of(policy, case.escalation_level)
        case.escalation_level += 1
        people = recipients(
            case, roles=level.get("roles", ()), refs=level.get("users", ()), owner=bool(level.get("owner")), staff=staff
        )
        if people or not _names_somebody(level, case):
            return level, people, empty
        empty.append(min(case.escalation_level, len(policy.levels)))
        if case.escalation_level >= len(policy.levels):
            return level, people, empty


def _names_somebody(level: Mapping[str, Any], case: ExceptionCase) -> bool:
    """A level for the owner names nobody while the case is nobody's: that is no ladder whose people are gone."""
    return bool(level.get("roles") or level.get("users") or (level.get("owner") and case.owner_id is not None))


@service
def publish_escalation(
    code: str,
    *,
    name: str,
    levels: Sequence[Mapping[str, Any]],
    repeat_minutes: int = 0,
    repeat_limit: int = 3,
    actor: Actor,
) -> EscalationPolicyVersion:
    """Make a new version of a policy the one that cases open under from now on; those open keep theirs. Raises CaseRefused.

    ``levels``: ``{"after_minutes", "roles", "users", "owner", "mail"}``, each counted from the one before it.
    """
    content = _checked(levels, repeat_minutes, repeat_limit)
    policy, _ = EscalationPolicy.objects.get_or_create(code=code, defaults={"name": name})
    policy = EscalationPolicy.objects.select_for_update(no_key=True).get(pk=policy.pk)
    if policy.name != name:
        EscalationPolicy.objects.filter(pk=policy.pk).update(name=name)
    last = policy.versions.order_by("-number").values_list("number", flat=True).first() or 0
    policy.versions.filter(active=True).update(active=False)
    version = EscalationPolicyVersion.objects.create(
        policy=policy,
        number=last + 1,
        **content.model_dump(),
        active=True,
        created_by=str(actor),
    )
    clear_process_cache()
    return version


def _checked(levels: Sequence[Mapping[str, Any]], repeat_minutes: int, repeat_limit: int) -> Levels:
    given = {"levels": [dict(one) for one in levels], "repeat_minutes": repeat_minutes, "repeat_limit": repeat_limit}
    try:
        content = Levels.model_validate(given)
    except ValidationError as error:
        found = problems_of(error)
        said = Text("{field}: {problem}.", field=found[0]["pointer"], problem=found[0]["detail"])
        raise CaseRefused(problem=said, errors=found) from None
    named = {user for level in content.levels for user in level.users}
    unknown = named - set(User.objects.filter(public_id__in=named, is_active=True).values_list("public_id", flat=True))
    if unknown:
        raise CaseRefused(problem=Text("Nobody here is called {names}.", names=", ".join(sorted(unknown))))
    return content
