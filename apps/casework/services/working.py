"""Working on cases: whose they are, how urgent, what people write on them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from enum import Enum
from typing import Final, Literal

from apps.accounts.models import User
from apps.accounts.staff import works_here
from apps.casework import events, selectors
from apps.casework.errors import CaseRefused, CaseTaken
from apps.casework.models import CaseComment, ExceptionCase, Queue
from apps.casework.services.alerts import ALERT, restart_alert
from apps.casework.states import STANDING, CaseState
from apps.core import clock
from apps.core.actor import Actor
from apps.core.bulk.bulk_update import update_rows
from apps.core.outbox import record
from apps.core.text import Text
from apps.core.transactions import service

LONGEST_COMMENT = 5_000


class Keep(Enum):
    """The type of KEEP."""

    KEEP = "keep"


KEEP: Final = Keep.KEEP
OwnerChange = User | None | Literal[Keep.KEEP]


@service
def take_case(case_id: int, *, user: User, expected_version: int | None = None, actor: Actor) -> ExceptionCase:
    """Make the case one's own and begin; taking it twice is once.

    Raises CaseNotFound, CaseStale, CaseClosed, and CaseTaken where somebody else has it: taking over is assign_cases.
    """
    case = selectors.lock_case(case_id)
    selectors.refuse_ended(case)
    if case.owner_id == user.pk and case.state == CaseState.IN_PROGRESS:
        return case
    _refuse_taken(case, user)
    selectors.refuse_stale(case, expected_version)
    if case.state == CaseState.WAITING:
        restart_alert(case)
    if case.state != CaseState.IN_PROGRESS:
        case.take_up()
    case.owner, case.acknowledged_at = user, clock.now()
    case.first_response_at = case.first_response_at or clock.now()
    fields = ["state", "owner", "acknowledged_at", "first_response_at", "waiting_on", "wait_until", "waiting_since"]
    update_rows([case], fields + ALERT)
    record(events.case_fact(case, events.CaseTaken(owner=user.public_id)), actor=actor)
    return case


def _refuse_taken(case: ExceptionCase, user: User) -> None:
    # An owner by rule who has not begun doesn't hold it: whoever is free may begin.
    if case.state == CaseState.IN_PROGRESS and case.owner_id not in (None, user.pk) and case.owner is not None:
        raise CaseTaken(owner=case.owner.public_id, name=str(case.owner))


@service
def assign_cases(
    case_ids: Collection[int], *, owner: OwnerChange = KEEP, queue: Queue | None = None, actor: Actor
) -> list[ExceptionCase]:
    """Give cases to somebody (``owner`` None: to nobody), move them to a ``queue``, or both; ended ones are left alone.

    Returns those that stood. Raises CaseRefused where the owner has left, or does not get to see one of the cases.
    """
    if isinstance(owner, User) and not works_here(owner):
        raise CaseRefused(problem=Text("{name} has left; choose somebody else.", name=str(owner)))
    cases = [case for case in selectors.lock_cases(case_ids) if case.state in STANDING]
    if isinstance(owner, User) and selectors.may_see(owner, {case.pk for case in cases}) != {case.pk for case in cases}:
        raise CaseRefused(
            problem=Text(
                "{name} doesn't get to see this: it is about another store. Choose somebody else.", name=str(owner)
            )
        )
    for case in cases:
        _assign(case, owner, queue)
    update_rows(cases, ["state", "owner", "queue", "waiting_on", "wait_until", "waiting_since", *ALERT])
    new_owner = None if owner is KEEP else owner.public_id if owner else ""
    mentioned_users = events.CaseAssigned(owner=new_owner, queue=queue.code if queue else None)
    record(*[events.case_fact(case, mentioned_users) for case in cases], actor=actor)
    return cases


def _assign(case: ExceptionCase, owner: OwnerChange, queue: Queue | None) -> None:
    if owner is not KEEP:
        if owner is None and case.owner_id is not None and case.state == CaseState.WAITING:
            # Nobody looks after what it waits for any more.
            restart_alert(case)
        if case.state == CaseState.IN_PROGRESS and (owner is None or owner.pk != case.owner_id):
            case.reopen()
        case.owner = owner
    if queue is not None:
        case.queue = queue


@service
def set_priority(case_ids: Collection[int], *, priority: int, actor: Actor) -> list[ExceptionCase]:
    """1 is most urgent, 5 least. Returns those that stood. Raises CaseRefused."""
    if not 1 <= priority <= 5:
        raise CaseRefused(problem=Text("A priority is a number from 1 (most urgent) to 5."))
    cases = [case for case in selectors.lock_cases(case_ids) if case.state in STANDING]
    for case in cases:
        case.priority = priority
    update_rows(cases, ["priority"])
    record(*[events.case_fact(case, events.CasePrioritized(priority=priority)) for case in cases], actor=actor)
    return cases


@service
def comment_case(case_id: int, *, body: str, mentions: Iterable[User] = (), actor: Actor) -> CaseComment:
    """Write on a case, ended ones too. ``mentions`` and every @username in the text are notified. Raises CaseNotFound, CaseRefused.

    A comment raises no version: it overwrites nothing.
    """
    text = body.strip()
    if not text or len(text) > LONGEST_COMMENT:
        raise CaseRefused(problem=Text("A comment has 1 to {most} characters.", most=f"{LONGEST_COMMENT:,}"))
    case = selectors.lock_case(case_id)
    comment = CaseComment.objects.create(case=case, author=str(actor), body=text)
    mentioned_users = {user.pk: user for user in (*mentions, *selectors.mentioned_in(text)[0])}
    if mentioned_users:
        comment.mentions.set(mentioned_users)
    if case.first_response_at is None and actor.kind == "staff" and case.state in STANDING:
        ExceptionCase.objects.filter(pk=case.pk).update(first_response_at=clock.now())
    mentioned = [user.public_id for user in mentioned_users.values()]
    record(events.case_fact(case, events.CaseCommented(comment=comment.public_id, mentions=mentioned)), actor=actor)
    return comment
