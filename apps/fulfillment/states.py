"""The words of fulfillment. Two axes: our own state, and how far the partner's yes has come."""

from django.db import models


class FulfillmentState(models.TextChoices):
    OPEN = "open", "Open"
    ACCEPTED = "accepted", "Accepted"
    PICKED = "picked", "Picked"
    PACKED = "packed", "Packed"
    SHIPPED = "shipped", "Shipped"
    DELIVERED = "delivered", "Delivered"
    REJECTED = "rejected", "Rejected"
    CANCELLED = "cancelled", "Cancelled"


class RequestState(models.TextChoices):
    UNSUBMITTED = "unsubmitted", "Not submitted"
    SUBMITTED = "submitted", "Submitted"
    ACCEPTED = "accepted", "Accepted"
    REJECTED = "rejected", "Rejected"
    OUTCOME_UNKNOWN = "outcome_unknown", "Outcome unknown"
    CANCEL_REQUESTED = "cancel_requested", "Cancellation requested"
    CANCEL_ACCEPTED = "cancel_accepted", "Cancellation accepted"
    CANCEL_REJECTED = "cancel_rejected", "Cancellation refused"


BEFORE_SHIPPED = (
    FulfillmentState.OPEN,
    FulfillmentState.ACCEPTED,
    FulfillmentState.PICKED,
    FulfillmentState.PACKED,
)
GIVEN_UP = (FulfillmentState.REJECTED, FulfillmentState.CANCELLED)
ENDED = frozenset({FulfillmentState.DELIVERED, FulfillmentState.REJECTED, FulfillmentState.CANCELLED})


class ShipmentState(models.TextChoices):
    SHIPPED = "shipped", "On its way"
    DELIVERED = "delivered", "Delivered"
    FAILED = "failed", "Undeliverable"


class RejectReason(models.TextChoices):
    NO_STOCK = "no_stock", "Not in stock"
    DAMAGED = "damaged", "Damaged"
    NO_CAPACITY = "no_capacity", "No capacity"
    CLOSED = "closed", "Closed"
    UNDELIVERABLE = "undeliverable", "Cannot deliver there"
    OTHER = "other", "Other"
