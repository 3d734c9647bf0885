"""What happened to an order, and why its nodes were chosen, from outside."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from apps.api.v1.base import PageOf, Shape
from apps.core.ids import event_ref
from apps.core.models import Event
from apps.integrations.models import PartnerCall
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


class PolicyOut(Shape):
    id: str
    channel: str
    number: int


class DecisionOut(Shape):
    """Why these nodes: the policy version, every candidate's verdicts, the choice, and one sentence.

    ``identical``: whether the same decision comes out of its stored inputs again, and in ``differences`` the parts of
    the plan that came out other; both null where that was not asked.
    """

    id: str
    outcome: str
    sentence: str
    cost: int
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


def call_entry(row: PartnerCall) -> TimelineEntry:
    """Needs the partner at hand."""
    data = {
        "partner": row.partner.code,
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


def decision(row: RoutingDecision, differences: list[str] | None) -> DecisionOut:
    """Needs the policy at hand."""
    return DecisionOut(
        id=row.public_id,
        outcome=row.outcome,
        sentence=row.sentence,
        cost=row.cost_minor,
        currency=row.currency,
        reroute=row.reroute,
        policy=PolicyOut(id=row.policy.public_id, channel=row.policy.channel, number=row.policy.number),
        actor=row.actor,
        decided_at=row.decided_at,
        plan=row.plan,
        inputs=row.inputs,
        identical=None if differences is None else not differences,
        differences=differences,
    )
