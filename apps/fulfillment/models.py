"""Fulfillment orders, shipments and packages."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django_fsm import FSMField, FSMModelMixin, transition

from apps.catalog.models import Sku
from apps.core import clock
from apps.core.fields import PublicIdField
from apps.core.history import History
from apps.core.ids import new_id
from apps.fulfillment.states import (
    BEFORE_SHIPPED,
    FulfillmentState,
    RejectReason,
    RequestState,
    ShipmentState,
)
from apps.inventory.models import Reservation
from apps.network.models import Node
from apps.orders.models import Order, OrderLine

F_ = FulfillmentState
Q_ = RequestState


def new_fulfillment_order_id() -> str:
    return new_id("ful")


def new_shipment_id() -> str:
    return new_id("shp")


def new_package_id() -> str:
    return new_id("pkg")


class FulfillmentOrder(FSMModelMixin, models.Model):
    """These lines, from this node. ``state`` is ours, ``request_state`` the partner's side of it."""

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField(default=new_fulfillment_order_id)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="fulfillment_orders")
    node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="fulfillment_orders", db_index=False)
    state = FSMField(max_length=12, choices=F_.choices, default=F_.OPEN, protected=True)
    request_state = FSMField(max_length=20, choices=Q_.choices, default=Q_.UNSUBMITTED, protected=True)
    service_level = models.CharField(max_length=16)
    waits_for_stock = models.BooleanField(default=False, help_text="bound to incoming stock; not to be picked yet")
    called_off = models.BooleanField(
        default=False, help_text="nobody wants it any more; its partner is asked to stop, and may have shipped before"
    )
    partner_reference = models.CharField(max_length=128, blank=True)
    reject_reason = models.CharField(max_length=16, choices=RejectReason.choices, blank=True)
    reject_note = models.CharField(max_length=255, blank=True)
    ship_by = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=clock.now)
    submitted_at = models.DateTimeField(null=True, blank=True)
    entered_state_at = models.DateTimeField(default=clock.now)
    version = models.PositiveIntegerField(default=1, editable=False)
    history = History(excluded_fields=["version"])

    class Meta:
        indexes = [
            models.Index(fields=["node", "state", "id"], name="fulfillment_node_state"),
            models.Index(fields=["partner_reference"], name="fulfillment_partner", condition=~Q(partner_reference="")),
        ]
        constraints = [models.UniqueConstraint(fields=["public_id"], name="fulfillment_order_public_id")]

    def __str__(self) -> str:
        return self.public_id

    def _enter(self) -> None:
        self.entered_state_at = clock.now()

    @transition(field=state, source=F_.OPEN, target=F_.ACCEPTED)
    def accept(self) -> None:
        self._enter()

    @transition(field=state, source=[F_.OPEN, F_.ACCEPTED, F_.PICKED], target=F_.REJECTED)
    def reject(self, reason: str, note: str) -> None:
        self.reject_reason, self.reject_note = reason, note
        self._enter()

    @transition(field=state, source=[F_.OPEN, F_.ACCEPTED], target=F_.PICKED)
    def pick(self) -> None:
        self._enter()

    @transition(field=state, source=[F_.ACCEPTED, F_.PICKED], target=F_.PACKED)
    def pack(self) -> None:
        self._enter()

    @transition(field=state, source=F_.PACKED, target=F_.PICKED)
    def unpack(self) -> None:
        self._enter()

    @transition(field=state, source=[F_.ACCEPTED, F_.PICKED, F_.PACKED], target=F_.SHIPPED)
    def ship(self) -> None:
        self._enter()

    @transition(field=state, source=F_.SHIPPED, target=F_.DELIVERED)
    def deliver(self) -> None:
        self._enter()

    @transition(field=state, source=list(BEFORE_SHIPPED), target=F_.CANCELLED)
    def cancel(self) -> None:
        self._enter()

    @transition(field=request_state, source=[Q_.UNSUBMITTED, Q_.OUTCOME_UNKNOWN], target=Q_.SUBMITTED)
    def submit(self, reference: str) -> None:
        self.partner_reference = reference
        self.submitted_at = clock.now()

    @transition(field=request_state, source=[Q_.UNSUBMITTED, Q_.SUBMITTED], target=Q_.OUTCOME_UNKNOWN)
    def lose_sight(self) -> None:
        pass

    @transition(field=request_state, source=[Q_.SUBMITTED, Q_.OUTCOME_UNKNOWN, Q_.UNSUBMITTED], target=Q_.ACCEPTED)
    def partner_accepts(self) -> None:
        self.submitted_at = self.submitted_at or clock.now()

    @transition(
        field=request_state,
        source=[Q_.UNSUBMITTED, Q_.SUBMITTED, Q_.ACCEPTED, Q_.OUTCOME_UNKNOWN],
        target=Q_.REJECTED,
    )
    def partner_rejects(self) -> None:
        pass

    @transition(field=request_state, source=[Q_.SUBMITTED, Q_.ACCEPTED, Q_.OUTCOME_UNKNOWN], target=Q_.CANCEL_REQUESTED)
    def ask_cancel(self) -> None:
        pass

    @transition(field=request_state, source=Q_.CANCEL_REQUESTED, target=Q_.CANCEL_ACCEPTED)
    def partner_cancels(self) -> None:
        pass

    @transition(field=request_state, source=Q_.CANCEL_REQUESTED, target=Q_.CANCEL_REJECTED)
    def partner_refuses_cancel(self) -> None:
        pass


