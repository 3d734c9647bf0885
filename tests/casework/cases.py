"""Cases and the people who work on them, for tests."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from apps.accounts.models import User
from apps.casework.models import ExceptionCase, Queue, QueueRule
from apps.casework.services import Problem, open_case, publish_escalation
from apps.core.actor import SYSTEM, Actor
from apps.core.models import Event
from apps.core.process_cache import clear_process_cache
from apps.orders.models import Order

HOUR = timedelta(hours=1)


def actor_of(user: User) -> Actor:
    return Actor("staff", user.public_id)


def problem(subject: str = "thing-1", *, order: Order | None = None, **changes: Any) -> Problem:
    """A short pick, of which every test can have as many as it names subjects."""
    given: dict[str, Any] = {
        "type": "short_pick",
        "subject_ref": subject,
        "sentence": "Two units are missing.",
        **changes,
    }
    if order is not None:
        given |= {"order_id": order.pk, "stream": order.public_id}
    return Problem(**given)


def make_case(subject: str = "thing-1", **changes: Any) -> ExceptionCase:
    return open_case(problem(subject, **changes), actor=SYSTEM)


def now_(case: ExceptionCase) -> ExceptionCase:
    """The case as it stands now."""
    return ExceptionCase.objects.get(pk=case.pk)


def make_queue(code: str = "desk", *members: User, ringing: bool = False) -> Queue:
    """``ringing``: with an escalation to the owner after 30 minutes, leads after 60 more, then every 120, twice."""
    queue = Queue.objects.create(code=code, name=code.title())
    queue.members.add(*members)
    if ringing:
        queue.escalation = make_escalation().policy
        queue.save()
    return queue


def make_escalation(first_minutes: int = 30, **changes: Any) -> Any:
    levels = [
        {"after_minutes": first_minutes, "roles": [], "owner": True},
        {"after_minutes": 60, "roles": ["lead"], "mail": True},
    ]
    return publish_escalation(
        "default",
        **{"name": "Default", "levels": levels, "repeat_minutes": 120, "repeat_limit": 2, "actor": SYSTEM, **changes},
    )


def make_rule(queue: Queue, **changes: Any) -> QueueRule:
    rule = QueueRule.objects.create(**{"name": "rule", "queue": queue, **changes})
    clear_process_cache()
    return rule


def events_about(case: ExceptionCase, name: str = "") -> list[Event]:
    rows = Event.objects.filter(subject_ref=case.public_id).order_by("pk")
    return list(rows.filter(name=name) if name else rows)
