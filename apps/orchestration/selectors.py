"""Reads of the queue for the screens, and the lock on a job that starts many runs again."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from apps.casework import visibility
from apps.casework.visibility import Reader
from apps.fulfillment.models import FulfillmentOrder
from apps.orchestration.called import CALLING_PARTNERS, with_called
from apps.orchestration.models import Redrive, RunState, StepRun
from apps.webhooks.models import Delivery
from apps.webhooks.states import DeliveryState


def parked_runs() -> QuerySet[StepRun]:
    """Runs that wait for a person."""
    return StepRun.objects.filter(state__spelled=[RunState.PARKED])


def is_under_way(step: str, subject_id: int) -> bool:
    """Whether the step is still to be done for that subject, or is being done."""
    runs = StepRun.objects.filter(step=step, subject_id=subject_id)
    return any(runs.filter(state__spelled=[state]).exists() for state in (RunState.DUE, RunState.RUNNING))


@dataclass(frozen=True, slots=True)
class DeadLetters:
    """Which of what was given up: by whom it calls, by step, by why it stopped; or these runs and deliveries. All empty: all."""

    called_kind: str = ""
    called: str = ""
    step: str = ""
    code: str = ""
    runs: frozenset[int] = field(default_factory=frozenset)
    deliveries: frozenset[str] = field(default_factory=frozenset)

    @property
    def chosen(self) -> bool:
        """Whether they were named one by one."""
        return bool(self.runs or self.deliveries)


def dead_runs(reader: Reader, which: DeadLetters) -> QuerySet[Any]:
    """Parked runs that the reader may see, with whom they call; of who is limited, those about their orders."""
    rows = with_called(_seen_by(reader, parked_runs()))
    wanted = {"called_kind": which.called_kind, "called": which.called, "step": which.step, "error_code": which.code}
    rows = rows.filter(**{name: value for name, value in wanted.items() if value})
    return rows.filter(pk__in=which.runs) if which.chosen else rows


def _seen_by(reader: Reader, rows: QuerySet[StepRun]) -> QuerySet[StepRun]:
    if not (reader.channels or reader.nodes):
        return rows
    rows = rows.filter(stream__in=visibility.orders(reader).values("public_id"))
    others = FulfillmentOrder.objects.exclude(node__code__in=reader.nodes).values("pk")
    foreign = Q(step__in=sorted(CALLING_PARTNERS), subject_id__in=others)
    return rows.exclude(foreign) if reader.nodes else rows


def dead_deliveries(reader: Reader, which: DeadLetters) -> QuerySet[Delivery]:
    """Deliveries of webhooks whose attempts are spent, of endpoints the reader may see."""
    rows = Delivery.objects.filter(state=DeliveryState.FAILED, endpoint__in=visibility.endpoints(reader))
    if which.chosen:
        return rows.filter(public_id__in=which.deliveries)
    if which.step or which.code or which.called_kind not in ("", "webhook"):
        return rows.none()
    return rows.filter(endpoint__public_id=which.called) if which.called else rows


def lock_redrive(job_ref: str) -> Redrive | None:
    return Redrive.objects.select_for_update(no_key=True).filter(public_id=job_ref).first()


def redrives_for(reader: Reader) -> QuerySet[Redrive]:
    """Jobs over everything, by whoever sees everything."""
    return Redrive.objects.none() if reader.channels or reader.nodes else Redrive.objects.order_by("-pk")


def redriven(job: Redrive) -> dict[str, int]:
    """How many of those started stand where now: ``due``, ``running``, ``done``, ``parked`` of runs, ``pending``, ``delivered``,
    ``failed``, ``held`` of deliveries; ``passed_over`` apart."""
    sent = job.items.filter(sent_at__isnull=False).order_by()
    live = sent.filter(passed_over=False)
    runs = StepRun.objects.filter(pk__in=live.values("run_id")).values_list("state", flat=True)
    deliveries = Delivery.objects.filter(pk__in=live.values("delivery_id")).values_list("state", flat=True)
    found = Counter([*runs, *deliveries])
    over = sent.filter(passed_over=True).count()
    return dict(found) | ({"passed_over": over} if over else {})


def goes_on_at(job: Redrive) -> datetime | None:
    """When the next part is due; None: none is."""
    due = StepRun.objects.filter(step="retry_failed_jobs", stream=job.public_id, state__spelled=[RunState.DUE])
    return due.values_list("due_at", flat=True).first()