class FulfillmentLine(models.Model):
    """So many of one order line. The database refuses to ship more than was assigned."""

    id = models.BigAutoField(primary_key=True)
    fulfillment_order = models.ForeignKey(FulfillmentOrder, on_delete=models.CASCADE, related_name="lines")
    order_line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="fulfillment_lines")
    sku = models.ForeignKey(Sku, on_delete=models.PROTECT, db_index=False)
    reservation = models.ForeignKey(Reservation, null=True, on_delete=models.PROTECT, db_index=False)
    quantity = models.PositiveIntegerField()
    picked_quantity = models.PositiveIntegerField(default=0)
    shipped_quantity = models.PositiveIntegerField(default=0)
    short_quantity = models.PositiveIntegerField(
        default=0, help_text="units the node could not find, taken off quantity"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(shipped_quantity__lte=F("quantity")), name="never_ship_more_than_assigned"
            ),
            models.CheckConstraint(
                condition=Q(picked_quantity__lte=F("quantity")), name="never_pick_more_than_assigned"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.sku_id}"


class Shipment(FSMModelMixin, models.Model):
    """What left, once. ``external_id`` is the sender's id of it; the same one twice is the same shipment."""

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField(default=new_shipment_id)
    fulfillment_order = models.ForeignKey(
        FulfillmentOrder, on_delete=models.PROTECT, related_name="shipments", db_index=False
    )
    external_id = models.CharField(max_length=128)
    state = FSMField(max_length=12, choices=ShipmentState.choices, default=ShipmentState.SHIPPED, protected=True)
    carrier = models.CharField(max_length=64, blank=True)
    service = models.CharField(max_length=64, blank=True)
    shipped_at = models.DateTimeField(default=clock.now)
    delivered_at = models.DateTimeField(null=True, blank=True)
    goods_issued = models.BooleanField(default=False, help_text="taken off the stock levels")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["public_id"], name="shipment_public_id"),
            models.UniqueConstraint(fields=["fulfillment_order", "external_id"], name="shipment_once"),
        ]

    def __str__(self) -> str:
        return self.public_id

    @transition(field=state, source=ShipmentState.SHIPPED, target=ShipmentState.DELIVERED)
    def deliver(self) -> None:
        self.delivered_at = clock.now()

    @transition(field=state, source=ShipmentState.SHIPPED, target=ShipmentState.FAILED)
    def fail(self) -> None:
        pass


class Package(models.Model):
    """One parcel of a shipment. ``contents`` lists ``{"line": fulfillment line pk, "quantity": n}``."""

    id = models.BigAutoField(primary_key=True)
    public_id = PublicIdField(default=new_package_id)
    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="packages")
    tracking_number = models.CharField(max_length=128, blank=True)
    tracking_url = models.CharField(max_length=500, blank=True)
    weight_g = models.PositiveIntegerField(default=0)
    contents = models.JSONField(default=list)

    class Meta:
        indexes = [models.Index(fields=["tracking_number"], name="package_tracking", condition=~Q(tracking_number=""))]
        constraints = [models.UniqueConstraint(fields=["public_id"], name="package_public_id")]

    def __str__(self) -> str:
        return self.tracking_number or self.public_id
