"""Work that is due, and the canary that shows it is done."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django_fsm import FSMField, FSMModelMixin, transition

from apps.core import clock
from apps.core.fields import PublicIdField
from apps.core.ids import ID_LENGTH, new_id
from apps.core.models import Event


class RunState(models.TextChoices):
    DUE = "due", "Due"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    PARKED = "parked", "Failed"


class StepRun(FSMModelMixin, models.Model):
    """One step that follows one event: at least once, under a lease, until done or parked."""

    id = models.BigAutoField(primary_key=True)
    # Written in one statement with its event, which is never deleted: the check would find what it finds every time.
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="runs", db_index=False, db_constraint=False)
    step = models.CharField(max_length=48)
    stream = models.CharField(max_length=ID_LENGTH, blank=True)
    subject_id = models.BigIntegerField()
    state = FSMField(max_length=8, choices=RunState.choices, default=RunState.DUE, protected=True)
    due_at = models.DateTimeField(default=clock.now)
    leased_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.TextField(blank=True)
    error_code = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(default=clock.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event", "step"], name="step_run_once")]
        indexes = [
            # The whole queue: only rows still to be done are in it, so it stays small however long the history.
            models.Index(fields=["step", "due_at"], name="step_run_due", condition=Q(state="due")),
            models.Index(fields=["leased_until"], name="step_run_leased", condition=Q(state="running")),
            models.Index(fields=["-id"], name="step_run_parked", condition=Q(state="parked")),
        ]

    def __str__(self) -> str:
        return f"{self.step} after {self.event_id}"

    @transition(field=state, source=[RunState.PARKED], target=RunState.DUE)
    def retry(self) -> None:
        self.due_at, self.attempts = clock.now(), 0


class Canary(models.Model):
    """The last canary that went the whole way: sent as an event, brought back by a step."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    sent_at = models.DateTimeField(null=True, blank=True)
    returned_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"returned {self.returned_at}"


def new_redrive_id() -> str:
    return new_id("rdv")


class RedriveState(models.TextChoices):
    RUNNING = "running", "Under way"
    DONE = "done", "Done"
    STOPPED = "stopped", "Stopped"


class Redrive(models.Model):
    """Failed jobs and given-up deliveries that are started again, part by part, no faster than whom they call bears. The filter they
    were chosen by is kept; ``chosen``: they were ticked one by one."""

    public_id = PublicIdField(default=new_redrive_id)
    called_kind = models.CharField(max_length=8, blank=True)
    called = models.CharField(max_length=64, blank=True, help_text="code of whom they call; empty: of all")
    step = models.CharField(max_length=48, blank=True)
    code = models.CharField(max_length=64, blank=True)
    chosen = models.BooleanField(default=False)
    state = models.CharField(max_length=8, choices=RedriveState.choices, default=RedriveState.RUNNING)
    total = models.PositiveIntegerField(default=0)
    sent = models.PositiveIntegerField(default=0)
    created_by = models.CharField(max_length=96)
    created_at = models.DateTimeField(default=clock.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["public_id"], name="redrive_public_id")]

    def __str__(self) -> str:
        return self.public_id


class RedrivenItem(models.Model):
    """One of a redrive's: a run of a step, or a delivery of a webhook. ``passed_over``: somebody had started it before its turn came.

    No foreign keys to them: both are deleted when their time is over, and the job only remembers that there was one.
    """

    id = models.BigAutoField(primary_key=True)
    redrive = models.ForeignKey(Redrive, on_delete=models.CASCADE, related_name="items", db_index=False)
    run_id = models.BigIntegerField(null=True, blank=True)
    delivery_id = models.BigIntegerField(null=True, blank=True)
    called_kind = models.CharField(max_length=8, blank=True)
    called = models.CharField(max_length=64, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    passed_over = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["redrive", "run_id"], name="redriven_run_once"),
            models.UniqueConstraint(fields=["redrive", "delivery_id"], name="redriven_delivery_once"),
        ]
        indexes = [models.Index(fields=["redrive", "id"], name="redrive_waiting", condition=Q(sent_at__isnull=True))]

    def __str__(self) -> str:
        return f"{self.redrive_id}: {self.run_id or self.delivery_id}"
