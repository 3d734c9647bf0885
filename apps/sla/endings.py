"""Which events end which stage, and which make its clock pointless."""

from __future__ import annotations

from collections.abc import Mapping

from apps.core.event_types import EventData, names_of
from apps.fulfillment.events import (
    FulfillmentAccepted,
    FulfillmentAssigned,
    FulfillmentCalledOff,
    FulfillmentCancelled,
    FulfillmentPacked,
    FulfillmentPicked,
    FulfillmentRejected,
    FulfillmentRequested,
    FulfillmentRestCancelled,
    FulfillmentShipped,
)
from apps.orders.events import OrderCancelled, OrderDelivered, OrderHeld, OrderRestCancelled, OrderUnroutable
from apps.sla.stages import STAGES, Stage

Kind = type[EventData]

NODE_HAS_IT: tuple[Kind, ...] = (FulfillmentAssigned, FulfillmentRequested, FulfillmentAccepted)
_LEFT: tuple[Kind, ...] = (FulfillmentShipped, FulfillmentRestCancelled, FulfillmentRejected)
# Cases and approvals end by their rows.
ENDS: Mapping[str, frozenset[Kind]] = {stage: frozenset() for stage in STAGES} | {
    Stage.RESPONSE: frozenset({*NODE_HAS_IT, OrderUnroutable, OrderHeld, OrderDelivered}),
    Stage.ROUTING: frozenset({*NODE_HAS_IT, OrderDelivered}),
    Stage.PARTNER_ACK: frozenset({FulfillmentAccepted, FulfillmentPicked, FulfillmentPacked, *_LEFT}),
    Stage.PICK_START: frozenset({FulfillmentPicked, FulfillmentPacked, *_LEFT}),
    Stage.PACK: frozenset({FulfillmentPacked, *_LEFT}),
    Stage.SHIP: frozenset(_LEFT),
    Stage.DELIVERY: frozenset({OrderDelivered}),
}
# What makes a clock of an order or a fulfillment order pointless instead of ending it well.
VOIDING: frozenset[Kind] = frozenset(
    {OrderCancelled, OrderRestCancelled, FulfillmentCalledOff, FulfillmentCancelled, FulfillmentRejected}
)
# As the event log knows them.
END_NAMES = {stage: frozenset(names_of(*kinds)) for stage, kinds in ENDS.items()}
VOIDING_NAMES = frozenset(names_of(*VOIDING))
TELLING_NAMES = VOIDING_NAMES.union(*END_NAMES.values())
