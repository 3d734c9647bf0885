"""Partners, what was said to them, and how well they are."""

from __future__ import annotations

import base64

from django.contrib.postgres.fields import ArrayField
from django.db import models
from simple_history.models import HistoricalRecords

from apps.core import clock
from apps.core.fields import PublicIdField
from apps.core.guard import validate_connection
from apps.core.ids import ID_LENGTH, new_id
from apps.core.secrets import SecretField
from apps.network.models import Node


def new_partner_id() -> str:
    return new_id("prt")


class Partner(models.Model):
    """A 3PL or vendor reached through an adapter. Its nodes' capabilities say what it can do."""

    public_id = PublicIdField(default=new_partner_id)
    code = models.SlugField(
        max_length=64,
        unique=True,
        help_text=(
            "A short name without spaces that other systems and files use; choose it once. It stands in the "
            "address of its callbacks."
        ),
    )
    name = models.CharField(max_length=128, help_text="What your people call the partner.")
    adapter = models.CharField(
        max_length=32,
        default="http_3pl",
        verbose_name="speaks",
        help_text="The contract this partner's system understands.",
    )
    base_url = models.CharField(
        max_length=255,
        validators=[validate_connection],
        verbose_name="address of its API",
        help_text="Where fulfillment orders are sent, such as https://partner.example/api.",
    )
    token = SecretField(
        sent_to="base_url", max_length=255, blank=True, help_text="What we log in with; the partner gives it to you"
    )
    secret = SecretField(
        max_length=255,
        blank=True,
        verbose_name="callback secret",
        help_text="What the partner signs its callbacks with",
    )
    active = models.BooleanField(default=True, verbose_name="in use", help_text="Off: nothing is sent to it.")
    history = HistoricalRecords(excluded_fields=["token", "secret"])

    def __str__(self) -> str:
        return self.name

    @property
    def signing_key(self) -> str:
        """The secret in the form Standard Webhooks wants (``whsec_`` and base64); empty where there is none."""
        secret: str = self.secret
        if not secret or secret.startswith("whsec_"):
            return secret
        return "whsec_" + base64.b64encode(secret.encode()).decode()


class PartnerNode(models.Model):
    """This node is run by that partner, which knows it by ``partner_node``."""

    node = models.OneToOneField(
        Node,
        on_delete=models.CASCADE,
        related_name="partner_node",
        verbose_name="place",
        help_text="One of your places that this partner runs.",
    )
    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="nodes")
    partner_code = models.CharField(
        max_length=64,
        verbose_name="the partner calls it",
        help_text="The name or number of the place in the partner's own system.",
    )

    def __str__(self) -> str:
        return f"{self.partner_id}:{self.partner_code}"


class CallOutcome(models.TextChoices):
    OK = "ok", "Answered"
    REFUSED = "refused", "Refused"
    FAILED = "failed", "Failed"
    UNKNOWN = "unknown", "Outcome unknown"
    SKIPPED = "skipped", "Not sent"


class PartnerCall(models.Model):
    """One call out: what was asked, under which key, what came back. Never a body with personal data."""

    id = models.BigAutoField(primary_key=True)
    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="calls", db_index=False)
    operation = models.CharField(max_length=24)
    stream = models.CharField(max_length=ID_LENGTH)
    reference = models.CharField(max_length=ID_LENGTH)
    idempotency_key = models.CharField(max_length=128)
    outcome = models.CharField(max_length=8, choices=CallOutcome.choices)
    status = models.PositiveSmallIntegerField(null=True)
    detail = models.CharField(max_length=300, blank=True)
    started_at = models.DateTimeField(default=clock.now)
    took_ms = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [
            models.Index(fields=["stream", "id"], name="partner_call_stream"),
            models.Index(fields=["partner", "-id"], name="partner_call_latest"),
        ]

    def __str__(self) -> str:
        return f"{self.operation} {self.outcome}"


class Breaker(models.Model):
    """The health of one partner's one node: recent calls, and until when nothing is sent."""

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="breakers")
    node = models.ForeignKey(Node, on_delete=models.CASCADE, verbose_name="place")
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
    wait_until = models.DateTimeField(null=True, blank=True, help_text="the partner asked for quiet until then (429)")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["partner", "node"], name="breaker_once")]

    def __str__(self) -> str:
        return f"{self.partner_id}/{self.node_id}"
