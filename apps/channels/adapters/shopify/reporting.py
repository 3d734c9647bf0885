"""What is reported to Shopify about its orders."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from apps.channels.adapters.shopify import documents
from apps.channels.adapters.shopify.base import ShopifyApi
from apps.channels.adapters.shopify.fulfilling import elsewhere, plan_of
from apps.channels.adapters.shopify.gids import gid
from apps.channels.adapters.shopify.nodes import fulfillment_order_of, next_of, nodes_of, units_of
from apps.channels.adapters.shopify.settings import ShopifySettings
from apps.channels.errors import ShopDeclined, ShopNotReady
from apps.channels.framework.json_values import dicts
from apps.channels.framework.shop import OrderNote, ShipmentReport

SENT, KNOWN = "sent to the shop", "the shop had it already"
_ANSWERS = {
    "submitted": (documents.ACCEPT_REQUEST, "fulfillmentOrderAcceptFulfillmentRequest"),
    "cancellation_requested": (documents.REJECT_CANCELLATION, "fulfillmentOrderRejectCancellationRequest"),
}
FULFILLMENT_ORDERS_ON_A_PAGE = {"first": 5, "lines": 40}
_NEVER_WAS = frozenset({"CANCELLED", "ERROR", "FAILURE"})


class Reports(ShopifyApi):
    def report_shipment(self, shipped: ShipmentReport, *, check_first: bool) -> str:
        """One fulfillment for each of the shop's locations the lines are at. What is on hold there is reported when the hold
        ends; what the shop does not list is left to a person."""
        order, reported = gid("Order", shipped.external_id), Counter(shipped.reported)
        if check_first:
            reported |= self._already_reported(order, shipped)
        listed = self._at_our_location(order, shipped, Counter(shipped.units) - reported)
        plan = plan_of(listed, Counter(shipped.units) - reported, Counter(shipped.before) + reported)
        self._answer_requests(listed, plan.groups)
        for group in plan.groups:
            given = {"fulfillment": self._fulfillment(group, shipped)}
            self._api.change(documents.FULFILLMENT_CREATE, given, "fulfillmentCreate")
        if plan.left:
            raise ShopNotReady(
                channel=self._connection.channel, units=plan.left, reason=plan.why, reported=reported + plan.units
            )
        if plan.groups:
            return SENT
        return KNOWN if reported else "nothing there was left to fulfill"

    def _answer_requests(self, listed: Sequence[dict[str, Any]], groups: Sequence[list[dict[str, Any]]]) -> None:
        """A merchant asks a fulfillment service to ship, or not to ship any more, and waits for a yes or no. That it has shipped is
        both: what is asked for is accepted first, what is asked back is refused."""
        shipping = {one["fulfillment_order_id"] for group in groups for one in group}
        for one in listed:
            answer = _ANSWERS.get(str(one["request_status"])) if one["id"] in shipping else None
            if answer is not None:
                self._api.change(answer[0], {"id": gid("FulfillmentOrder", one["id"])}, answer[1])

    def _at_our_location(self, order: str, shipped: ShipmentReport, units: Counter[str]) -> list[dict[str, Any]]:
        """Its fulfillment orders, those at the location the goods left from first, after what was elsewhere was moved there.
        Where that is declined, for the shop keeps none there, they stay."""
        listed = [fulfillment_order_of(one) for one in self._fulfillment_orders(order)]
        settings = self._connection.settings
        location = settings.location_of(shipped.node) if isinstance(settings, ShopifySettings) else ""
        moved = 0
        for one, lines in elsewhere(listed, units, location) if location else []:
            given = {
                "id": gid("FulfillmentOrder", one),
                "location": gid("Location", location),
                "lines": [_line(line) for line in lines],
            }
            with suppress(ShopDeclined):
                self._api.change(documents.FULFILLMENT_ORDER_MOVE, given, "fulfillmentOrderMove")
                moved += 1
        if moved:
            listed = [fulfillment_order_of(one) for one in self._fulfillment_orders(order)]
        return sorted(listed, key=lambda one: bool(location) and str(one["assigned_location_id"]) != location)

    def report_cancellation(self, external_id: str, *, check_first: bool) -> str:
        """Always looks: cancelling twice is refused there. Nothing is refunded."""
        known = self._order(external_id)
        if known.get("cancelledAt"):
            return "it was cancelled there already"
        settings = self._connection.settings
        given = {
            "id": gid("Order", external_id),
            "notify": settings.notify_customer,
            "restock": isinstance(settings, ShopifySettings) and settings.restock_cancelled,
        }
        self._api.change(documents.ORDER_CANCEL, given, "orderCancel", errors="orderCancelUserErrors")
        return SENT

    def add_note(self, note: OrderNote, *, check_first: bool) -> str:
        """Added to the order's note: editing its lines would change what the customer owes, which is decided there. Always looks,
        because the note is replaced whole."""
        said = str(self._order(note.external_id).get("note") or "")
        if note.text in said:
            return KNOWN
        whole = "\n".join(part for part in (said, note.text) if part)
        self._api.change(
            documents.ORDER_NOTE, {"input": {"id": gid("Order", note.external_id), "note": whole}}, "orderUpdate"
        )
        return SENT

    def _order(self, external_id: str) -> dict[str, Any]:
        """What is known there of the order; raises ShopDeclined where there is none."""
        return self._found(self._api.ask(documents.ORDER_STATE, {"id": gid("Order", external_id)}).data.get("order"))

    def _found(self, order: Any) -> dict[str, Any]:
        if isinstance(order, dict):
            return order
        raise self._api.declined("order", ["It has no order of that id"])

    def _fulfillment_orders(self, order: str) -> list[dict[str, Any]]:
        found, mark = list[dict[str, Any]](), ""
        while True:
            asked = {"id": order, "after": mark or None}
            answer = self._ask_in_sizes(documents.FULFILLMENT_ORDERS, asked, FULFILLMENT_ORDERS_ON_A_PAGE)
            listed = self._found(answer.data.get("order")).get("fulfillmentOrders")
            found += [self._with_all_of(one, "fulfillmentOrder", "lineItems") for one in nodes_of(listed)]
            mark = next_of(listed)
            if not mark:
                return found

    def _with_all_of(self, node: dict[str, Any], root: str, lines: str) -> dict[str, Any]:
        """One with the pages of its lines after the first."""
        document = documents.FULFILLMENT_ORDER_LINES if root == "fulfillmentOrder" else documents.FULFILLMENT_LINES
        known, mark = nodes_of(node.get(lines)), next_of(node.get(lines))
        while mark or lines not in node:
            answer = self._api.ask(document, {"id": node["id"], "after": mark or None}).data.get(root) or {}
            known += nodes_of(answer.get(lines))
            mark, node = next_of(answer.get(lines)), {**node, lines: None}
        return {**node, lines: {"nodes": known}}

    def _already_reported(self, order: str, shipped: ShipmentReport) -> Counter[str]:
        """By the tracking number: the units the shop has of it. Without a number, lines reported before have no quantity left
        and are not reported again."""
        listed = self._found(self._api.ask(documents.FULFILLMENTS_THERE, {"id": order}).data.get("order"))
        ours = {parcel.number for parcel in shipped.parcels if parcel.number}
        found: Counter[str] = Counter()
        for one in dicts(listed.get("fulfillments")):
            numbers = [str(info.get("number") or "") for info in dicts(one.get("trackingInfo"))]
            theirs = {number.strip() for text in numbers for number in text.split(",")}
            if ours & theirs and one.get("status") not in _NEVER_WAS:
                for line, count in units_of(self._with_all_of(one, "fulfillment", "fulfillmentLineItems")):
                    found[line] += count
        return found

    def _fulfillment(self, group: list[dict[str, Any]], shipped: ShipmentReport) -> dict[str, Any]:
        body: dict[str, Any] = {
            "lineItemsByFulfillmentOrder": [_named(one) for one in group],
            "notifyCustomer": self._connection.settings.notify_customer,
        }
        tracking = _tracking(shipped)
        return body | {"trackingInfo": tracking} if tracking else body


def _named(group: dict[str, Any]) -> dict[str, Any]:
    named: dict[str, Any] = {"fulfillmentOrderId": gid("FulfillmentOrder", group["fulfillment_order_id"])}
    lines = group.get("fulfillment_order_line_items")
    if lines:
        named["fulfillmentOrderLineItems"] = [_line(line) for line in lines]
    return named


def _line(line: dict[str, Any]) -> dict[str, Any]:
    return {"id": gid("FulfillmentOrderLineItem", line["id"]), "quantity": line["quantity"]}


def _tracking(shipped: ShipmentReport) -> dict[str, Any]:
    """Numbers and addresses belong together by their places, so addresses are given only where each parcel has one."""
    numbered = [parcel for parcel in shipped.parcels if parcel.number]
    if not numbered:
        return {}
    tracking: dict[str, Any] = {"numbers": [parcel.number for parcel in numbered]}
    if all(parcel.url for parcel in numbered):
        tracking["urls"] = [parcel.url for parcel in numbered]
    if numbered[0].carrier:
        tracking["company"] = numbered[0].carrier
    return tracking
