"""Webhook endpoints and their deliveries."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django_fsm import FSMField, FSMModelMixin, transition

from apps.core import clock
from apps.core.fields import PublicIdField
from apps.core.history import History
from apps.core.ids import ID_LENGTH, new_id
from apps.core.secrets import SecretField
from apps.webhooks.states import SCHEDULE, DeliveryState

D = DeliveryState


def new_endpoint_id() -> str:
    return new_id("whk")


def new_delivery_id() -> str:
    return new_id("dlv")


class WebhookEndpoint(models.Model):
    """An address of another system that receives events. Its secret is shown once and signs every delivery."""

    public_id = PublicIdField(default=new_endpoint_id)
    name = models.CharField(max_length=100, help_text="Which system it is, such as: ERP.")
    url = models.CharField(
        max_length=500,
        verbose_name="address",
        help_text="Where events are sent. It begins with https://; addresses inside private networks are refused.",
    )
    events = ArrayField(
        models.CharField(max_length=64), default=list, blank=True, help_text="none: all of them", verbose_name="events"
    )
    active = models.BooleanField(
        default=True, verbose_name="in use", help_text="Off: nothing is sent and nothing is kept for it."
    )
    secret = SecretField(max_length=96, editable=False)
    previous_secret = SecretField(max_length=96, blank=True, editable=False)
    previous_until = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="signed with both until then"
    )
    # Kept by the machine.
    failing_since = models.DateTimeField(null=True, blank=True, editable=False)
    failures_in_a_row = models.PositiveIntegerField(default=0, editable=False)
    quiet_until = models.DateTimeField(null=True, blank=True, editable=False, help_text="nothing is sent before")
    warned_at = models.DateTimeField(null=True, blank=True, editable=False)
    disabled_at = models.DateTimeField(null=True, blank=True, editable=False, help_text="switched off by the machine")
    disabled_because = models.CharField(max_length=160, blank=True, editable=False, verbose_name="switched off because")
    last_success_at = models.DateTimeField(null=True, blank=True, editable=False, verbose_name="last went well")
    created_at = models.DateTimeField(default=clock.now, editable=False)
    created_by = models.CharField(max_length=96, blank=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    history = History(
        excluded_fields=[
            "secret", "previous_secret", "failing_since", "failures_in_a_row", "quiet_until", "warned_at", "last_success_at",
        ]
    )  # fmt: skip

    class Meta:
        ordering = ["name", "pk"]
        constraints = [models.UniqueConstraint(fields=["public_id"], name="webhook_endpoint_public_id")]

    def __str__(self) -> str:
        return self.name

    def wants(self, event: str) -> bool:
        """Whether it subscribed to the event, by name or by family."""
        return not self.events or event in self.events or event.partition(".")[0] + ".*" in self.events

    @property
    def sends(self) -> bool:
        return self.active and self.disabled_at is None


class Delivery(FSMModelMixin, models.Model):
    """One event delivered to one endpoint. Its public id is the ``webhook-id``, the same at every attempt."""

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField(default=new_delivery_id)
    endpoint = models.ForeignKey(
        WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries", db_index=False, verbose_name="sent to"
    )
    event = models.CharField(max_length=64)
    event_id = models.BigIntegerField(help_text="the row in the event log")
    stream = models.CharField(max_length=ID_LENGTH, blank=True)
    payload = models.JSONField(help_text="what is sent: references only")
    state = FSMField(max_length=12, choices=D.choices, default=D.PENDING, protected=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    made_at = models.DateTimeField(default=clock.now, verbose_name="made")
    next_at = models.DateTimeField(default=clock.now, verbose_name="next try")
    last_at = models.DateTimeField(null=True, blank=True)
    last_status = models.PositiveSmallIntegerField(null=True, blank=True, verbose_name="answered")
    last_note = models.CharField(
        max_length=120, blank=True, help_text="how it went; never what was answered", verbose_name="how it went"
    )
    took_ms = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["public_id"], name="delivery_public_id"),
            models.UniqueConstraint(fields=["endpoint", "event_id"], name="delivery_once"),
        ]
        indexes = [
            models.Index(fields=["endpoint", "-id"], name="delivery_latest"),
            models.Index(
                fields=["endpoint", "id"], name="delivery_owed", condition=Q(state__in=["pending", "failed", "held"])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.state}"

    @transition(field=state, source=D.PENDING, target=D.DELIVERED)
    def succeed(self) -> None:
        """It arrived."""

    @transition(field=state, source=D.PENDING, target=D.FAILED)
    def give_up(self) -> None:
        """All attempts are spent."""

    @transition(field=state, source=D.PENDING, target=D.HELD)
    def hold(self) -> None:
        """The endpoint is switched off; kept for when it is on again."""

    @transition(field=state, source=[D.FAILED, D.HELD], target=D.PENDING)
    def start_again(self) -> None:
        self.attempts, self.next_at = 0, clock.now()

    @property
    def spent(self) -> bool:
        return self.attempts >= len(SCHEDULE)
