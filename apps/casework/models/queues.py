"""What an operations user sets up: kinds of cases, queues, the rules that fill them, escalation."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from apps.casework.states import OwnerRule, Severity
from apps.core import clock
from apps.core.fields import PublicIdField
from apps.core.ids import new_id


def new_queue_id() -> str:
    return new_id("que")


def _codes(help_text: str) -> ArrayField[list[str], list[str]]:
    return ArrayField(models.CharField(max_length=64), default=list, blank=True, help_text=help_text)


class EscalationPolicy(models.Model):
    """A named way of ringing louder; its rules are in its versions."""

    code = models.SlugField(max_length=64, unique=True)
    name = models.CharField(max_length=128)

    class Meta:
        verbose_name_plural = "escalation policies"

    def __str__(self) -> str:
        return self.name


class EscalationPolicyVersion(models.Model):
    """One published version, never edited: a case keeps the one it opened under.

    ``levels``: ``[{"after_minutes": 30, "roles": ["lead"], "users": ["usr_…"], "owner": true, "mail": true}, …]``; each counts from the
    one before it. ``repeat_minutes`` 0: the last level rings once.
    """

    policy = models.ForeignKey(EscalationPolicy, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    levels = models.JSONField(default=list)
    repeat_minutes = models.PositiveIntegerField(default=0)
    repeat_limit = models.PositiveSmallIntegerField(default=3)
    active = models.BooleanField(default=False)
    created_by = models.CharField(max_length=96)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["policy", "number"], name="escalation_number_once"),
            models.UniqueConstraint(fields=["policy"], condition=Q(active=True), name="escalation_one_active"),
        ]

    def __str__(self) -> str:
        return f"{self.policy} v{self.number}"


class Queue(models.Model):
    """Where cases wait for the people who handle them."""

    public_id = PublicIdField(default=new_queue_id)
    code = models.SlugField(max_length=64, unique=True)
    name = models.CharField(max_length=128)
    description = models.CharField(max_length=255, blank=True)
    position = models.PositiveSmallIntegerField(default=100, help_text="smaller stands further left")
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="queues", help_text="who takes turns"
    )
    escalation = models.ForeignKey(EscalationPolicy, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    last_turn = models.BigIntegerField(default=0, editable=False, help_text="pk of the member whose turn it was last")
    history = HistoricalRecords(excluded_fields=["last_turn"])

    class Meta:
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name


class CaseKind(models.Model):
    """A type of case: how grave, where it goes first, what to do about it. The built-in ones can be changed, not removed."""

    code = models.SlugField(max_length=32, unique=True)
    name = models.CharField(max_length=64)
    severity = models.CharField(max_length=8, choices=Severity.choices, default=Severity.MEDIUM)
    queue = models.ForeignKey(Queue, null=True, blank=True, on_delete=models.SET_NULL, related_name="kinds")
    reason_codes = _codes("why it happened, to choose from when a case ends")
    playbook = models.TextField(blank=True, help_text="what to do, in short paragraphs")
    response_minutes = models.PositiveIntegerField(default=60, help_text="until somebody has looked at it")
    resolution_minutes = models.PositiveIntegerField(default=480, help_text="until it is settled")
    built_in = models.BooleanField(default=False, editable=False)
    history = HistoricalRecords()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class QueueRule(models.Model):
    """Which cases go where. Rules are asked in order; the first that fits decides. An empty list fits everything."""

    name = models.CharField(max_length=128)
    position = models.PositiveIntegerField(default=100, help_text="smaller is asked first")
    active = models.BooleanField(default=True)
    types = _codes("codes of case kinds")
    channels = _codes("codes of channels")
    tiers = _codes("customer tiers")
    countries = _codes("ISO codes of the delivery country")
    nodes = _codes("codes of nodes")
    least_value_minor = models.BigIntegerField(null=True, blank=True, help_text="value at risk, minor units, from")
    most_value_minor = models.BigIntegerField(null=True, blank=True, help_text="and up to")
    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="rules")
    priority = models.PositiveSmallIntegerField(null=True, blank=True, help_text="1 is most urgent; empty: by severity")
    owner_rule = models.CharField(max_length=12, choices=OwnerRule.choices, default=OwnerRule.NOBODY)
    history = HistoricalRecords()

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.name
