"""Nodes, the carriers that leave them, and where places are."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from simple_history.models import HistoricalRecords

from apps.core.fields import CurrencyField, MinorField, PublicIdField
from apps.core.ids import new_id


def new_node_id() -> str:
    return new_id("nod")


class NodeKind(models.TextChoices):
    WAREHOUSE = "warehouse", "Warehouse"
    STORE = "store", "Store"
    THIRD_PARTY = "3pl", "3PL"
    DROPSHIP = "dropship", "Dropship vendor"


class Capability(models.TextChoices):
    """What a node or its partner can do; routing and cancellation obey it."""

    ACCEPT_REJECT = "accept_reject", "accepts or rejects"
    CANCEL = "cancel", "takes cancellations"
    PARTIAL_CANCEL = "partial_cancel", "takes partial cancellations"
    LOOK_UP = "look_up", "can be asked by key"
    EXPRESS = "express", "ships express"
    NEXT_DAY = "next_day", "ships next day"
    SAME_DAY = "same_day", "ships same day"
    PICKUP = "pickup", "hands over the counter"


class Calendar(models.Model):
    """Working days: weekdays (0 = Monday) less the public holidays of a country."""

    name = models.CharField(max_length=64, unique=True)
    weekdays = ArrayField(models.PositiveSmallIntegerField(), default=list, help_text="0 Monday … 6 Sunday")
    holiday_country = models.CharField(max_length=2, blank=True)
    holiday_subdivision = models.CharField(max_length=8, blank=True)

    def __str__(self) -> str:
        return self.name


class NodeGroup(models.Model):
    code = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=128, blank=True)

    def __str__(self) -> str:
        return self.name or self.code


class Node(models.Model):
    """A place that can fulfill."""

    public_id = PublicIdField(default=new_node_id)
    code = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=128)
    kind = models.CharField(max_length=16, choices=NodeKind.choices, default=NodeKind.WAREHOUSE)
    active = models.BooleanField(default=True)
    groups = models.ManyToManyField(NodeGroup, blank=True, related_name="nodes")
    line1 = models.CharField(max_length=255, blank=True)
    city = models.CharField(max_length=128, blank=True)
    region = models.CharField(max_length=64, blank=True)
    postal_code = models.CharField(max_length=32, blank=True)
    country = models.CharField(max_length=2)
    latitude = models.FloatField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)
    time_zone = models.CharField(max_length=64, default="UTC")
    calendar = models.ForeignKey(Calendar, null=True, blank=True, on_delete=models.PROTECT)
    cutoff = models.TimeField(null=True, blank=True, help_text="last minute for same-day work, local time")
    priority = models.IntegerField(default=100, help_text="smaller is preferred")
    capacity_per_day = models.PositiveIntegerField(null=True, blank=True, help_text="orders; empty: no limit; 0: none")
    handling_minor = MinorField(help_text="per shipment")
    pick_minor = MinorField(help_text="per unit picked")
    currency = CurrencyField(default="GBP")
    serves_countries = ArrayField(models.CharField(max_length=2), default=list, blank=True, help_text="empty: all")
    capabilities = ArrayField(models.CharField(max_length=24, choices=Capability.choices), default=list, blank=True)
    auto_accept = models.BooleanField(default=True, help_text="in-house work needs nobody's yes")
    version = models.PositiveIntegerField(default=1, editable=False)
    history = HistoricalRecords(excluded_fields=["version"])

    def __str__(self) -> str:
        return self.name


class NodeDowntime(models.Model):
    """A node is shut from one moment to another."""

    node = models.ForeignKey(Node, on_delete=models.CASCADE, related_name="downtimes")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=200)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__isnull=True) | models.Q(ends_at__gt=models.F("starts_at")),
                name="downtime_ends_after_it_starts",
            )
        ]

    def __str__(self) -> str:
        return self.reason


class Carrier(models.Model):
    code = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=128)
    tracking_url = models.CharField(max_length=255, blank=True, help_text="with {number}")

    def __str__(self) -> str:
        return self.name


class CarrierService(models.Model):
    """What one shipment costs by this service: base + distance + weight. ``nodes`` empty: offered everywhere."""

    carrier = models.ForeignKey(Carrier, on_delete=models.CASCADE, related_name="services")
    code = models.CharField(max_length=64)
    level = models.CharField(max_length=16, default="standard", help_text="the service level it fulfills")
    base_minor = MinorField()
    per_km_milli = MinorField(help_text="thousandths of a minor unit for a kilometre")
    per_kg_minor = MinorField()
    currency = CurrencyField(default="GBP")
    transit_days = models.PositiveSmallIntegerField(default=2)
    nodes = models.ManyToManyField(Node, blank=True, related_name="services")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["carrier", "code"], name="carrier_service_once")]

    def __str__(self) -> str:
        return f"{self.carrier} {self.code}"


class Place(models.Model):
    """Where a postal prefix is. The longest prefix wins; an empty one is the middle of the country."""

    country = models.CharField(max_length=2)
    postal_prefix = models.CharField(max_length=12, blank=True)
    latitude = models.FloatField()
    longitude = models.FloatField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["country", "postal_prefix"], name="place_once")]

    def __str__(self) -> str:
        return f"{self.country} {self.postal_prefix}"


class NodeDay(models.Model):
    """How many fulfillment orders a node was given on a day (UTC); routing counts capacity here."""

    node = models.ForeignKey(Node, on_delete=models.CASCADE, related_name="days")
    day = models.DateField()
    assigned = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["node", "day"], name="node_day_once")]

    def __str__(self) -> str:
        return f"{self.node_id} {self.day}"
