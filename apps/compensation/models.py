"""External effects: what another system did because we asked, and may have to be asked to undo."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q
from django_fsm import FSMField, FSMModelMixin, transition

from apps.compensation.states import UNSETTLED, EffectKind, EffectState
from apps.core import clock
from apps.core.history import History
from apps.core.ids import ID_LENGTH

S = EffectState


class ExternalEffect(FSMModelMixin, models.Model):
    """One effect on one subject: written before it is attempted, never dropped before it is settled.

    ``attempts`` counts the failures to undo it.
    """

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=32, choices=EffectKind.choices)
    subject_ref = models.CharField(max_length=ID_LENGTH, help_text="public id of what it was done for")
    stream = models.CharField(max_length=ID_LENGTH, help_text="public id of the order it belongs to")
    state = FSMField(max_length=16, choices=S.choices, default=S.ATTEMPTED, protected=True)
    attempts = models.PositiveSmallIntegerField(default=0, help_text="failures to undo it")
    last_error = models.CharField(max_length=300, blank=True, help_text="without personal data")
    note = models.CharField(max_length=255, blank=True, help_text="how a person settled it")
    attempted_at = models.DateTimeField(default=clock.now)
    settled_at = models.DateTimeField(null=True, blank=True)

    history = History(from_first_change=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "subject_ref"], name="effect_once")]
        indexes = [
            models.Index(fields=["-id"], name="effect_unsettled", condition=Q(state__in=UNSETTLED)),
            models.Index(fields=["stream"], name="effect_stream"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.subject_ref}"

    @transition(field=state, source=[S.ATTEMPTED], target=S.SUCCEEDED)
    def confirm(self) -> None:
        """The other side has it."""

    @transition(field=state, source=[S.ATTEMPTED, S.SUCCEEDED], target=S.TO_COMPENSATE)
    def want_undone(self) -> None:
        self.settled_at = None

    @transition(field=state, source=[S.TO_COMPENSATE], target=S.STUCK)
    def get_stuck(self) -> None:
        """Too many failures: a person is notified, and trying goes on."""

    @transition(field=state, source=[S.ATTEMPTED, S.SUCCEEDED, *UNSETTLED], target=S.COMPENSATED)
    def compensate(self, at: datetime, note: str = "") -> None:
        self.settled_at, self.note = at, note[:255]

    @transition(field=state, source=list(UNSETTLED), target=S.SUCCEEDED)
    def stand(self, at: datetime) -> None:
        """It can't be undone any more, and whoever has to know does."""
        self.settled_at = at
