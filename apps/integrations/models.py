"""Partners, and which of our nodes they run."""

from __future__ import annotations

from django.core.validators import validate_email
from django.db import models

from apps.core.fields import PublicIdField
from apps.core.history import History
from apps.core.ids import new_id
from apps.core.secrets import SecretField
from apps.network.models import Node
from apps.outbound.guard import validate_connection

MAILTO = "mailto:"


def validate_partner_address(address: str) -> None:
    """An address that may be called, or one that is mailed to."""
    if address.startswith(MAILTO):
        validate_email(address.removeprefix(MAILTO))
    else:
        validate_connection(address)


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
        validators=[validate_partner_address],
        verbose_name="address of its API",
        help_text=(
            "Where fulfillment orders are sent, such as https://partner.example/api; for purchase orders by "
            "e-mail, such as mailto:orders@vendor.example."
        ),
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
    settings = models.JSONField(
        default=dict,
        blank=True,
        verbose_name="further settings",
        help_text="What else its adapter asks for; see below.",
    )
    active = models.BooleanField(default=True, verbose_name="in use", help_text="Off: nothing is sent to it.")
    history = History(excluded_fields=["token", "secret"])

    class Meta:
        constraints = [models.UniqueConstraint(fields=["public_id"], name="partner_public_id")]

    def __str__(self) -> str:
        return self.name


class PartnerNode(models.Model):
    """This node is run by that partner, which knows it by ``partner_node``."""

    node = models.OneToOneField(
        Node,
        on_delete=models.CASCADE,
        related_name="partner_node",
        verbose_name="location",
        help_text="One of your locations that this partner runs.",
    )
    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="nodes")
    partner_code = models.CharField(
        max_length=64,
        verbose_name="the partner calls it",
        help_text="The name or number of the location in the partner's own system.",
    )

    class Meta:
        verbose_name = "partner location"

    def __str__(self) -> str:
        return f"{self.partner_id}:{self.partner_code}"


class PartnerPoll(models.Model):
    """How far a partner that reports nothing itself has been asked. ``cursor``: as its adapter counts; ``upto``: the last fulfillment
    order asked about, 0 where the next round begins with the first."""

    partner = models.OneToOneField(Partner, on_delete=models.CASCADE, primary_key=True, related_name="poll")
    cursor = models.CharField(max_length=255, blank=True)
    upto = models.BigIntegerField(default=0)
    heard_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"poll of {self.partner_id}"
