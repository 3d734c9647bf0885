"""That an order waits, that it no longer does, and that it can be collected: as Shopify's fulfillment orders say it."""

from __future__ import annotations

from typing import Any

from apps.channels.adapters.shopify import documents
from apps.channels.adapters.shopify.fulfilling import OPEN
from apps.channels.adapters.shopify.gids import gid
from apps.channels.adapters.shopify.nodes import HOLD_HANDLE, fulfillment_order_of, is_our_hold
from apps.channels.adapters.shopify.reporting import KNOWN, SENT, Reports
from apps.channels.framework.json_values import dicts
from apps.channels.framework.shop import OrderNote, ShipmentReport

_HOLDABLE = frozenset({"OPEN", "IN_PROGRESS", "SCHEDULED", "ON_HOLD"})
LONGEST_NOTE = 255


class Holding(Reports):
    def report_hold(self, note: OrderNote, *, held: bool, check_first: bool) -> str:
        """Always looks: a hold is placed once, and only our own is released."""
        listed = self._fulfillment_orders(gid("Order", note.external_id))
        if held:
            waiting = [one for one in listed if one.get("status") in _HOLDABLE and not _our_holds(one)]
            for one in waiting:
                hold = {"reason": "OTHER", "handle": HOLD_HANDLE, "reasonNotes": note.sentence[:LONGEST_NOTE]}
                given = {"id": one["id"], "hold": hold}
                self._api.change(documents.FULFILLMENT_ORDER_HOLD, given, "fulfillmentOrderHold")
            return SENT if waiting else KNOWN
        released = [(one, holds) for one in listed if (holds := _our_holds(one))]
        for one, holds in released:
            self._api.change(documents.RELEASE_HOLD, {"id": one["id"], "holds": holds}, "fulfillmentOrderReleaseHold")
        return SENT if released else KNOWN

    def report_ready_for_pickup(self, shipped: ShipmentReport, *, check_first: bool) -> str:
        """Shopify writes to the customer. Of a report whose answer was lost nothing shows whether it was taken: it is made again,
        for a customer notified twice comes once, and one never notified does not come."""
        listed = [fulfillment_order_of(one) for one in self._fulfillment_orders(gid("Order", shipped.external_id))]
        ready = [one["id"] for one in listed if one["status"] in OPEN and _has_one_of(one, shipped)]
        if not ready:
            return "nothing there was left to fulfill"
        given = {"lineItemsByFulfillmentOrder": [{"fulfillmentOrderId": gid("FulfillmentOrder", one)} for one in ready]}
        self._api.change(documents.READY_FOR_PICKUP, {"input": given}, "fulfillmentOrderLineItemsPreparedForPickup")
        return SENT


def _our_holds(node: dict[str, Any]) -> list[str]:
    holds = dicts(node.get("fulfillmentHolds"))
    return [str(one["id"]) for one in holds if is_our_hold(one)]


def _has_one_of(fulfillment_order: dict[str, Any], shipped: ShipmentReport) -> bool:
    lines = fulfillment_order["line_items"]
    return not lines or any(
        str(line["line_item_id"]) in shipped.units and line["fulfillable_quantity"] for line in lines
    )
