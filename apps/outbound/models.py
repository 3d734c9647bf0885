"""The log of all calls to other systems, and how well each of them is."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from apps.core import clock
from apps.core.ids import ID_LENGTH
from apps.outbound.states import CallOutcome, CounterpartKind


class CallLog(models.Model):
    """One call out: to whom, what for, under which key, how it went. Bodies are kept masked, never with personal data.

    Written before anything is sent, with its outcome unknown. ``counterpart``: the code of the shop or partner, or the public id
    of the webhook endpoint; no foreign key, so that the log outlives what it is about.
    """

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=8, choices=CounterpartKind.choices, verbose_name="called")
    counterpart = models.CharField(max_length=64)
    name = models.CharField(max_length=128, help_text="of the counterpart, as it was then")
    operation = models.CharField(max_length=24)
    stream = models.CharField(max_length=ID_LENGTH, blank=True, help_text="the order it was about")
    reference = models.CharField(max_length=ID_LENGTH, blank=True, help_text="what exactly it was about")
    idempotency_key = models.CharField(max_length=128, blank=True)
    attempt = models.PositiveIntegerField(default=1)
    method = models.CharField(max_length=8, blank=True)
    path = models.CharField(max_length=200, blank=True)
    request = models.TextField(blank=True, help_text="what was sent, masked")
    response = models.TextField(blank=True, help_text="what was answered, masked")
    outcome = models.CharField(max_length=8, choices=CallOutcome.choices)
    status = models.PositiveSmallIntegerField(null=True, blank=True, verbose_name="answered")
    detail = models.CharField(max_length=300, blank=True)
    started_at = models.DateTimeField(default=clock.now)
    took_ms = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = "call"
        indexes = [
            models.Index(fields=["stream", "id"], name="call_stream"),
            models.Index(fields=["kind", "counterpart", "-id"], name="call_latest"),
        ]

    def __str__(self) -> str:
        return f"{self.operation} {self.outcome}"


class Breaker(models.Model):
    """The health of one counterpart: recent calls, and until when nothing is sent. ``part``: of a partner, one of its nodes."""

    kind = models.CharField(max_length=8, choices=CounterpartKind.choices, verbose_name="called")
    counterpart = models.CharField(max_length=64)
    part = models.CharField(max_length=64, blank=True)
    name = models.CharField(max_length=200)
    window_started_at = models.DateTimeField(default=clock.now)
    calls = models.PositiveIntegerField(default=0, verbose_name="calls lately")
    failures = models.PositiveIntegerField(default=0, verbose_name="failed")
    failures_in_a_row = models.PositiveIntegerField(default=0, verbose_name="failed in a row")
    open_until = models.DateTimeField(null=True, blank=True, verbose_name="nothing is sent until")
    probes_passed = models.PositiveSmallIntegerField(default=0)
    retries = models.PositiveIntegerField(default=0, help_text="calls of the window that were retries")
    retry_tokens = models.IntegerField(default=500, verbose_name="repeats left")
    under_way = ArrayField(
        models.DateTimeField(), default=list, help_text="until when each call now under way may last"
    )
    wait_until = models.DateTimeField(null=True, blank=True, help_text="it asked for quiet until then (Retry-After)")
    rate_until = models.DateTimeField(null=True, blank=True, help_text="its rate is used up to here")

    class Meta:
        verbose_name = "health"
        verbose_name_plural = "health"
        constraints = [models.UniqueConstraint(fields=["kind", "counterpart", "part"], name="breaker_once")]

    def __str__(self) -> str:
        return self.name
