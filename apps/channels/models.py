"""Channels, the contracts their messages are read by, and the inbox of every raw message."""

from __future__ import annotations

from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from apps.channels.framework.adapter import METHODS
from apps.channels.framework.registry import adapters, kind_choices, kinds_with
from apps.channels.framework.settings import ChannelSettings
from apps.channels.framework.setup import REFRESH_TOKEN, SETTING
from apps.channels.till_returns import TillReturn
from apps.channels.uploads import UploadJob, UploadPart, new_job_id
from apps.core import clock
from apps.core.fields import CurrencyField, PublicIdField
from apps.core.history import History
from apps.core.ids import ID_LENGTH, new_id
from apps.core.secrets import SecretField
from apps.network.models import NodeGroup
from apps.outbound.guard import validate_connection

__all__ = [
    "CONNECTING",
    "GIVEN_UP",
    "LIVE",
    "Channel",
    "ChannelNotice",
    "ChannelToken",
    "ContractVersion",
    "InboxMessage",
    "NoticeEffect",
    "NoticeState",
    "TillReturn",
    "UploadJob",
    "UploadPart",
    "Verdict",
    "new_job_id",
]


class Verdict(models.TextChoices):
    WAITING = "waiting", "Waiting"
    ACCEPTED = "accepted", "Accepted"
    DUPLICATE = "duplicate", "Duplicate"
    IGNORED = "ignored", "Ignored"
    REJECTED = "rejected", "Rejected"
    QUARANTINED = "quarantined", "Quarantined"


def new_channel_id() -> str:
    return new_id("chn")


def new_message_id() -> str:
    return new_id("msg")


class ContractVersion(models.Model):
    """One version of one channel contract's mapping: data, field by field. Never edited; a change is a new version."""

    contract = models.CharField(max_length=64)
    number = models.PositiveIntegerField(verbose_name="version")
    document = models.JSONField()
    active = models.BooleanField(default=False, verbose_name="in use")
    created_by = models.CharField(max_length=96)
    created_at = models.DateTimeField(default=clock.now, verbose_name="made")
    reason = models.CharField(max_length=500, blank=True, default="", db_default="", verbose_name="why")
    restores = models.PositiveIntegerField(
        null=True, blank=True, help_text="the number of the earlier version that this one is again"
    )
    history = History()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["contract", "number"], name="contract_number_once"),
            models.UniqueConstraint(fields=["contract"], condition=Q(active=True), name="contract_one_active"),
        ]

    def __str__(self) -> str:
        return f"{self.contract} v{self.number}"


# Of ``Channel.setup``: how far connecting it from the page has come.
CONNECTING, LIVE, GIVEN_UP = "connecting", "live", "given_up"


