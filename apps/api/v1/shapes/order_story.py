"""What happened to an order, and why its nodes were chosen, from outside."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from apps.api.v1.base import PageOf, Shape
from apps.casework.redaction import Redaction
from apps.core.history import Change
from apps.core.ids import event_ref
from apps.core.models import Event
from apps.outbound.models import CallLog
from apps.routing.models import RoutingDecision


class TimelineEntry(Shape):
    """An event of the order, or a call made to a partner about it.

    ``name`` is the event's name or the call's operation; ``caused_by`` the id of the event this one follows from.
    """

    kind: Literal["event", "partner_call"]
    id: str
    name: str
    at: datetime
    actor: str
    subject: str
    caused_by: str | None
    correlation_id: str
    data: dict[str, Any]


class Timeline(PageOf[TimelineEntry]):
    """What happened, oldest first."""


class ChangeOut(Shape):
    """One field that became another. ``of``: ``order``, ``line`` or ``contact``; ``label``: which line (its ``line_id``) or
    contact (its role). ``field`` is empty where a contact was taken away. ``actor`` is empty where nobody was asked who it was.
    """

    of: Literal["order", "line", "contact"]
    label: str
    field: str
    before: Any
    after: Any
    actor: str
    reason: str
    at: datetime


class Changes(Shape):
    """What changed, the latest first; ``truncated``: there is more than is returned."""

    items: list[ChangeOut]
    truncated: bool


class PolicyOut(Shape):
    id: str
    channel: str
    number: int


class DecisionOut(Shape):
    """Why these nodes: the policy version, every candidate's verdicts, the choice, and one sentence.

    ``identical``: whether the same decision comes out of its stored inputs again, and in ``differences`` the parts of
    the plan that came out other; both null where that was not asked. A caller limited to places reads of the others only that
    there are such: ``inputs`` are empty, and ``cost`` is null where another place has a share in it.
    """

    id: str
    outcome: str
    sentence: str
    cost: int | None
    currency: str
    reroute: bool
    policy: PolicyOut
    actor: str
    decided_at: datetime
    plan: dict[str, Any]
    inputs: dict[str, Any]
    identical: bool | None
    differences: list[str] | None


class OrderDecision(DecisionOut):
    """The order's latest decision, and those before it, the latest first, where they were asked for."""

    earlier: list[DecisionOut]


def change_out(change: Change) -> ChangeOut:
    return ChangeOut(
        of=change.kind,
        label=change.label,
        field=change.field,
        before=change.before,
        after=change.after,
        actor=change.actor,
        reason=change.why,
        at=change.at,
    )


def event_entry(row: Event, data: dict[str, Any]) -> TimelineEntry:
    """``data``: what it says, in names for outside."""
    return TimelineEntry(
        kind="event",
        id=row.public_id,
        name=row.name,
        at=row.recorded_at,
        actor=row.actor,
        subject=row.subject_ref,
        caused_by=event_ref(row.cause) if row.cause else None,
        correlation_id=row.correlation_id,
        data=data,
    )


def call_entry(row: CallLog) -> TimelineEntry:
    data = {
        "partner": row.counterpart,
        "outcome": row.outcome,
        "status": row.status,
        "detail": row.detail,
        "took_ms": row.took_ms,
        "idempotency_key": row.idempotency_key,
    }
    return TimelineEntry(
        kind="partner_call",
        id=f"call_{row.pk}",
        name=row.operation,
        at=row.started_at,
        actor="system:orderyard",
        subject=row.reference,
        caused_by=None,
        correlation_id="",
        data=data,
    )


def decision(row: RoutingDecision, differences: list[str] | None, redaction: Redaction) -> DecisionOut:
    """Needs the policy at hand."""
    shared = redaction.has_others([part["site"] for part in row.plan.get("assignments", ())])
    return DecisionOut(
        id=row.public_id,
        outcome=row.outcome,
        sentence=row.sentence,
        cost=None if shared else row.cost_minor,
        currency=row.currency,
        reroute=row.reroute,
        policy=PolicyOut(id=row.policy.public_id, channel=row.policy.channel, number=row.policy.number),
        actor=row.actor,
        decided_at=row.decided_at,
        plan=_own_part(row.plan, redaction, shared) if redaction.active else row.plan,
        inputs={} if redaction.active else row.inputs,
        identical=None if differences is None else not differences,
        differences=differences,
    )


def _own_part(plan: dict[str, Any], redaction: Redaction, shared: bool) -> dict[str, Any]:
    """The plan as somebody limited to places reads it: their candidates, costs and verdicts; of others that they ship a part."""
    own = [row for row in plan["candidates"] if not redaction.is_foreign(row["site"])]
    # Verdicts are kept once for all candidates, which name them by their place.
    kept = sorted({place for row in own for place in row["verdicts"]})
    place_of = {old: new for new, old in enumerate(kept)}
    rest = {
        name: value for name, value in plan.items() if name not in ("candidates", "verdicts", "costs", "runner_ups")
    }
    return {
        **{name: redaction.plain(value, hide=shared) for name, value in rest.items()},
        "candidates": [{**row, "verdicts": [place_of[place] for place in row["verdicts"]]} for row in own],
        "verdicts": [plan["verdicts"][place] for place in kept],
        "costs": [row for row in plan.get("costs", ()) if not redaction.is_foreign(row["site"])],
        "runner_ups": [
            row for row in plan.get("runner_ups", ()) if not shared and not redaction.has_others(row["sites"])
        ],
    }
