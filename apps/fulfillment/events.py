"""What happens to fulfillment orders and shipments, as facts on their order's timeline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apps.core.outbox import Fact
from apps.fulfillment.models import FulfillmentOrder

ASSIGNED = "fulfillment.assigned"
REQUESTED = "fulfillment.requested"
SUBMITTED = "fulfillment.submitted"
ACCEPTED = "fulfillment.accepted"
REJECTED = "fulfillment.rejected"
PICKED = "fulfillment.picked"
SHORT_PICKED = "fulfillment.short_picked"
PACKED = "fulfillment.packed"
UNPACKED = "fulfillment.unpacked"
UNITS_UNWANTED = "fulfillment.units_unwanted"
SHIPPED = "fulfillment.shipped"
DELIVERED = "fulfillment.delivered"
UNDELIVERABLE = "fulfillment.undeliverable"
CANCELLED = "fulfillment.cancelled"
CALLED_OFF = "fulfillment.called_off"
REST_CANCELLED = "fulfillment.rest_cancelled"
CANCEL_REQUESTED = "fulfillment.cancel_requested"
CANCEL_REFUSED = "fulfillment.cancel_refused"
LEFT_ANYWAY = "fulfillment.left_anyway"
OUTCOME_UNKNOWN = "fulfillment.outcome_unknown"


def fulfillment_fact(
    name: str, fulfillment_order: FulfillmentOrder, stream: str, data: Mapping[str, Any] | None = None
) -> Fact:
    """A fact about a fulfillment order; ``stream`` is its order's public id."""
    return Fact(
        name=name,
        subject_id=fulfillment_order.pk,
        subject_ref=fulfillment_order.public_id,
        stream=stream,
        data={"node": fulfillment_order.node_id, **(data or {})},
    )
