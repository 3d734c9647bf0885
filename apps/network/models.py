"""Nodes, the carriers that leave them, and where places are."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models

from apps.core.fields import CurrencyField, MinorField, PublicIdField
from apps.core.history import History
from apps.core.ids import new_id
from apps.network.holidays import HolidaysUnknown, public_holidays


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
    DEDUPLICATES = "deduplicates", "takes the same order once"
    EXPRESS = "express", "ships express"
    NEXT_DAY = "next_day", "ships next day"
    SAME_DAY = "same_day", "ships same day"
    PICKUP = "pickup", "hands over the counter"


class Calendar(models.Model):
    """On which days parcels leave: weekdays (0 = Monday) less the public holidays of a country."""

    name = models.CharField(max_length=64, unique=True, help_text="Such as: Shops, open on Sundays.")
    weekdays = ArrayField(
        models.PositiveSmallIntegerField(),
        default=list,
        verbose_name="days worked",
        help_text="Nothing leaves on the other days.",
    )
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

    class Meta:
        verbose_name = "shipping calendar"

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        try:
            public_holidays(self.holiday_country.upper(), self.holiday_subdivision.upper())
        except HolidaysUnknown as error:
            raise ValidationError(str(error)) from None


class NodeGroup(models.Model):
    code = models.CharField(
        max_length=64,
        unique=True,
        help_text="A short name without spaces that other systems and files use; choose it once.",
    )
    name = models.CharField(
        max_length=128, blank=True, help_text="What your people call the group, such as: Stores in Yorkshire."
    )

    class Meta:
        verbose_name = "location group"

    def __str__(self) -> str:
        return self.name or self.code


class Node(models.Model):
    """A place that can fulfill."""

    public_id = PublicIdField(default=new_node_id)
    code = models.CharField(
        max_length=64,
        unique=True,
        help_text="A short name without spaces that other systems and files use; choose it once.",
    )
    name = models.CharField(max_length=128, help_text="What your people call the location.")
    kind = models.CharField(
        max_length=16, choices=NodeKind.choices, default=NodeKind.WAREHOUSE, help_text="What kind of location it is."
    )
    active = models.BooleanField(
        default=True,
        verbose_name="in use",
        help_text="Off: no new orders are sent there. What is there already is finished.",
    )
    groups = models.ManyToManyField(
        NodeGroup, blank=True, related_name="nodes", help_text="A channel can sell from one group only."
    )
    line1 = models.CharField(max_length=255, blank=True, verbose_name="street")
    city = models.CharField(max_length=128, blank=True, verbose_name="town")
    region = models.CharField(max_length=64, blank=True, verbose_name="county or state")
    postal_code = models.CharField(max_length=32, blank=True, verbose_name="postcode")
    country = models.CharField(max_length=2)
    latitude = models.FloatField(
        null=True,
        blank=True,
        verbose_name="latitude (degrees)",
        help_text="Such as 53.78; with the longitude it tells how far parcels travel.",
    )
    longitude = models.FloatField(null=True, blank=True, verbose_name="longitude (degrees)", help_text="Such as -1.53.")
    time_zone = models.CharField(
        max_length=64, default="UTC", help_text="In whose hours the cutoff and the shipping calendar are read."
    )
    calendar = models.ForeignKey(
        Calendar,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        verbose_name="shipping calendar",
        help_text="On which days parcels leave here. Empty: every day. Hours for SLA clocks are another thing: business calendars.",
    )
    cutoff = models.TimeField(
        null=True,
        blank=True,
        verbose_name="same-day cutoff",
        help_text="Orders that arrive later than this, local time, leave a day later. Empty: none.",
    )
    priority = models.IntegerField(
        default=100,
        verbose_name="preference",
        help_text="Of two locations that are equally good the one with the smaller number is chosen.",
    )
    capacity_per_day = models.PositiveIntegerField(
        null=True, blank=True, verbose_name="orders a day at most", help_text="Empty: no limit. 0: none."
    )
    handling_minor = MinorField(
        verbose_name="cost of handling a shipment",
        help_text="What packing one parcel and handing it over costs you here.",
    )
    pick_minor = MinorField(
        verbose_name="cost of picking a unit", help_text="What fetching one unit from its shelf costs you here."
    )
    currency = CurrencyField(default="GBP", help_text="The currency of the two costs.")
    serves_countries = ArrayField(
        models.CharField(max_length=2),
        default=list,
        blank=True,
        verbose_name="ships to",
        help_text="Countries it may ship to. Empty: all.",
    )
    capabilities = ArrayField(
        models.CharField(max_length=24, choices=Capability.choices), default=list, blank=True, verbose_name="can do"
    )
    auto_accept = models.BooleanField(
        default=True,
        verbose_name="accepts by itself",
        help_text="Orders sent here count as accepted at once; nobody has to say yes.",
    )
    version = models.PositiveIntegerField(default=1, editable=False)
    history = History(excluded_fields=["version"])

    class Meta:
        verbose_name = "location"
        constraints = [models.UniqueConstraint(fields=["public_id"], name="node_public_id")]

    def __str__(self) -> str:
        return self.name


class NodeDowntime(models.Model):
    """A node is shut from one moment to another."""

    node = models.ForeignKey(Node, on_delete=models.CASCADE, related_name="downtimes", verbose_name="location")
    starts_at = models.DateTimeField(verbose_name="shut from", help_text="In UTC, as are all times here.")
    ends_at = models.DateTimeField(
        null=True, blank=True, verbose_name="until", help_text="In UTC. Empty: until further notice."
    )
    reason = models.CharField(
        max_length=200,
        verbose_name="why",
        help_text="Shown wherever an order could not go there, such as: Stocktaking.",
    )

    class Meta:
        verbose_name = "location downtime"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__isnull=True) | models.Q(ends_at__gt=models.F("starts_at")),
                name="downtime_ends_after_it_starts",
                violation_error_message="It has to end after it starts; leave the end empty where it is not known yet.",
            )
        ]

    def __str__(self) -> str:
        return self.reason


class Carrier(models.Model):
    code = models.CharField(
        max_length=64,
        unique=True,
        help_text="A short name without spaces that other systems and files use; choose it once.",
    )
    name = models.CharField(max_length=128, help_text="What your people call the carrier.")
    tracking_url = models.CharField(
        max_length=255,
        blank=True,
        verbose_name="tracking page",
        help_text="Its address, with {number} where the tracking number goes.",
    )

    def __str__(self) -> str:
        return self.name


class CarrierService(models.Model):
    """What one shipment costs by this service: base + distance + weight. ``nodes`` empty: offered everywhere."""

    carrier = models.ForeignKey(Carrier, on_delete=models.CASCADE, related_name="services")
    code = models.CharField(
        max_length=64, help_text="A short name without spaces that other systems and files use; choose it once."
    )
    level = models.CharField(
        max_length=16,
        default="standard",
        verbose_name="service level",
        help_text="The speed a customer asks for that this service delivers.",
    )
    base_minor = MinorField(
        verbose_name="price of a shipment", help_text="What every shipment costs, however near and light."
    )
    per_km_milli = MinorField(
        verbose_name="and for 1,000 km", help_text="Added for the distance: what 1,000 kilometres cost."
    )
    per_kg_minor = MinorField(verbose_name="and for a kilogram", help_text="Added for the weight.")
    currency = CurrencyField(default="GBP", help_text="The currency of the prices.")
    transit_days = models.PositiveSmallIntegerField(
        default=2, verbose_name="days on the way", help_text="From the day the parcel leaves; 0: the same day."
    )
    nodes = models.ManyToManyField(
        Node,
        blank=True,
        related_name="services",
        verbose_name="offered from",
        help_text="The locations it collects from. Empty: all.",
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["carrier", "code"], name="carrier_service_once")]

    def __str__(self) -> str:
        return f"{self.carrier} {self.code}"


class Place(models.Model):
    """Where a postal prefix is. The longest prefix wins; an empty one is the middle of the country."""

    country = models.CharField(max_length=2)
    postal_prefix = models.CharField(
        max_length=12,
        blank=True,
        verbose_name="postcode begins with",
        help_text="The longest that fits counts; empty: the middle of the country.",
    )
    latitude = models.FloatField(verbose_name="latitude (degrees)")
    longitude = models.FloatField(verbose_name="longitude (degrees)")

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
