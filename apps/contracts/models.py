"""Many messages read again as one job, and what adapters were proven to do."""

from __future__ import annotations

from django.db import models

from apps.channels.models import Channel, InboxMessage
from apps.core import clock
from apps.core.fields import PublicIdField
from apps.core.ids import new_id
from apps.integrations.models import Partner


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


class DriftWatch(models.Model):
    """How far a channel's messages were compared with its contract: up to the message with the pk ``upto``."""

    channel = models.OneToOneField(Channel, on_delete=models.CASCADE, primary_key=True, related_name="+")
    upto = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.channel_id}: {self.upto}"


class MessageShape(models.Model):
    """What messages of one channel, contract and topic look like (``shapes.Shape``): names of fields with counts and types, no values."""

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="+", db_index=False)
    contract = models.CharField(max_length=64)
    topic = models.CharField(max_length=80, blank=True)
    paths = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "contract", "topic"], name="message_shape_once")]

    def __str__(self) -> str:
        return f"{self.contract} {self.topic} of {self.channel_id}"


def new_drift_id() -> str:
    return new_id("drf")


class DriftKind(models.TextChoices):
    UNKNOWN_WORD = "unknown_word", "Unknown word"
    VANISHED = "vanished", "Field vanished"
    APPEARED = "appeared", "New field"
    RETYPED = "retyped", "Type changed"


class DriftState(models.TextChoices):
    OPEN = "open", "Open"
    ACCEPTED = "accepted", "Accepted"
    MENDED = "mended", "Mended"


class ContractDrift(models.Model):
    """One way in which a channel's messages differ from their contract, or from what they were. Of the messages it holds paths, and
    words of fields that take only words the contract knows; nothing else. ``number``: the contract's version when it was found."""

    public_id = PublicIdField(default=new_drift_id)
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="drifts", db_index=False)
    contract = models.CharField(max_length=64)
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=16, choices=DriftKind.choices)
    path = models.CharField(max_length=400)
    word = models.CharField(max_length=64, blank=True)
    before = models.CharField(
        max_length=500,
        blank=True,
        help_text="the words that were known; the type it was of; or in how many of how many messages it was",
    )
    # Raw messages are deleted when their time is over.
    first_message = models.ForeignKey(
        InboxMessage, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    count = models.PositiveIntegerField(default=1, help_text="messages compared that had it")
    first_seen = models.DateTimeField(default=clock.now)
    last_seen = models.DateTimeField(default=clock.now)
    state = models.CharField(max_length=8, choices=DriftState.choices, default=DriftState.OPEN)
    reason = models.CharField(max_length=500, blank=True)
    settled_by = models.CharField(max_length=96, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["public_id"], name="contract_drift_public_id"),
            models.UniqueConstraint(fields=["channel", "contract", "kind", "path", "word"], name="contract_drift_once"),
        ]

    def __str__(self) -> str:
        return f"{self.path} of {self.contract}"

    def settle(self, state: DriftState, *, by: str = "", reason: str = "") -> None:
        self.state, self.settled_by, self.reason, self.settled_at = state, by, reason, clock.now()

    def reopen(self) -> None:
        self.state, self.settled_by, self.reason, self.settled_at = DriftState.OPEN, "", "", None


class Proof(models.Model):
    """What was found the last time the adapter of a channel or a partner was tried. ``proven`` None: it could not be tried, ``sentence``
    says why."""

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="proofs", db_index=False, null=True)
    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="proofs", db_index=False, null=True)
    capability = models.CharField(max_length=32)
    proven = models.BooleanField(null=True)
    live = models.BooleanField(help_text="against the shop itself, not against a simulated one")
    sentence = models.CharField(max_length=300)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "capability"], name="proof_once"),
            models.UniqueConstraint(fields=["partner", "capability"], name="proof_of_partner_once"),
            models.CheckConstraint(
                condition=models.Q(channel__isnull=False) ^ models.Q(partner__isnull=False), name="proof_of_one"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.capability} of {self.channel_id or self.partner_id}"
