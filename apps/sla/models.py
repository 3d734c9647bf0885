"""Business calendars, published policies, and the clocks that run under them."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django_fsm import FSMField, FSMModelMixin, transition

from apps.casework.models import Queue
from apps.core import clock
from apps.core.fields import PublicIdField
from apps.core.history import History
from apps.core.ids import ID_LENGTH, new_id
from apps.network.holidays import HolidaysUnknown, public_holidays
from apps.network.models import Node
from apps.orders.models import Order
from apps.sla.arithmetic import BadHours, is_time_zone, parse_windows
from apps.sla.states import STAGE_CHOICES, PolicyState, TimerState

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def new_sla_policy_id() -> str:
    return new_id("slp")


def check_hours(text: str) -> None:
    """A validator of the fields below."""
    try:
        parse_windows(text)
    except BadHours as error:
        raise ValidationError(str(error)) from None


def _hours() -> models.CharField[str, str]:
    return models.CharField(
        max_length=64,
        blank=True,
        validators=[check_hours],
        help_text="Such as 09:00-17:00, or 09:00-12:30 13:00-17:00, or 24h. Empty: closed.",
    )


class SlaCalendar(models.Model):
    """When a place or a team works, in its own time. Empty ``time_zone``: that of the node it is asked for."""

    code = models.SlugField(
        max_length=64,
        unique=True,
        help_text="A short name without spaces that other systems and files use; choose it once.",
    )
    name = models.CharField(max_length=128, help_text="Such as: Customer desk.")
    time_zone = models.CharField(
        max_length=64,
        blank=True,
        help_text="In whose hours the opening hours are read. Empty: those of the location it is asked for.",
    )
    monday = _hours()
    tuesday = _hours()
    wednesday = _hours()
    thursday = _hours()
    friday = _hours()
    saturday = _hours()
    sunday = _hours()
    holiday_country = models.CharField(
        max_length=2,
        blank=True,
        verbose_name="public holidays of",
        help_text="Closed on the public holidays of this country. Empty: no holidays.",
    )
    holiday_subdivision = models.CharField(
        max_length=8,
        blank=True,
        verbose_name="and of the region",
        help_text="Where a region has holidays of its own: ENG or SCT for the United Kingdom, BY for Bavaria.",
    )
    closed_on = ArrayField(
        models.DateField(),
        default=list,
        blank=True,
        verbose_name="also closed on",
        help_text="Single days, written 2026-12-24, separated by commas.",
    )
    nodes = models.ManyToManyField(
        Node,
        blank=True,
        related_name="sla_calendars",
        verbose_name="hours of these locations",
        help_text="SLA clocks that run by the location's working hours use this calendar there. On which days parcels leave, its shipping calendar says.",
    )
    queues = models.ManyToManyField(
        Queue,
        blank=True,
        related_name="sla_calendars",
        verbose_name="hours of these queues",
        help_text="SLA clocks that run by the team's working hours use this calendar for cases waiting there.",
    )
    history = History()

    class Meta:
        ordering = ["name"]
        verbose_name = "business calendar"

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if self.time_zone and not is_time_zone(self.time_zone):
            raise ValidationError({"time_zone": "There is no such time zone; it is written like Europe/London."})
        try:
            public_holidays(self.holiday_country.upper(), self.holiday_subdivision.upper())
        except HolidaysUnknown as error:
            raise ValidationError(str(error)) from None
        if all(getattr(self, day).strip().lower() in ("", "closed") for day in DAYS):
            raise ValidationError(
                "It would never be open, and clocks would stand still for ever: give at least one day hours."
            )
        self._refuse_other_code()

    def _refuse_other_code(self) -> None:
        """Policies name it: under another code they would not find it, and count every hour."""
        known = type(self).objects.filter(pk=self.pk).values_list("code", flat=True).first() if self.pk else None
        if known is not None and known != self.code:
            raise ValidationError(
                {"code": f"It stays “{known}”: policies name the calendar by it. Change its name instead."}
            )

    @property
    def week(self) -> tuple[tuple[tuple[int, int], ...], ...]:
        return tuple(parse_windows(getattr(self, day)) for day in DAYS)


class SlaPolicyVersion(FSMModelMixin, models.Model):
    """An immutable published set of rules; clocks keep the version they were started under. One draft may stand beside it."""

    public_id = PublicIdField(default=new_sla_policy_id)
    number = models.PositiveIntegerField(unique=True)
    content = models.JSONField(help_text="see apps/sla/rules.py, Policy")
    state = FSMField(max_length=8, choices=PolicyState.choices, default=PolicyState.DRAFT, protected=True)
    note = models.CharField(max_length=255, blank=True, help_text="what it is for", verbose_name="what it is for")
    retimes = models.BooleanField(default=False, help_text="clocks already running were retimed under it")
    revision = models.PositiveIntegerField(default=1, help_text="how often the draft was changed")
    created_by = models.CharField(max_length=96)
    created_at = models.DateTimeField(default=clock.now, verbose_name="made")
    activated_at = models.DateTimeField(null=True, blank=True, verbose_name="published")
    history = History()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["public_id"], name="sla_policy_version_public_id"),
            models.UniqueConstraint(fields=["state"], condition=Q(state=PolicyState.ACTIVE), name="sla_one_active"),
            models.UniqueConstraint(fields=["state"], condition=Q(state=PolicyState.DRAFT), name="sla_one_draft"),
        ]
        verbose_name = "SLA policy"

    def __str__(self) -> str:
        return f"SLA policy v{self.number}"

    @transition(field=state, source=PolicyState.DRAFT, target=PolicyState.ACTIVE)
    def activate(self) -> None:
        self.activated_at = clock.now()

    @transition(field=state, source=PolicyState.ACTIVE, target=PolicyState.RETIRED)
    def retire(self) -> None:
        pass


class SlaTimer(models.Model):
    """One clock: a stage of one subject. A stage that ended before anybody had to look at it in time has none.

    ``next_at``: when it has to be looked at; empty: never again. Whoever empties or moves it under the row's lock fires,
    so that each warning and each breach is notified once. ``left_s``: open seconds left when it was paused.
    """

    id = models.BigAutoField(primary_key=True)
    stage = models.CharField(max_length=16, choices=STAGE_CHOICES)
    subject_id = models.BigIntegerField(
        help_text="the order, fulfillment order, case or approval; the stage says which"
    )
    occasion = models.BigIntegerField(
        default=0, help_text="what began the stage anew: the fulfillment order that was given up; 0: it began once"
    )
    subject_ref = models.CharField(max_length=ID_LENGTH)
    stream = models.CharField(max_length=ID_LENGTH, blank=True, help_text="public id of the order")
    # Rows that are never deleted: the checks would find what they find every time.
    order = models.ForeignKey(
        Order, null=True, on_delete=models.CASCADE, related_name="sla_timers", db_index=False, db_constraint=False
    )
    node = models.ForeignKey(
        Node, null=True, on_delete=models.PROTECT, related_name="sla_timers", db_index=False, db_constraint=False
    )
    policy = models.ForeignKey(
        SlaPolicyVersion, on_delete=models.PROTECT, related_name="timers", db_index=False, db_constraint=False
    )
    rule = models.PositiveSmallIntegerField(help_text="place of the rule in its policy")
    state = models.CharField(max_length=8, choices=TimerState.choices, default=TimerState.RUNNING)
    started_at = models.DateTimeField()
    due_at = models.DateTimeField()
    warn_at = models.DateTimeField(null=True)
    total_s = models.PositiveIntegerField(default=0, help_text="open seconds given")
    next_at = models.DateTimeField(null=True)
    paused_at = models.DateTimeField(null=True)
    left_s = models.IntegerField(null=True)
    paused_s = models.IntegerField(default=0, help_text="open seconds it has stood still so far")
    warned_at = models.DateTimeField(null=True)
    breached_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["stage", "subject_id", "occasion"], name="sla_timer_once")]
        indexes = [
            # Only what still has to be looked at: a hundred thousand stopped clocks cost the due ones nothing.
            models.Index(fields=["next_at"], name="sla_timer_next", condition=Q(next_at__isnull=False)),
            models.Index(fields=["due_at"], name="sla_timer_running", condition=Q(state=TimerState.RUNNING)),
            models.Index(fields=["-breached_at"], name="sla_timer_breached", condition=Q(breached_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.stage} {self.subject_ref}"
