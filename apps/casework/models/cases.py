"""Exception cases, and what people write and do on them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django_fsm import FSMField, FSMModelMixin, transition

from apps.casework.models.queues import EscalationPolicyVersion, Queue
from apps.casework.states import STANDING, ActionState, CaseState, CaseType, Severity, WaitingOn
from apps.core import clock
from apps.core.fields import CurrencyField, MinorField, PublicIdField
from apps.core.history import History
from apps.core.ids import ID_LENGTH, new_id
from apps.core.text import Text
from apps.orders.models import Order

# The key in ``detail`` under which stands how the sentence was made.
TEXT = "told"

C, A = CaseState, ActionState


def new_case_id() -> str:
    return new_id("cas")


def new_comment_id() -> str:
    return new_id("com")


def new_action_id() -> str:
    return new_id("act")


class ExceptionCase(FSMModelMixin, models.Model):
    """One problem, for a person. While it stands, a repeat of the same problem adds to it.

    What the queue filters and sorts by (channel, tier, country, node, value) is copied from the order when the case opens.
    """

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField(default=new_case_id)
    type = models.CharField(max_length=32, choices=CaseType.choices, help_text="the code of a case kind")
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
    resolution = models.CharField(max_length=255, blank=True, help_text="how it ended, in words")
    resolution_code = models.CharField(max_length=32, blank=True, help_text="the resolution that ended it")
    reason_code = models.CharField(max_length=32, blank=True)
    cause = models.BigIntegerField(null=True, blank=True, help_text="id of the event that caused it")

    queue = models.ForeignKey(Queue, null=True, blank=True, on_delete=models.PROTECT, related_name="cases")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="cases", db_index=False
    )
    priority = models.PositiveSmallIntegerField(default=3, help_text="1 is most urgent, 5 least")
    waiting_on = models.CharField(max_length=12, choices=WaitingOn.choices, blank=True)
    wait_until = models.DateTimeField(null=True, blank=True, help_text="comes back by itself then")
    waiting_since = models.DateTimeField(null=True, blank=True)
    value_minor = MinorField(help_text="value at risk")
    currency = CurrencyField(blank=True)
    channel = models.CharField(max_length=64, blank=True)
    customer_tier = models.CharField(max_length=32, blank=True)
    country = models.CharField(max_length=2, blank=True)
    node = models.CharField(max_length=64, blank=True, help_text="code of the node it is about")
    merged_into = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="merged", db_index=False
    )

    first_response_at = models.DateTimeField(null=True, blank=True)
    # Kept by the SLA clocks; the queue sorts by the next of them. Empty while the clock is paused.
    next_due_at = models.DateTimeField(null=True, blank=True)
    breached_at = models.DateTimeField(null=True, blank=True)

    escalation = models.ForeignKey(
        EscalationPolicyVersion, null=True, blank=True, on_delete=models.PROTECT, db_index=False
    )
    escalation_level = models.PositiveSmallIntegerField(default=0, help_text="how often somebody was told")
    next_escalation_at = models.DateTimeField(null=True, blank=True)
    acknowledged_at = models.DateTimeField(null=True, blank=True)

    version = models.PositiveIntegerField(default=1)
    history = History()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["public_id"], name="exception_case_public_id"),
            models.UniqueConstraint(
                fields=["type", "subject_ref"], condition=Q(state__in=STANDING), name="case_once_while_standing"
            ),
            models.CheckConstraint(
                condition=Q(state=C.WAITING) | Q(waiting_on=""), name="case_waits_on_something_only_while_waiting"
            ),
        ]
        indexes = [
            # People type the beginning of it.
            models.Index(
                fields=["public_id"], name="exception_case_public_id_start", opclasses=["varchar_pattern_ops"]
            ),
            models.Index(fields=["state", "-id"], name="case_state"),
            models.Index(
                fields=["queue", "priority", "next_due_at", "id"],
                name="case_queue_urgency",
                condition=Q(state__in=STANDING),
            ),
            models.Index(fields=["owner", "id"], name="case_owner", condition=Q(state__in=STANDING)),
            models.Index(
                fields=["next_escalation_at"], name="case_escalation", condition=Q(next_escalation_at__isnull=False)
            ),
            models.Index(fields=["wait_until"], name="case_wait_until", condition=Q(wait_until__isnull=False)),
            models.Index(fields=["subject_ref"], name="case_merged", condition=Q(merged_into__isnull=False)),
            models.Index(fields=["waiting_on", "id"], name="case_waiting_on", condition=Q(state=C.WAITING)),
        ]

    def __str__(self) -> str:
        return self.sentence

    @property
    def text(self) -> str:
        """The sentence, to be drawn: a ``Text`` where it was made as one and still is what stands here."""
        kept = self.detail.get(TEXT)
        return Text.from_json(kept) if kept and kept["text"][:500] == self.sentence else self.sentence

    @property
    def facts(self) -> dict[str, Any]:
        """The detail without what is kept for drawing only."""
        return {name: value for name, value in self.detail.items() if name != TEXT}

    @transition(field=state, source=[C.OPEN, C.WAITING], target=C.IN_PROGRESS)
    def take_up(self) -> None:
        self._wait_no_more()

    @transition(field=state, source=list(STANDING), target=C.WAITING)
    def wait(self, on: str, until: datetime | None = None) -> None:
        self.waiting_on, self.wait_until, self.waiting_since = on, until, clock.now()

    @transition(field=state, source=[C.IN_PROGRESS, C.WAITING], target=C.OPEN)
    def reopen(self) -> None:
        self._wait_no_more()

    @transition(field=state, source=list(STANDING), target=C.RESOLVED)
    def resolve(self, resolution: str) -> None:
        self._end(resolution)

    @transition(field=state, source=list(STANDING), target=C.DISMISSED)
    def dismiss(self, resolution: str) -> None:
        self._end(resolution)

    def _end(self, resolution: str) -> None:
        self.resolution, self.resolved_at = resolution[:255], clock.now()
        self.next_due_at = self.next_escalation_at = None
        self._wait_no_more()

    def _wait_no_more(self) -> None:
        self.waiting_on, self.wait_until, self.waiting_since = "", None, None


class CaseComment(models.Model):
    """What somebody wrote on a case. May hold personal data, so it is the only place of its kind."""

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField(default=new_comment_id)
    case = models.ForeignKey(ExceptionCase, on_delete=models.CASCADE, related_name="comments")
    author = models.CharField(max_length=96, help_text="the actor who wrote it")
    body = models.TextField(max_length=5_000)
    mentions = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True, related_name="+")
    written_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["public_id"], name="case_comment_public_id")]

    def __str__(self) -> str:
        return self.public_id


class CaseLink(models.Model):
    """Two cases that belong together; the smaller pk first."""

    first = models.ForeignKey(ExceptionCase, on_delete=models.CASCADE, related_name="+")
    second = models.ForeignKey(ExceptionCase, on_delete=models.CASCADE, related_name="+")
    linked_by = models.CharField(max_length=96)
    linked_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="case_linked_once"),
            models.CheckConstraint(condition=Q(first__lt=models.F("second")), name="case_link_ordered"),
        ]

    def __str__(self) -> str:
        return f"{self.first_id} {self.second_id}"


class CaseAction(FSMModelMixin, models.Model):
    """A resolution somebody chose for a case: what, with which parameters, what it was said to do, what became of it.

    A chosen action waits ``due_at`` out before it is performed, so that it can be undone while nothing has left.
    """

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField(default=new_action_id)
    case = models.ForeignKey(ExceptionCase, on_delete=models.CASCADE, related_name="actions")
    code = models.CharField(max_length=32)
    params = models.JSONField(default=dict, blank=True)
    effect = models.JSONField(default=dict, blank=True, help_text="what the person was shown before")
    recommended = models.BooleanField(default=False, help_text="it was the first on the list")
    by_rule = models.BooleanField(default=False, help_text="applied by an auto-resolution rule")
    batch = models.CharField(
        max_length=ID_LENGTH, blank=True, help_text="what was chosen with others is undone with them"
    )
    actor = models.CharField(max_length=96)
    state = FSMField(max_length=12, choices=A.choices, default=A.CHOSEN, protected=True)
    chosen_at = models.DateTimeField(default=clock.now)
    due_at = models.DateTimeField(default=clock.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=255, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["public_id"], name="case_action_public_id"),
            models.UniqueConstraint(fields=["case"], condition=Q(state=A.CHOSEN), name="case_one_action_at_a_time"),
        ]
        indexes = [
            models.Index(fields=["code", "-id"], name="action_code"),
            models.Index(fields=["batch"], name="action_batch", condition=~Q(batch="")),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.state}"

    @transition(field=state, source=A.CHOSEN, target=A.DONE)
    def finish(self, outcome: str) -> None:
        self.outcome, self.ended_at = outcome[:255], clock.now()

    @transition(field=state, source=A.CHOSEN, target=A.UNDONE)
    def undo(self) -> None:
        self.ended_at = clock.now()

    @transition(field=state, source=A.CHOSEN, target=A.REFUSED)
    def refuse(self, why: str) -> None:
        self.outcome, self.ended_at = why[:255], clock.now()


class CaseWatcher(models.Model):
    """Who has a case open just now, as a courtesy to the others. Rows older than a minute mean nothing."""

    case = models.ForeignKey(ExceptionCase, on_delete=models.CASCADE, related_name="watchers")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    seen_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "user"], name="watcher_once")]

    def __str__(self) -> str:
        return f"{self.user_id} on {self.case_id}"