class Channel(models.Model):
    """Where orders come from."""

    public_id = PublicIdField(default=new_channel_id)
    code = models.SlugField(
        max_length=64,
        unique=True,
        help_text=(
            "A short name without spaces that other systems and files use; choose it once. It stands in the "
            "address of its webhooks."
        ),
    )
    name = models.CharField(max_length=128, help_text="What your people call it.")
    kind = models.CharField(
        max_length=32, choices=kind_choices, help_text="Which shop system or source its orders come from."
    )
    active = models.BooleanField(
        default=True,
        verbose_name="takes orders",
        help_text="Off: its messages are refused, and no updates are sent to it.",
    )
    secret = SecretField(
        max_length=255,
        blank=True,
        verbose_name="webhook secret",
        help_text="What the shop signs its webhooks with. Copy it from the shop's settings",
    )
    previous_secret = SecretField(
        max_length=255,
        blank=True,
        help_text="taken too, until previous_until, while the secret is changed",
        verbose_name="webhook secret before",
    )
    previous_until = models.DateTimeField(
        null=True, blank=True, editable=False, verbose_name="the secret before is good until"
    )
    base_url = models.CharField(
        max_length=255,
        blank=True,
        validators=[validate_connection],
        verbose_name="address of the shop",
        help_text="Where confirmations are sent and orders are asked for, such as https://shop.example.",
    )
    api_key = SecretField(
        sent_to="base_url",
        max_length=255,
        blank=True,
        verbose_name="API key",
        help_text="With which we speak to the shop; made in the shop's settings",
    )
    api_secret = SecretField(
        sent_to="base_url",
        max_length=255,
        blank=True,
        verbose_name="API secret",
        help_text="The second half of the API key",
    )
    # By which requests are signed, where a vendor asks for that.
    signing_key = SecretField(max_length=4000, blank=True, db_default="")
    currencies = ArrayField(
        models.CharField(max_length=3),
        default=list,
        blank=True,
        help_text="What the shop sells in. Orders in other currencies are held. Empty: any.",
    )
    default_currency = CurrencyField(
        default="GBP", verbose_name="usual currency", help_text="Taken where an order names none."
    )
    default_country = models.CharField(
        max_length=2, blank=True, verbose_name="usual country", help_text="Taken where an address names none."
    )
    node_group = models.ForeignKey(
        NodeGroup,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        verbose_name="sells from",
        help_text="Only the locations of this group serve its orders. Empty: all locations.",
    )
    priority = models.PositiveSmallIntegerField(
        default=100,
        verbose_name="preference",
        help_text="A number kept with every routing decision; today's routing policies do not go by it.",
    )
    ship_unpaid = models.BooleanField(
        default=False,
        verbose_name="ship before payment",
        help_text="Orders are released before their payment is authorized.",
    )
    price_tolerance_minor = models.PositiveIntegerField(
        default=2,
        verbose_name="total may differ by",
        help_text="In the order's currency. An order whose total is further from the sum of its lines is held.",
    )
    unusual_times = models.PositiveSmallIntegerField(
        default=20,
        verbose_name="unusual from times the usual",
        help_text=(
            "An order of so many times the value or units that orders of this channel usually have is held for somebody to look "
            "at, once 50 orders have shown what is usual. Channels whose orders differ much are left more room. 0: never."
        ),
    )
    settings = models.JSONField(
        default=dict,
        blank=True,
        verbose_name="channel-specific mappings",
        help_text=("For integrators: shipping methods and other tables of this shop, as JSON. Leave {} if in doubt."),
    )
    account = models.CharField(
        max_length=128,
        blank=True,
        db_default="",
        editable=False,
        help_text="whose credentials these are, in the shop's words; a webhook of another account is not this shop's",
    )
    paused_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="since when its messages wait and nothing is sent to it"
    )
    setup = models.JSONField(
        default=dict,
        db_default={},
        blank=True,
        editable=False,
        help_text="how far connecting it from the page has come",
    )
    polled_until = models.DateTimeField(null=True, blank=True)
    reconciling = models.JSONField(
        default=dict,
        db_default={},
        blank=True,
        editable=False,
        help_text="orders asked for again from a date: since, until, reached, found, finished_at",
    )
    looked_for_until = models.BigIntegerField(
        default=0,
        editable=False,
        help_text="up to which of its open orders the shop was last asked whether it has them",
    )
    history = History(
        excluded_fields=[
            "secret",
            "previous_secret",
            "previous_until",
            "api_key",
            "api_secret",
            "signing_key",
            "setup",
            "polled_until",
            "reconciling",
            "looked_for_until",
        ]
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["public_id"], name="channel_public_id")]

    def __str__(self) -> str:
        return self.name

    @property
    def speaks(self) -> bool:
        """Whether updates can be sent to it and orders fetched from it."""
        return self.active and bool(self.base_url) and self.kind in kinds_with(*METHODS)

    @property
    def is_connecting(self) -> bool:
        """Whether somebody is connecting it from the page: what comes is kept unread, and nothing is sent."""
        return not self.active and self.setup.get("state") == CONNECTING

    @property
    def answers(self) -> bool:
        """Whether the shop can be read now: it is live, or being connected with credentials that it has accepted."""
        return self.speaks or (self.is_connecting and "credentials" in self.setup.get("done", {}))

    @property
    def holds_new(self) -> bool:
        """Whether each new order is held until somebody releases it."""
        return bool(self.setup.get("hold_new"))

    @property
    def typed_settings(self) -> ChannelSettings:
        """What it is set to, in the form of its kind."""
        adapter = adapters().get(self.kind)
        return (adapter.settings if adapter else ChannelSettings).model_validate(self.settings)

    def credential(self, name: str) -> str:
        """What was typed under the name of a ``Credential``; a refresh token is never shown again."""
        if name.startswith(SETTING):
            return str(self.settings.get(name.removeprefix(SETTING)) or "")
        return "" if name == REFRESH_TOKEN else str(getattr(self, name))

    def take_credential(self, name: str, text: str) -> None:
        if name.startswith(SETTING):
            self.settings = {**self.settings, name.removeprefix(SETTING): text}
        elif name != REFRESH_TOKEN:
            setattr(self, name, text)

    def secrets_at(self, now: datetime) -> list[str]:
        """What its webhooks may be signed with: the secret, and the one before while that is still good."""
        still_good = self.previous_until is not None and self.previous_until > now
        return [self.secret, self.previous_secret] if still_good else [self.secret]


