"""What an operations user sets up: kinds of cases, queues, the rules that fill them, escalation."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from apps.casework.states import OwnerRule, Severity
from apps.core import clock
from apps.core.fields import PublicIdField
from apps.core.history import History
from apps.core.ids import new_id


def new_queue_id() -> str:
    return new_id("que")


def _codes(verbose_name: str, help_text: str) -> ArrayField[list[str], list[str]]:
    words = models.CharField(max_length=64)
    return ArrayField(words, default=list, blank=True, verbose_name=verbose_name, help_text=help_text)


class EscalationPolicy(models.Model):
    """A named way of ringing louder; its rules are in its versions."""

    code = models.SlugField(
        max_length=64,
        unique=True,
        help_text="A short name without spaces that other systems and files use; choose it once.",
    )
    name = models.CharField(max_length=128, help_text="What your people call it.")

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
    number = models.PositiveIntegerField(verbose_name="version")
    levels = models.JSONField(default=list)
    repeat_minutes = models.PositiveIntegerField(default=0, verbose_name="repeat alert after (minutes)")
    repeat_limit = models.PositiveSmallIntegerField(default=3, verbose_name="repeat alert at most (times)")
    active = models.BooleanField(default=False, verbose_name="counts now")
    created_by = models.CharField(max_length=96, verbose_name="published by")
    created_at = models.DateTimeField(default=clock.now, verbose_name="published")

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
    code = models.SlugField(
        max_length=64,
        unique=True,
        help_text="A short name without spaces that other systems and files use; choose it once.",
    )
    name = models.CharField(max_length=128, help_text="What your people call it.")
    description = models.CharField(max_length=255, blank=True, help_text="One line under the name: what waits here.")
    position = models.PositiveSmallIntegerField(
        default=100, verbose_name="place in the row", help_text="The queue with the smallest number stands first."
    )
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        blank=True,
        related_name="queues",
        verbose_name="people who take turns",
        help_text="Cases that are given out in turn go to these people.",
    )
    escalation = models.ForeignKey(
        EscalationPolicy,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Who is notified when a case of this queue waits too long; empty: the one called default.",
    )
    last_turn = models.BigIntegerField(default=0, editable=False, help_text="pk of the member whose turn it was last")
    history = History(excluded_fields=["last_turn"])

    class Meta:
        ordering = ["position", "name"]
        constraints = [models.UniqueConstraint(fields=["public_id"], name="queue_public_id")]

    def __str__(self) -> str:
        return self.name


class CaseKind(models.Model):
    """A type of case: how grave, where it goes first, what to do about it. The built-in ones can be changed, not removed."""

    code = models.SlugField(
        max_length=32,
        unique=True,
        help_text="A short name without spaces that other systems and files use; choose it once.",
    )
    name = models.CharField(max_length=64, help_text="What people read at the top of such a case.")
    severity = models.CharField(
        max_length=8,
        choices=Severity.choices,
        default=Severity.MEDIUM,
        help_text="How bad it is; the more severe cases are listed first.",
    )
    queue = models.ForeignKey(
        Queue,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="kinds",
        verbose_name="goes to queue",
        help_text="Where such cases wait, unless a queue rule says otherwise.",
    )
    reason_codes = _codes(
        "reasons", "Why it happened: what people choose from when such a case ends, separated by commas."
    )
    playbook = models.TextField(
        blank=True,
        verbose_name="what to do",
        help_text="Shown on the case. Short paragraphs, in the order in which things are done.",
    )
    response_minutes = models.PositiveIntegerField(
        default=60,
        verbose_name="first response within (minutes)",
        help_text="How long until somebody has to have looked at it.",
    )
    resolution_minutes = models.PositiveIntegerField(
        default=480,
        verbose_name="settled within (minutes)",
        help_text="How long until it has to be settled. 480 is eight hours.",
    )
    built_in = models.BooleanField(default=False, editable=False, verbose_name="made by Orderyard")
    history = History()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class QueueRule(models.Model):
    """Which cases go where. Rules are asked in order; the first that fits decides. An empty list fits everything."""

    name = models.CharField(
        max_length=128, help_text="Says in a few words which cases it picks, such as: Orders worth 200 and more."
    )
    position = models.PositiveIntegerField(
        default=100,
        verbose_name="order of asking",
        help_text="The rule with the smallest number is asked first; the first that fits decides.",
    )
    active = models.BooleanField(default=True, verbose_name="in use", help_text="Off: the rule is kept and not asked.")
    types = _codes("kinds of case", "Empty: all.")
    channels = _codes("channels", "Where the order came from. Empty: all.")
    tiers = _codes(
        "customer tiers", "As your channels send them, separated by commas, such as: vip, wholesale. Empty: all."
    )
    countries = _codes("countries", "Where the order is delivered. Empty: all.")
    nodes = _codes("locations", "The store or warehouse the case is about. Empty: all.")
    least_value_minor = models.BigIntegerField(
        null=True,
        blank=True,
        verbose_name="value at risk, from",
        help_text="In the currency of the case's order. Empty: from nothing.",
    )
    most_value_minor = models.BigIntegerField(
        null=True,
        blank=True,
        verbose_name="value at risk, up to",
        help_text="In the currency of the case's order. Empty: no upper end.",
    )
    queue = models.ForeignKey(
        Queue,
        on_delete=models.PROTECT,
        related_name="rules",
        verbose_name="goes to queue",
        help_text="Where the cases that fit wait.",
    )
    priority = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="1 is most urgent, 5 least. Empty: as grave as the kind of case is."
    )
    owner_rule = models.CharField(
        max_length=12,
        choices=OwnerRule.choices,
        default=OwnerRule.NOBODY,
        verbose_name="given to",
        help_text="Who gets the case when it opens.",
    )
    history = History()

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.name
