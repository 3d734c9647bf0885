"""What can still be taken back: the toast that stands for ten seconds on whichever page comes next; and what was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min

from apps.accounts.caller import Caller
from apps.accounts.models import User
from apps.casework.models import CaseAction, ExceptionCase
from apps.casework.resolutions.registry import RESOLUTIONS
from apps.casework.states import ActionState
from apps.core import clock
from apps.core.bulk.raw_rows import select_joined
from apps.orders.models import Order
from apps.ui.language import translated


@dataclass(frozen=True, slots=True)
class Undo:
    """``number``: of the order it is about. ``seconds``: how long it can still be taken back. ``together``: how many were chosen
    with it and are taken back with it."""

    action: CaseAction
    label: str
    number: str
    seconds: int
    together: int = 1


# The state stands here as it is, so that PostgreSQL knows the index of chosen actions holds them all.
_MINE = """
  FROM casework_caseaction a JOIN casework_exceptioncase c ON c.id = a.case_id LEFT JOIN orders_order o ON o.id = c.order_id
 WHERE a.state = 'chosen' AND a.actor = %s AND a.due_at > %s ORDER BY a.id DESC LIMIT 1
"""


def undo_of(user: User) -> Undo | None:
    """The last thing this person chose, while it waits to be performed."""
    now = clock.now()
    found = select_joined(_MINE, [f"staff:{user.public_id}", now], a=CaseAction, c=ExceptionCase, o=Order)
    if not found:
        return None
    action: CaseAction
    action, action.case, order = found[0]
    together, due_at = _batch(action)
    left = max(int((due_at - now).total_seconds()) + 1, 1)
    return Undo(action, label_of(action.code), order.number if order else "", left, together)


def _batch(action: CaseAction) -> tuple[int, datetime]:
    """How many were chosen together and still wait, and when the first of them is done."""
    if not action.batch:
        return 1, action.due_at
    waiting = CaseAction.objects.filter(batch=action.batch, state=ActionState.CHOSEN)
    found = waiting.aggregate(count=Count("pk"), first=Min("due_at"))
    return found["count"] or 1, found["first"] or action.due_at


def label_of(code: str) -> str:
    """What people call a resolution."""
    known = RESOLUTIONS.get(code)
    return translated(known.label if known else code.replace("_", " ").capitalize())


def taken_back(case: ExceptionCase, ref: str, caller: Caller) -> CaseAction | None:
    """What this person had chosen for the case and took back, by the action's id; None for anything else."""
    if not ref:
        return None
    mine = CaseAction.objects.filter(case=case, actor=str(caller.actor), state=ActionState.UNDONE)
    return mine.filter(public_id=ref).first()
