"""Many messages read again as one job, and what adapters were proven to do."""

from __future__ import annotations

from django.db import models

from apps.channels.models import Channel, InboxMessage
from apps.core import clock
from apps.core.fields import PublicIdField
from apps.core.ids import new_id


def new_replay_id() -> str:
    return new_id("rpl")


class ReplayState(models.TextChoices):
    RUNNING = "running", "Under way"
    DONE = "done", "Done"
    STOPPED = "stopped", "Stopped"


class ReplayJob(models.Model):
    """Messages that were quarantined when it was started, read again part by part. ``channel``, ``path`` and ``problem`` say which
    they were; empty: all. ``total`` and ``sent`` count messages; what became of each stands in the message."""

    public_id = PublicIdField(default=new_replay_id)
    channel = models.CharField(max_length=64, blank=True, help_text="code of the channel; empty: of all")
    path = models.CharField(max_length=255, blank=True)
    problem = models.CharField(max_length=500, blank=True)
    state = models.CharField(max_length=8, choices=ReplayState.choices, default=ReplayState.RUNNING)
    total = models.PositiveIntegerField(default=0)
    sent = models.PositiveIntegerField(default=0)
    created_by = models.CharField(max_length=96)
    created_at = models.DateTimeField(default=clock.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["public_id"], name="replay_job_public_id")]

    def __str__(self) -> str:
        return self.public_id


class ReplayedMessage(models.Model):
    """One message of a job. ``passed_over``: somebody had settled it before its turn came."""

    id = models.BigAutoField(primary_key=True)
    job = models.ForeignKey(ReplayJob, on_delete=models.CASCADE, related_name="messages", db_index=False)
    # Raw messages are deleted when their time is over; the job only remembers that there was one.
    message = models.ForeignKey(InboxMessage, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    sent_at = models.DateTimeField(null=True, blank=True)
    passed_over = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "message"], name="replayed_once_a_job")]
        indexes = [models.Index(fields=["job", "id"], name="replay_waiting", condition=models.Q(sent_at__isnull=True))]

    def __str__(self) -> str:
        return f"{self.job_id}: {self.message_id}"


class Proof(models.Model):
    """What was found the last time a channel's adapter was tried. ``proven`` None: it could not be tried, ``sentence`` says why."""

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="proofs", db_index=False)
    capability = models.CharField(max_length=32)
    proven = models.BooleanField(null=True)
    live = models.BooleanField(help_text="against the shop itself, not against a simulated one")
    sentence = models.CharField(max_length=300)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "capability"], name="proof_once")]

    def __str__(self) -> str:
        return f"{self.capability} of {self.channel_id}"
