"""What happens to fulfillment orders and their parcels, on their order's timeline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from apps.core.event_types import Ball, EventData, LineUnits, NodePk, Subject, event
from apps.core.outbox import Fact
from apps.fulfillment.models import FulfillmentOrder
from apps.fulfillment.states import FulfillmentState

FULFILLMENT = Subject.FULFILLMENT_ORDER


@dataclass(frozen=True, slots=True, kw_only=True)
class FulfillmentEvent(EventData):
    """``node``: where it is worked on; filled in by ``fulfillment_fact``."""

    node: NodePk = 0


@event(
    "fulfillment.assigned",
    subject=FULFILLMENT,
    enters=FulfillmentState.OPEN,
    ball=Ball.PERSON,
    says="Assigned to {node}; not accepted yet.",
    public=("node", "waits_for_stock"),
)
class FulfillmentAssigned(FulfillmentEvent):
    waits_for_stock: bool = False


@event(
    "fulfillment.requested",
    subject=FULFILLMENT,
    enters=FulfillmentState.OPEN,
    ball=Ball.INTEGRATION,
    says="{node} is asked to ship it.",
    public=("node",),
)
class FulfillmentRequested(FulfillmentEvent):
    waits_for_stock: bool = False


@event(
    "fulfillment.submitted",
    subject=FULFILLMENT,
    ball=Ball.PARTNER,
    says="Sent to {node}.",
    public=("node", "reference"),
)
class FulfillmentSubmitted(FulfillmentEvent):
    """``reference``: what the partner calls it."""

    reference: str


@event(
    "fulfillment.accepted",
    subject=FULFILLMENT,
    enters=FulfillmentState.ACCEPTED,
    ball=Ball.PERSON,
    says="{node} accepted it.",
    public=("node",),
)
class FulfillmentAccepted(FulfillmentEvent):
    waits_for_stock: bool = False


@event(
    "fulfillment.rejected",
    subject=FULFILLMENT,
    enters=FulfillmentState.REJECTED,
    ball=Ball.SYSTEM,
    says="{node} rejected it: {reason}.",
    public=("node", "reason"),
)
class FulfillmentRejected(FulfillmentEvent):
    """``absent``: codes of the SKUs that are not there, by their pk."""

    reason: str
    absent: Mapping[str, str] | None = None


@event(
    "fulfillment.picked",
    subject=FULFILLMENT,
    enters=FulfillmentState.PICKED,
    ball=Ball.PERSON,
    says="{node} picked it.",
    public=("node",),
)
class FulfillmentPicked(FulfillmentEvent):
    pass


@event(
    "fulfillment.short_picked",
    subject=FULFILLMENT,
    ball=Ball.SYSTEM,
    says="{node} could not find {missing}; routed elsewhere.",
    public=("node", "missing"),
)
class FulfillmentShortPicked(FulfillmentEvent):
    """``missing``: units by order line pk."""

    missing: LineUnits


@event(
    "fulfillment.packed",
    subject=FULFILLMENT,
    enters=FulfillmentState.PACKED,
    ball=Ball.PERSON,
    says="{node} packed it.",
    public=("node",),
)
class FulfillmentPacked(FulfillmentEvent):
    pass


@event(
    "fulfillment.unpacked",
    subject=FULFILLMENT,
    ball=Ball.PERSON,
    says="Units were taken off that {node} had packed; the parcel is to be opened.",
    public=("node", "hold"),
)
class FulfillmentUnpacked(FulfillmentEvent):
    hold: str


@event(
    "fulfillment.units_unwanted",
    subject=FULFILLMENT,
    ball=Ball.PERSON,
    says="{node} has units in hand that were taken off the order.",
    public=("node", "units"),
)
class FulfillmentUnitsUnwanted(FulfillmentEvent):
    units: int


@event(
    "fulfillment.shipped",
    subject=FULFILLMENT,
    enters=FulfillmentState.SHIPPED,
    ball=Ball.PARTNER,
    says="A parcel left {node}.",
    public=("node", "shipment", "complete"),
)
class FulfillmentShipped(FulfillmentEvent):
    """``complete``: with this parcel all of it has left. One of several moves the fulfillment order into no other state."""

    shipment: str
    complete: bool = True


@event(
    "fulfillment.delivered",
    subject=FULFILLMENT,
    enters=FulfillmentState.DELIVERED,
    ball=Ball.NOBODY,
    says="A parcel from {node} arrived.",
    public=("node", "shipment", "complete"),
)
class FulfillmentDelivered(FulfillmentEvent):
    """``complete``: it was the last parcel."""

    shipment: str
    complete: bool = True


@event(
    "fulfillment.undeliverable",
    subject=FULFILLMENT,
    ball=Ball.PERSON,
    says="The carrier could not deliver a parcel from {node}.",
    public=("node", "shipment"),
)
class FulfillmentUndeliverable(FulfillmentEvent):
    shipment: str
    reason: str


@event(
    "fulfillment.cancelled",
    subject=FULFILLMENT,
    enters=FulfillmentState.CANCELLED,
    ball=Ball.NOBODY,
    says="The work at {node} was cancelled.",
    public=("node",),
)
class FulfillmentCancelled(FulfillmentEvent):
    pass


@event(
    "fulfillment.rest_cancelled",
    subject=FULFILLMENT,
    ball=Ball.PARTNER,
    says="{node} sends no more of it than has left.",
    public=("node",),
)
class FulfillmentRestCancelled(FulfillmentEvent):
    pass


@event(
    "fulfillment.called_off",
    subject=FULFILLMENT,
    ball=Ball.INTEGRATION,
    says="{node} is no longer to ship it.",
    public=("node",),
)
class FulfillmentCalledOff(FulfillmentEvent):
    pass


@event(
    "fulfillment.cancel_requested",
    subject=FULFILLMENT,
    ball=Ball.PARTNER,
    says="{node} is asked to stop.",
    public=("node",),
)
class FulfillmentCancelRequested(FulfillmentEvent):
    pass


@event(
    "fulfillment.cancel_refused", subject=FULFILLMENT, ball=Ball.PERSON, says="{node} would not stop.", public=("node",)
)
class FulfillmentCancelRefused(FulfillmentEvent):
    reason: str


@event(
    "fulfillment.left_anyway",
    subject=FULFILLMENT,
    ball=Ball.PERSON,
    says="{node} shipped it although it was to stop.",
    public=("node", "shipment", "state"),
)
class FulfillmentLeftAnyway(FulfillmentEvent):
    state: str
    shipment: str | None = None


@event(
    "fulfillment.outcome_unknown",
    subject=FULFILLMENT,
    ball=Ball.PERSON,
    says="It is not known whether {node} received it.",
    public=("node",),
)
class FulfillmentOutcomeUnknown(FulfillmentEvent):
    pass


def fulfillment_fact(fulfillment_order: FulfillmentOrder, stream: str, event: FulfillmentEvent) -> Fact:
    """Something that happened to a fulfillment order; ``stream`` is its order's public id."""
    at = replace(event, node=fulfillment_order.node_id)
    return Fact(at, fulfillment_order.pk, fulfillment_order.public_id, stream)
