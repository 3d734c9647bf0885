"""What was set off for an order, and undone, from outside."""

from __future__ import annotations

from datetime import datetime

from apps.api.v1.base import Shape
from apps.orchestration.effects.ledger import EffectLedger, OrderEffect


class NextActionOut(Shape):
    """What happens by itself: the step's name and when it is due. ``stopped``: it has been given up, and waits to be retried."""

    step: str
    at: datetime
    stopped: bool


class OrderEffectOut(Shape):
    """One effect outside the order's own row.

    ``state``: ``attempted``, ``succeeded``, ``failed`` (never came about), ``to_compensate``, ``stuck``, ``compensated`` or
    ``stands`` (can't be undone any more). ``strength``: ``guaranteed`` or ``best_effort``; ``undo`` says how. ``owner``: who has
    to act while it is pending (``system``, ``partner``, ``channel``, ``person``, else ``nobody``). ``actions``: what a person can
    do now, ``retry`` and ``undone_by_hand``. ``exception``: the case about it that stands.
    """

    id: str
    kind: str
    what: str
    state: str
    pending: bool
    strength: str
    undo: str
    attempted_at: datetime
    settled_at: datetime | None
    owner: str
    owner_name: str
    node: str
    attempts: int
    last_error: str
    note: str
    next: NextActionOut | None
    exception: str | None
    actions: list[str]


class OrderEffects(Shape):
    """What was attempted, succeeded, failed, was compensated and is pending, as numbers and one by one: what is still open first."""

    attempted: int
    succeeded: int
    failed: int
    compensated: int
    pending: int
    items: list[OrderEffectOut]


def effects_out(ledger: EffectLedger) -> OrderEffects:
    return OrderEffects(
        attempted=ledger.attempted,
        succeeded=ledger.succeeded,
        failed=ledger.failed,
        compensated=ledger.compensated,
        pending=ledger.pending,
        items=[effect_out(one) for one in ledger.effects],
    )


def effect_out(one: OrderEffect) -> OrderEffectOut:
    upcoming = one.next
    return OrderEffectOut(
        id=one.id,
        kind=one.kind,
        what=one.what,
        state=one.state,
        pending=one.pending,
        strength=one.undo.strength,
        undo=one.undo.how,
        attempted_at=one.attempted_at,
        settled_at=one.settled_at,
        owner=one.owner,
        owner_name=one.owner_name,
        node=one.node,
        attempts=one.attempts,
        last_error=one.last_error,
        note=one.note,
        next=NextActionOut(step=upcoming.step, at=upcoming.at, stopped=upcoming.stopped) if upcoming else None,
        exception=one.case_ref or None,
        actions=list(one.actions),
    )
