"""Work that is due, and the canary that shows it is done."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django_fsm import FSMField, FSMModelMixin, transition

from apps.core import clock
from apps.core.ids import ID_LENGTH
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
