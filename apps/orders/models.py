"""Orders, their lines, contacts and holds."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce, NullIf, Upper
from django_fsm import FSMField, FSMModelMixin, transition

from apps.catalog.models import Sku
from apps.core import clock
from apps.core.fields import CurrencyField, MinorField, PublicIdField
from apps.core.history import History
from apps.core.ids import new_id
from apps.core.searchtext import Compact, SearchText
from apps.orders.canonical import PaymentState, RiskLevel, ServiceLevel, SplitPreference
from apps.orders.outliers import UsualFigures
from apps.orders.states import BEFORE_LEAVING, ContactRole, HoldReason, OrderState

S = OrderState


def new_order_id() -> str:
    return new_id("ord")


def new_hold_id() -> str:
    return new_id("hld")


# What people call the order, in capitals and without punctuation: however it is typed, it is found.
NUMBER_TEXT = Compact(Upper(Coalesce(NullIf("external_number", Value("")), "external_id")))


class Order(FSMModelMixin, models.Model):
    """What a customer was promised. A hold blocks it without being a state; who the customer is stands in contacts."""

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField(default=new_order_id)
    channel = models.CharField(max_length=64, help_text="code of the channel")
    external_id = models.CharField(max_length=128)
    external_number = models.CharField(max_length=64, blank=True)
    state = FSMField(max_length=12, choices=S.choices, default=S.RECEIVED, protected=True)
    schema_version = models.PositiveSmallIntegerField(default=1)
    currency = CurrencyField()
    customer_tier = models.CharField(max_length=32, blank=True)
    payment_state = models.CharField(
        max_length=20, choices=[(p.value, p.value.replace("_", " ")) for p in PaymentState], default=PaymentState.PAID
    )
    payment_method = models.CharField(max_length=64, blank=True)
    payment_references = ArrayField(models.CharField(max_length=64), default=list, blank=True)
    service_level = models.CharField(
        max_length=16,
        choices=[(s.value, s.value.replace("_", " ")) for s in ServiceLevel],
        default=ServiceLevel.STANDARD,
    )
    shipping_method = models.CharField(max_length=255, blank=True)
    pickup_location = models.CharField(
        max_length=255, blank=True, help_text="where the customer collects it, in the channel's words"
    )
    pickup_node = models.CharField(
        max_length=64, blank=True, verbose_name="pickup location", help_text="code of the node that is; empty: any"
    )
    split_preference = models.CharField(
        max_length=16,
        choices=[(s.value, s.value.replace("_", " ")) for s in SplitPreference],
        default=SplitPreference.UNSTATED,
    )
    risk_level = models.CharField(max_length=8, choices=[(r.value, r.value) for r in RiskLevel], default=RiskLevel.NONE)
    tags = ArrayField(models.CharField(max_length=64), default=list, blank=True)
    ship_by = models.DateTimeField(null=True, blank=True)
    deliver_by = models.DateTimeField(null=True, blank=True)
    claimed_totals = models.JSONField(default=dict, help_text="what the source said; never paid or refunded from")
    total_minor = MinorField(help_text="recomputed from the lines")
    source_said = models.JSONField(
        default=dict,
        blank=True,
        help_text="what the source said last where we decided otherwise, or where it came too late, by field",
    )
    price_accepted = models.BooleanField(default=False, help_text="a person accepted the claimed total as it is")
    doubts = models.JSONField(
        default=list, blank=True, help_text="what its source did not say for certain; each holds it for a person"
    )
    placed_at = models.DateTimeField()
    received_at = models.DateTimeField(default=clock.now)
    entered_state_at = models.DateTimeField(default=clock.now)
    source_updated_at = models.DateTimeField(null=True, blank=True)
    cancel_reason = models.CharField(max_length=255, blank=True)
    partly_placed = models.BooleanField(
        default=False, db_default=False, help_text="when it was routed last, some of its units found no place"
    )
    rest_cancelled_at = models.DateTimeField(
        null=True, blank=True, help_text="when what had not left by then was cancelled; the rest goes its way"
    )
    version = models.PositiveIntegerField(default=1, editable=False)
    history = History(excluded_fields=["claimed_totals", "doubts", "partly_placed", "source_said", "version"])

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["public_id"], name="order_public_id"),
            models.UniqueConstraint(fields=["channel", "external_id"], name="order_once_per_channel"),
        ]
        indexes = [
            # People type the beginning of it.
            models.Index(fields=["public_id"], name="order_public_id_start", opclasses=["varchar_pattern_ops"]),
            models.Index(fields=["state", "-id"], name="order_state"),
            models.Index(fields=["external_number"], name="order_number", opclasses=["varchar_pattern_ops"]),
            models.Index(fields=["placed_at", "id"], name="order_placed"),
            GinIndex(OpClass(NUMBER_TEXT, name="gin_trgm_ops"), name="order_number_spellings"),
            # Units without a place are sold all the same: few orders, and asked for with every figure that is computed.
            models.Index(
                fields=["id"],
                name="order_partly_placed",
                condition=Q(partly_placed=True, state__in=[S.ROUTED, S.RELEASED]),
            ),
        ]

    def __str__(self) -> str:
        return self.external_number or self.external_id

    @property
    def number(self) -> str:
        """What people call it."""
        return self.external_number or self.external_id

    def _enter(self) -> None:
        self.entered_state_at = clock.now()

    @transition(field=state, source=S.RECEIVED, target=S.VALIDATED)
    def validate(self) -> None:
        self._enter()

    @transition(field=state, source=S.VALIDATED, target=S.ROUTED)
    def route(self) -> None:
        self._enter()

    @transition(field=state, source=S.ROUTED, target=S.RELEASED)
    def release(self) -> None:
        self._enter()

    @transition(field=state, source=[S.ROUTED, S.RELEASED], target=S.VALIDATED)
    def unroute(self) -> None:
        self._enter()

    @transition(field=state, source=[S.RECEIVED, S.VALIDATED], target=S.RECEIVED)
    def revise(self) -> None:
        self._enter()

    @transition(field=state, source=S.RELEASED, target=S.SHIPPED)
    def ship(self) -> None:
        self._enter()

    @transition(field=state, source=S.SHIPPED, target=S.DELIVERED)
    def deliver(self) -> None:
        self._enter()

    @transition(field=state, source=list(BEFORE_LEAVING), target=S.CANCELLED)
    def cancel(self, reason: str) -> None:
        self.cancel_reason = reason
        self._enter()


class LinesOfOrders(models.Manager["OrderLine"]):
    """The lines that count: what the source withdrew before work began is nobody's business but its history's."""

    def get_queryset(self) -> models.QuerySet[OrderLine]:
        return super().get_queryset().filter(withdrawn_at__isnull=True)


class OrderLine(models.Model):
    """One promised line. ``sku_code`` is what the source said, ``sku`` what we know it as (empty: unknown).

    A line is never deleted: one that a later version of the order has no more is ``withdrawn``, and found by ``every`` only.
    """

    id = models.BigAutoField(primary_key=True)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines", db_index=False)
    position = models.PositiveSmallIntegerField()
    line_id = models.CharField(max_length=128)
    sku_code = models.CharField(max_length=128, blank=True)
    sku = models.ForeignKey(Sku, null=True, blank=True, on_delete=models.PROTECT, db_index=False)
    title = models.CharField(max_length=255, blank=True)
    quantity = models.PositiveIntegerField()
    cancelled_quantity = models.PositiveIntegerField(default=0)
    elsewhere_quantity = models.PositiveIntegerField(
        default=0, help_text="units that somebody else delivers or has delivered; never shipped by us"
    )
    source_quantity = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="what the source says by now, where it took units off or on after work had begun",
    )
    unit_price_minor = MinorField()
    tax_minor = MinorField()
    discount_minor = MinorField()
    requires_shipping = models.BooleanField(default=True)
    gift_card = models.BooleanField(default=False)
    properties = models.JSONField(default=dict, blank=True)
    withdrawn_at = models.DateTimeField(
        null=True, blank=True, help_text="when its source took it off, before anything was reserved for it"
    )
    substitutes = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="substituted_by",
        db_index=False,
        help_text="the line the customer ordered, where this one stands in for it",
    )
    # What its history is shown by.
    LABEL = "line_id"
    objects = LinesOfOrders()
    every = models.Manager["OrderLine"]()
    # Which SKU a code means is found out by us and is no change of the line.
    history = History(from_first_change=True, excluded_fields=["sku"])

    class Meta:
        # Deleting a line asks who points at it; nearly no line points anywhere.
        indexes = [
            models.Index(fields=["substitutes"], name="order_line_substitutes", condition=Q(substitutes__isnull=False))
        ]
        constraints = [
            models.UniqueConstraint(fields=["order", "line_id"], name="order_line_once"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="order_line_quantity_positive"),
            models.CheckConstraint(
                condition=Q(cancelled_quantity__lte=F("quantity") - F("elsewhere_quantity")),
                name="order_line_cancelled_within",
            ),
        ]
        ordering = ["order_id", "position"]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.sku_code}"

    @property
    def open_quantity(self) -> int:
        """Units that we are to ship or have shipped."""
        return self.quantity - self.cancelled_quantity - self.elsewhere_quantity

    @property
    def said_quantity(self) -> int:
        """How many its source says it is of; none once it is taken off there."""
        return self.quantity if self.source_quantity is None else self.source_quantity

    @property
    def physical(self) -> bool:
        """Whether somebody has to pick it."""
        return self.requires_shipping and not self.gift_card


class OrderContact(models.Model):
    """Personal data of an order, all of it, here and in what this table was before: erasing is emptying these rows."""

    id = models.BigAutoField(primary_key=True)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="contacts", db_index=False)
    role = models.CharField(max_length=8, choices=ContactRole.choices)
    customer_reference = models.CharField(max_length=64, blank=True)
    name = models.CharField(max_length=255, blank=True)
    company = models.CharField(max_length=255, blank=True)
    line1 = models.CharField("street", max_length=255, blank=True)
    line2 = models.CharField("address line 2", max_length=255, blank=True)
    city = models.CharField(max_length=255, blank=True)
    region = models.CharField(max_length=64, blank=True)
    postal_code = models.CharField(max_length=32, blank=True)
    country = models.CharField(max_length=2, blank=True)
    email = models.CharField(max_length=255, blank=True)
    phone = models.CharField(max_length=64, blank=True)
    note = models.CharField(max_length=2000, blank=True)
    corrected_from = models.JSONField(
        default=dict, blank=True, help_text="what the source said where somebody here knew better, by field"
    )
    replaced = models.JSONField(
        default=dict,
        blank=True,
        help_text="what labels and partners still bear that the source changed since, by field",
    )
    person_key = models.CharField(max_length=16, blank=True, help_text="the same for one name at one address")
    phone_key = models.CharField(max_length=9, blank=True, help_text="the last digits of the phone number")
    # Kept by PostgreSQL, because reading it is twenty times cheaper than composing it; emptied with what it is made of.
    search = models.GeneratedField(
        expression=SearchText("name", "company", "email", Compact("postal_code"), Compact("phone")),
        output_field=models.TextField(),
        db_persist=True,
    )
    LABEL = "role"
    history = History(from_first_change=True, excluded_fields=["search", "person_key", "phone_key"])

    class Meta:
        constraints = [models.UniqueConstraint(fields=["order", "role"], name="order_contact_once")]
        indexes = [
            models.Index(fields=["email"], name="order_contact_email", condition=~Q(email="")),
            models.Index(fields=["person_key"], name="order_contact_person", condition=~Q(person_key="")),
            models.Index(fields=["phone_key"], name="order_contact_phone", condition=~Q(phone_key="")),
            # For people on the phone: by any part of a name, an address of mail, a postal code or a number.
            GinIndex(OpClass("search", name="gin_trgm_ops"), name="order_contact_search"),
        ]

    def __str__(self) -> str:
        return f"{self.role} of {self.order_id}"


# How the names of actors begin who are people, or act for some: staff, and callers of the API.
BY_PEOPLE = ("staff:", "key:")
BY_CONTRACT = "channel:"


class Hold(models.Model):
    """A row that blocks an order's progress until someone, or the vanished cause, releases it."""

    public_id = PublicIdField(default=new_hold_id)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="holds")
    reason = models.CharField(max_length=24, choices=HoldReason.choices)
    note = models.CharField(max_length=255, blank=True)
    placed_by = models.CharField(max_length=96)
    placed_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    while_asked = models.BooleanField(default=False, help_text="goes when the channel's contract asks for it no more")
    released_at = models.DateTimeField(null=True, blank=True)
    released_by = models.CharField(max_length=96, blank=True)
    release_note = models.CharField(max_length=255, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["public_id"], name="hold_public_id"),
            models.UniqueConstraint(
                fields=["order", "reason"], condition=Q(released_at__isnull=True), name="hold_once_while_open"
            ),
        ]
        indexes = [
            models.Index(
                fields=["expires_at"],
                name="hold_expiry",
                condition=Q(released_at__isnull=True, expires_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return self.reason

    @property
    def by_people(self) -> bool:
        """Whether a person placed it, or a caller of the API, and not a check or a channel's contract."""
        return self.placed_by.startswith(BY_PEOPLE)

    @property
    def by_contract(self) -> bool:
        """Whether the mapping of a channel's message asked for it."""
        return self.placed_by.startswith(BY_CONTRACT)


class ChannelHabit(models.Model):
    """What orders of a channel in one currency usually come to, learned apart from the path that orders take."""

    channel = models.CharField(max_length=64, help_text="code of the channel")
    currency = CurrencyField()
    orders = models.PositiveIntegerField(default=0)
    value_mean = models.FloatField(default=0.0, help_text="of the logarithms of totals in minor units")
    value_variance = models.FloatField(default=0.0)
    units_mean = models.FloatField(default=0.0, help_text="of the logarithms of units")
    units_variance = models.FloatField(default=0.0)
    up_to = models.BigIntegerField(default=0, help_text="the last order that was looked at")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "currency"], name="channel_habit_once")]

    def __str__(self) -> str:
        return f"{self.channel} {self.currency}"

    @property
    def usual(self) -> UsualFigures:
        return UsualFigures(self.orders, self.value_mean, self.value_variance, self.units_mean, self.units_variance)

    def take(self, usual: UsualFigures) -> None:
        self.orders = usual.orders
        self.value_mean, self.value_variance = usual.value_mean, usual.value_variance
        self.units_mean, self.units_variance = usual.units_mean, usual.units_variance
