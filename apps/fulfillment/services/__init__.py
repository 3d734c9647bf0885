"""The only writers of fulfillment; one file per verb or family of verbs."""

from apps.fulfillment.services.arriving import deliver_shipment, fail_delivery
from apps.fulfillment.services.assigning import create_fulfillment_orders, wake_waiting
from apps.fulfillment.services.calling_off import call_off_order
from apps.fulfillment.services.issuing import issue_goods
from apps.fulfillment.services.node_work import (
    accept_fulfillment_order,
    cancel_fulfillment_order,
    pack_fulfillment_order,
    pick_fulfillment_order,
    reject_fulfillment_order,
)
from apps.fulfillment.services.order_changes import follow_orders
from apps.fulfillment.services.parcels import Parcel
from apps.fulfillment.services.reducing import call_off_lines, stop_units
from apps.fulfillment.services.requesting import (
    note_cancel_refused,
    note_cancel_requested,
    note_outcome_unknown,
    note_submitted,
)
from apps.fulfillment.services.shipping import Departure, ship_fulfillment_order, ship_in_bulk
from apps.fulfillment.services.substituting import substitute_line
from apps.fulfillment.services.transitions import allowed_transitions
from apps.fulfillment.services.unexpected_shipments import record_stray_shipment

__all__ = [
    "Departure",
    "Parcel",
    "accept_fulfillment_order",
    "allowed_transitions",
    "call_off_lines",
    "call_off_order",
    "cancel_fulfillment_order",
    "create_fulfillment_orders",
    "deliver_shipment",
    "fail_delivery",
    "follow_orders",
    "issue_goods",
    "note_cancel_refused",
    "note_cancel_requested",
    "note_outcome_unknown",
    "note_submitted",
    "pack_fulfillment_order",
    "pick_fulfillment_order",
    "record_stray_shipment",
    "reject_fulfillment_order",
    "ship_fulfillment_order",
    "ship_in_bulk",
    "stop_units",
    "substitute_line",
    "wake_waiting",
]
