"""The event log and the idempotency keys."""

from __future__ import annotations

from django.db import models

from apps.core import clock
from apps.core.ids import ID_LENGTH, event_ref


class Event(models.Model):
    """Something that happened. Append-only; both the timeline and the outbox. Holds references, never personal data.

    ``stream`` is the public id of the thing whose timeline it belongs to (usually the order); ``subject`` is what changed.
    """

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=64)
    stream = models.CharField(max_length=ID_LENGTH, blank=True, default="")
    subject_id = models.BigIntegerField()
    subject_ref = models.CharField(max_length=ID_LENGTH, blank=True, default="")
    actor = models.CharField(max_length=96)
    cause = models.BigIntegerField(null=True, blank=True, help_text="id of the event this one follows from")
    correlation_id = models.CharField(max_length=64, blank=True, default="")
    data = models.JSONField(default=dict, blank=True)
    recorded_at = models.DateTimeField(default=clock.now)

    class Meta:
        # No index on the name or time: every insert would pay for questions that are asked by stream or by id.
        indexes = [models.Index(fields=["stream", "id"], name="event_stream")]

    def __str__(self) -> str:
        return f"{self.name} {self.subject_ref}"

    @property
    def public_id(self) -> str:
        """Made from the primary key: an index on a second id would cost every change of every order."""
        return event_ref(self.pk)


class IdempotencyRecord(models.Model):
    """Proof that a repeat is a repeat: the first answer to (client, method, path, key), kept 30 days."""

    id = models.BigAutoField(primary_key=True)
    client = models.CharField(max_length=64)
    method = models.CharField(max_length=8)
    path = models.CharField(max_length=255)
    key = models.CharField(max_length=255)
    body_hash = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField(null=True)
    response = models.BinaryField(null=True)
    headers = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["client", "key", "path", "method"], name="idempotency_once")]
        indexes = [models.Index(fields=["created_at"], name="idempotency_age")]

    def __str__(self) -> str:
        return f"{self.client} {self.method} {self.path} {self.key}"


class RefusedHook(models.Model):
    """Messages whose signature did not hold, counted by whom they claimed to come from and why they were refused."""

    id = models.BigAutoField(primary_key=True)
    source = models.CharField(max_length=80)
    reason = models.CharField(max_length=40)
    count = models.PositiveIntegerField(default=0)
    first_at = models.DateTimeField(default=clock.now)
    last_at = models.DateTimeField(default=clock.now)
    topic = models.CharField(max_length=64, blank=True)
    remote = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "reason"], name="refused_hook_once")]

    def __str__(self) -> str:
        return f"{self.source} {self.reason}"