class ChannelToken(models.Model):
    """The access a vendor's page gave us to one shop. One worker at a time fetches a fresh token, until ``refreshing_until``: with
    many vendors a refresh token that is used twice ends the access."""

    channel = models.OneToOneField(Channel, on_delete=models.CASCADE, related_name="oauth_token")
    access_token = SecretField(max_length=4000, blank=True)
    refresh_token = SecretField(max_length=4000, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    refresh_expires_at = models.DateTimeField(null=True, blank=True)
    scopes = ArrayField(models.CharField(max_length=128), default=list, blank=True)
    refreshed_at = models.DateTimeField(null=True, blank=True)
    refreshing_until = models.DateTimeField(null=True, blank=True)
    trouble = models.CharField(
        max_length=300, blank=True, help_text="why the last refresh failed, in the vendor's words"
    )

    def __str__(self) -> str:
        return f"token of {self.channel_id}"


class InboxMessage(models.Model):
    """A raw message as it came, and what became of it. The body may hold personal data; it lives only here."""

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField(default=new_message_id)
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="messages", db_index=False)
    topic = models.CharField(max_length=64, blank=True)
    external_id = models.CharField(max_length=128, blank=True)
    dedupe_key = models.CharField(max_length=128)
    headers = models.JSONField(default=dict)
    body = models.BinaryField()
    content_type = models.CharField(max_length=100, blank=True)
    verdict = models.CharField(max_length=12, choices=Verdict.choices, default=Verdict.WAITING)
    reason = models.CharField(max_length=500, blank=True)
    problems = models.JSONField(default=list, blank=True, help_text="for a quarantined one: path, problem, what to do")
    order_ref = models.CharField(max_length=ID_LENGTH, blank=True)
    deliveries = models.PositiveIntegerField(default=1, help_text="how often it was delivered")
    received_at = models.DateTimeField(default=clock.now)
    settled_at = models.DateTimeField(null=True, blank=True)
    give_up_at = models.DateTimeField(null=True, blank=True, help_text="until when it waits for its order to arrive")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["public_id"], name="inbox_message_public_id"),
            models.UniqueConstraint(fields=["channel", "dedupe_key"], name="inbox_once"),
        ]
        indexes = [
            models.Index(fields=["channel", "external_id"], name="inbox_external"),
            models.Index(fields=["channel", "-id"], name="inbox_latest"),
            models.Index(
                fields=["verdict", "-id"], name="inbox_unsettled", condition=Q(verdict__in=["waiting", "quarantined"])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.external_id}"


class NoticeEffect(models.TextChoices):
    SHIPPED = "shipped", "Shipped"
    CANCELLED = "cancelled", "Cancelled"
    SUBSTITUTED = "substituted", "Substituted"
    REDUCED = "reduced", "Cancelled in part"
    HELD = "held", "On hold"
    RESUMED = "resumed", "No longer on hold"
    READY = "ready", "Ready for pickup"


class NoticeState(models.TextChoices):
    PENDING = "pending", "To send"
    WAITING = "waiting", "Waits while the channel is paused"
    SENT = "told", "Sent"
    REFUSED = "refused", "Rejected by the shop"


class ChannelNotice(models.Model):
    """One update for a channel, sent once: that a shipment left, or that an order was cancelled.

    An attempt is counted before the call. Found pending with one counted, nobody knows whether the channel received it:
    it is asked first. ``stream`` is the order's public id, ``subject_ref`` the shipment's or the order's.
    """

    id = models.BigAutoField(primary_key=True)
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="notices", db_index=False)
    effect = models.CharField(max_length=12, choices=NoticeEffect.choices)
    subject_ref = models.CharField(max_length=ID_LENGTH)
    stream = models.CharField(max_length=ID_LENGTH)
    state = models.CharField(max_length=8, choices=NoticeState.choices, default=NoticeState.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    detail = models.CharField(max_length=300, blank=True, help_text="what came of it, without personal data")
    reported_units = models.JSONField(
        default=dict,
        blank=True,
        db_column="told_units",
        help_text="of a shipment reported in part: units by the shop's line id",
    )
    # By what the shop is asked what became of it, where it acts on it later.
    ticket = models.CharField(max_length=64, blank=True, db_default="")
    created_at = models.DateTimeField(default=clock.now)
    sent_at = models.DateTimeField(null=True, blank=True, db_column="told_at")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["subject_ref", "effect", "channel"], name="notice_once")]
        indexes = [models.Index(fields=["stream", "id"], name="notice_stream")]

    def __str__(self) -> str:
        return f"{self.effect} {self.subject_ref}"
