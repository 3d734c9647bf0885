"""Levels, the signed ledger that explains them, and reservations."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django_fsm import FSMField, FSMModelMixin, transition

from apps.catalog.models import Sku
from apps.core import clock
from apps.core.fields import PublicIdField
from apps.core.history import History
from apps.core.ids import ID_LENGTH, new_id
from apps.inventory.states import MovementKind, ReservationState
from apps.network.models import Node

R = ReservationState


def new_reservation_id() -> str:
    return new_id("rsv")


class StockLevel(models.Model):
    """One SKU at one node. ``available = on_hand - reserved - safety_stock``, and nothing while the count is in doubt.

    A feed may truthfully drop ``on_hand`` under ``reserved``: the newest claims then wait for stock, as backorders do. Nobody may
    raise ``reserved`` over what is free, except where the level is backorderable (``backorder_limit`` empty: without end).
    """

    id = models.BigAutoField(primary_key=True)
    node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="levels")
    sku = models.ForeignKey(Sku, on_delete=models.PROTECT, related_name="levels")
    on_hand = models.IntegerField(default=0)
    reserved = models.IntegerField(default=0)
    safety_stock = models.IntegerField(default=0)
    incoming = models.IntegerField(default=0)
    backorderable = models.BooleanField(default=False)
    backorder_limit = models.PositiveIntegerField(null=True, blank=True)
    counted_at = models.DateTimeField(default=clock.now, help_text="when the source last vouched for on_hand")
    figure_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="when all that is there was last counted; what left or came before is in that figure",
    )
    doubted_at = models.DateTimeField(
        null=True, blank=True, help_text="since when the node says that what is shown is not there; until it is counted"
    )
    doubted_on_hand = models.IntegerField(
        null=True, blank=True, help_text="what was shown when the doubt arose; a feed that repeats it has not counted"
    )
    version = models.PositiveIntegerField(default=1, editable=False)
    # Of the settings alone; the ledger says how the counters moved.
    history = History(
        from_first_change=True,
        excluded_fields=["on_hand", "reserved", "counted_at", "figure_at", "doubted_at", "doubted_on_hand", "version"],
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sku", "node"], name="stock_level_once"),
            models.CheckConstraint(condition=Q(reserved__gte=0), name="stock_reserved_not_negative"),
            models.CheckConstraint(condition=Q(on_hand__gte=0), name="stock_on_hand_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.sku_id}@{self.node_id}"

    @property
    def available(self) -> int:
        free = self.on_hand - self.reserved - self.safety_stock
        return free if self.doubted_at is None else min(free, 0)

    @property
    def reservable(self) -> int | None:
        """How many more may be reserved; None: without end. Where more is promised than is there: nothing, not less."""
        if not self.backorderable:
            return max(self.available, 0)
        if self.backorder_limit is None:
            return None
        return max(self.available + self.backorder_limit, 0)


class StockMovement(models.Model):
    """One line of the ledger: what changed, by how much, why. The sum over a level is the level.

    ``moved_at`` is when it happened; where it was reported later, ``booked_at`` is when it was written.
    """

    id = models.BigAutoField(primary_key=True)
    level = models.ForeignKey(StockLevel, on_delete=models.PROTECT, related_name="movements", db_index=False)
    kind = models.CharField(max_length=12, choices=MovementKind.choices)
    on_hand_delta = models.IntegerField(default=0)
    reserved_delta = models.IntegerField(default=0)
    reference = models.CharField(max_length=ID_LENGTH, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    actor = models.CharField(max_length=96)
    moved_at = models.DateTimeField(default=clock.now)
    booked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["level", "-id"], name="movement_level")]

    def __str__(self) -> str:
        return f"{self.kind} {self.on_hand_delta:+d}/{self.reserved_delta:+d}"


class Reservation(FSMModelMixin, models.Model):
    """A claim on stock for one order line: soft until allocated to a fulfillment order, gone when shipped or released."""

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField(default=new_reservation_id)
    level = models.ForeignKey(StockLevel, on_delete=models.PROTECT, related_name="reservations", db_index=False)
    order_id = models.BigIntegerField()
    order_line_id = models.BigIntegerField()
    quantity = models.IntegerField(help_text="still claimed; falls as it ships")
    shipped = models.IntegerField(default=0)
    backordered = models.IntegerField(default=0, help_text="how many of quantity have no stock")
    counted = models.BooleanField(default=True, help_text="False for an untracked SKU: nothing is taken off a level")
    state = FSMField(max_length=12, choices=R.choices, default=R.RESERVED, protected=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    reserved_at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes = [
            models.Index(fields=["order_id"], name="reservation_order"),
            models.Index(fields=["level"], name="reservation_live", condition=Q(state__in=[R.RESERVED, R.ALLOCATED])),
            models.Index(
                fields=["expires_at"],
                name="reservation_expiry",
                condition=Q(state=R.RESERVED, expires_at__isnull=False),
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["public_id"], name="reservation_public_id"),
            models.CheckConstraint(condition=Q(quantity__gte=0), name="reservation_quantity_not_negative"),
            models.CheckConstraint(
                condition=Q(backordered__gte=0) & Q(backordered__lte=F("quantity")), name="reservation_backorder_within"
            ),
        ]

    def __str__(self) -> str:
        return self.public_id

    @transition(field=state, source=R.RESERVED, target=R.ALLOCATED)
    def allocate(self) -> None:
        self.expires_at = None

    @transition(field=state, source=R.ALLOCATED, target=R.CONSUMED)
    def consume(self) -> None:
        self.quantity = self.backordered = 0

    @transition(field=state, source=[R.RESERVED, R.ALLOCATED], target=R.RELEASED)
    def release(self) -> None:
        self.expires_at = None
