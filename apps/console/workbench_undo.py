"""What can still be taken back: the toast that stands for ten seconds on whichever page comes next."""

from __future__ import annotations

from dataclasses import dataclass

from apps.accounts.models import User
from apps.casework.models import CaseAction
from apps.casework.resolutions.registry import RESOLUTIONS
from apps.casework.states import ActionState
from apps.core import clock


@dataclass(frozen=True, slots=True)
class Undo:
    """``seconds``: how long it can still be taken back."""

    action: CaseAction
    label: str
    seconds: int


def undo_of(user: User) -> Undo | None:
    """The last thing this person chose, while it waits to be performed."""
    now = clock.now()
    mine = CaseAction.objects.filter(state=ActionState.CHOSEN, actor=f"staff:{user.public_id}", due_at__gt=now)
    action = mine.select_related("case").order_by("-pk").first()
    if action is None:
        return None
    left = int((action.due_at - now).total_seconds()) + 1
    return Undo(action, label_of(action.code), left)


def label_of(code: str) -> str:
    """What people call a resolution."""
    known = RESOLUTIONS.get(code)
    return known.label if known else code.replace("_", " ").capitalize()
