"""What was given up, from outside."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from apps.api.v1.base import PageOf, Shape
from apps.orchestration.models import Redrive
from apps.orchestration.selectors import redriven
from apps.webhooks.models import Delivery


class DeadRunOut(Shape):
    """A job that stopped. ``kind`` and ``called``: whom it calls; empty: nobody. ``order`` null: it is about none."""

    id: str
    step: str
    kind: str
    called: str
    order: str | None
    subject: str
    code: str
    detail: str
    attempts: int
    failed_at: datetime | None


class DeadRunPage(PageOf[DeadRunOut]):
    """Failed jobs, newest first."""


class DeadDeliveryOut(Shape):
    """A delivery whose attempts are spent. ``status`` null: no answer came."""

    id: str
    endpoint: str
    event: str
    status: int | None
    detail: str
    attempts: int
    last_at: datetime | None


class DeadDeliveryPage(PageOf[DeadDeliveryOut]):
    """Deliveries given up, newest first."""


class RedriveOut(Shape):
    """A job that starts others again. ``outcomes``: where those started stand now: ``due``, ``running``, ``done`` or ``parked`` (failed
    again) of jobs, ``pending``, ``delivered``, ``failed`` or ``held`` of deliveries; ``passed_over``: settled before their turn."""

    id: str
    state: str
    total: int
    sent: int
    outcomes: dict[str, int]
    made_by: str
    made_at: datetime
    finished_at: datetime | None


def dead_run(run: Any) -> DeadRunOut:
    """Needs the event, and whom it calls, at hand."""
    return DeadRunOut(
        id=f"run_{run.pk}",
        step=run.step,
        kind=run.called_kind,
        called=run.called or "",
        order=run.stream if run.stream.startswith("ord_") else None,
        subject=run.event.subject_ref,
        code=run.error_code,
        detail=run.last_error,
        attempts=run.attempts,
        failed_at=run.finished_at,
    )


def dead_delivery(row: Delivery) -> DeadDeliveryOut:
    return DeadDeliveryOut(
        id=row.public_id,
        endpoint=row.endpoint.public_id,
        event=row.event,
        status=row.last_status,
        detail=row.last_note,
        attempts=row.attempts,
        last_at=row.last_at,
    )


def redrive(job: Redrive) -> RedriveOut:
    return RedriveOut(
        id=job.public_id,
        state=job.state,
        total=job.total,
        sent=job.sent,
        outcomes=redriven(job),
        made_by=job.created_by,
        made_at=job.created_at,
        finished_at=job.finished_at,
    )
