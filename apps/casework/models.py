"""Exception cases."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django_fsm import FSMField, FSMModelMixin, transition
from simple_history.models import HistoricalRecords

from apps.casework.states import STANDING, CaseState, CaseType, Severity
from apps.core import clock
from apps.core.fields import PublicIdField
from apps.core.ids import ID_LENGTH, new_id
from apps.orders.models import Order

C = CaseState


def new_case_id() -> str:
    return new_id("cas")


class ExceptionCase(FSMModelMixin, models.Model):
    """One problem, for a person. While it stands, a repeat of the same problem adds to it."""

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField(default=new_case_id)
    type = models.CharField(max_length=24, choices=CaseType.choices)
    severity = models.CharField(max_length=8, choices=Severity.choices, default=Severity.MEDIUM)
    state = FSMField(max_length=12, choices=C.choices, default=C.OPEN, protected=True)
    order = models.ForeignKey(Order, null=True, blank=True, on_delete=models.CASCADE, related_name="cases")
    subject_ref = models.CharField(max_length=ID_LENGTH, help_text="what exactly it is about")
    sentence = models.CharField(max_length=500, help_text="what is wrong and why, without personal data")
    detail = models.JSONField(default=dict, blank=True)
    occurrences = models.PositiveIntegerField(default=1)
    opened_at = models.DateTimeField(default=clock.now)
    last_seen_at = models.DateTimeField(default=clock.now)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolution = models.CharField(max_length=255, blank=True)
    cause = models.BigIntegerField(null=True, blank=True, help_text="id of the event that caused it")
    history = HistoricalRecords()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["type", "subject_ref"], condition=Q(state__in=STANDING), name="case_once_while_standing"
            )
        ]
        indexes = [models.Index(fields=["state", "-id"], name="case_state")]

    def __str__(self) -> str:
        return self.sentence

    @transition(field=state, source=list(STANDING), target=C.RESOLVED)
    def resolve(self, resolution: str) -> None:
        self.resolution, self.resolved_at = resolution, clock.now()

    @transition(field=state, source=list(STANDING), target=C.DISMISSED)
    def dismiss(self, resolution: str) -> None:
        self.resolution, self.resolved_at = resolution, clock.now()
