"""Fulfillment orders of the simulated Shopify: what is still to be sent, from where, and what holds it."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

from ...graphql import connection
from ..base import Order, now
from .nodes import Node, gid, number_of

_OPEN = ("open", "in_progress")


def refusal(message: str, *fields: str, code: str = "") -> Node:
    said: Node = {"field": list(fields) or None, "message": message}
    return said | {"code": code or None}


class FulfillmentDesk:
    """``orders`` are the shop's, in the shape of its webhooks. ``by_order``: fulfillment orders by the order's id, in the shape of
    the REST resource; one is made for an order that has none when it is first asked for. ``received``: what was fulfilled."""

    def __init__(self, orders: dict[str, Order], numbers: itertools.count[int]) -> None:
        self.orders = orders
        self.by_order: dict[str, list[Order]] = {}
        self.received: list[Order] = []
        # Ids of locations that stock nothing: what is to be sent can't be moved there.
        self.keeps_nothing: set[int] = set()
        self._numbers = numbers

    def of(self, order_id: str) -> list[Order]:
        """An order never put here has one without lines."""
        if order_id not in self.by_order:
            number = next(self._numbers)
            lines = [
                self._line(line) for line in self.orders.get(order_id, {}).get("line_items") or [] if line.get("id")
            ]
            self.by_order[order_id] = [{"id": number, "status": "open", "line_items": lines}]
        return self.by_order[order_id]

    def _line(self, line: Order) -> Order:
        left = line.get("fulfillable_quantity", line.get("quantity", 1))
        quantity = max(line.get("quantity", left), left)
        return {
            "id": int(line["id"]) * 10,
            "line_item_id": line["id"],
            "quantity": quantity,
            "fulfillable_quantity": left,
        }

    def nodes(self, order_id: str) -> Any:
        return connection([_node(one) for one in self.of(order_id)])

    def one(self, id: str, **_: Any) -> Node | None:
        found = self._find(id)
        return None if found is None else _node(found[1]) | {"orderId": gid("Order", found[0])}

    def shown_status(self, order_id: str) -> str:
        """What all of its fulfillment orders wait for; empty: not all wait."""
        found = {str(one["status"]) for one in self.by_order.get(order_id, [])}
        return found.pop().upper() if len(found) == 1 and found <= {"on_hold", "scheduled"} else ""

    # --- mutations

    def fulfill(self, fulfillment: Mapping[str, Any], **_: Any) -> Node:
        groups = fulfillment["lineItemsByFulfillmentOrder"]
        found = [self._find(group["fulfillmentOrderId"]) for group in groups]
        wrong = self._wrong(groups, found)
        if wrong:
            return {"fulfillment": None, "userErrors": [refusal(wrong, "fulfillment")]}
        made = self._made(groups, [one for one in found if one], fulfillment)
        self.received.append({"order_id": made["order_id"], **fulfillment})
        return {"fulfillment": {"id": gid("Fulfillment", made["id"])}, "userErrors": []}

    def _wrong(self, groups: list[Node], found: list[tuple[str, Order] | None]) -> str:
        if not groups or not all(found):
            return "Fulfillment order does not exist."
        if len({one[1].get("assigned_location_id") for one in found if one}) > 1:
            return "All fulfillment orders must be assigned to a single location"
        for group, known in zip(groups, found, strict=True):
            assert known is not None
            if known[1]["status"] not in _OPEN:
                return f"Fulfillment order {known[1]['id']} has an unfulfillable status= {known[1]['status']}."
            for line in group.get("fulfillmentOrderLineItems") or []:
                mine = _named(known[1], line["id"])
                if mine is None or not 0 < line["quantity"] <= mine["fulfillable_quantity"]:
                    return "Invalid fulfillment order line item quantity requested."
        return ""

    def _made(self, groups: list[Node], found: list[tuple[str, Order]], given: Mapping[str, Any]) -> Order:
        units: dict[int, int] = {}
        for group, (_, known) in zip(groups, found, strict=True):
            for line in known["line_items"]:
                taken = _taken(group, line)
                line["fulfillable_quantity"] -= taken
                units[line["line_item_id"]] = units.get(line["line_item_id"], 0) + taken
            # One without lines is of an order that was never put here: nobody knows when all of it has left.
            if known["line_items"] and not any(line["fulfillable_quantity"] for line in known["line_items"]):
                known["status"] = "closed"
        tracking = given.get("trackingInfo") or {}
        numbers = tracking.get("numbers") or [tracking[name] for name in ("number",) if tracking.get(name)]
        made = {
            "id": next(self._numbers),
            "order_id": found[0][0],
            "status": "success",
            "tracking_numbers": numbers,
            "tracking_company": tracking.get("company"),
            "line_items": [{"id": line, "quantity": count} for line, count in units.items() if count],
        }
        self._note(found[0][0], made, units)
        return made

    def _note(self, order_id: str, made: Order, units: Mapping[int, int]) -> None:
        order = self.orders.get(order_id)
        if order is None:
            return
        order.setdefault("fulfillments", []).append(made)
        for line in order.get("line_items") or []:
            left = line.get("fulfillable_quantity", line.get("quantity", 1))
            line["fulfillable_quantity"] = max(left - units.get(line["id"], 0), 0)
        whole = not any(line["fulfillable_quantity"] for line in order.get("line_items") or [])
        order.update(fulfillment_status="fulfilled" if whole else "partial", updated_at=now())

    def hold(self, id: str, fulfillment_hold: Mapping[str, Any], **_: Any) -> Node:
        empty = {"fulfillmentHold": None, "fulfillmentOrder": None}
        found = self._find(id)
        if found is None:
            return empty | {
                "userErrors": [refusal("Fulfillment order not found.", "id", code="FULFILLMENT_ORDER_NOT_FOUND")]
            }
        holds = found[1].setdefault("holds", [])
        if any(one["handle"] == fulfillment_hold.get("handle", "") for one in holds):
            said = refusal("The handle is already in use.", "id", code="DUPLICATE_FULFILLMENT_HOLD_HANDLE")
            return empty | {"userErrors": [said]}
        if found[1]["status"] not in (*_OPEN, "on_hold", "scheduled"):
            return empty | {"userErrors": [refusal("The fulfillment order is not in a state that can be held.", "id")]}
        hold = {"id": next(self._numbers), "handle": fulfillment_hold.get("handle", ""), **fulfillment_hold}
        holds.append(hold)
        found[1]["status"] = "on_hold"
        held = {"id": gid("FulfillmentHold", hold["id"])}
        return {"fulfillmentHold": held, "fulfillmentOrder": _node(found[1]), "userErrors": []}

    def release(self, id: str, hold_ids: list[str] | None = None, **_: Any) -> Node:
        found = self._find(id)
        if found is None:
            said = refusal("Fulfillment order not found.", "id", code="FULFILLMENT_ORDER_NOT_FOUND")
            return {"fulfillmentOrder": None, "userErrors": [said]}
        gone = {number_of(one) for one in hold_ids or []}
        found[1]["holds"] = [one for one in found[1].get("holds", []) if gone and str(one["id"]) not in gone]
        if not found[1]["holds"] and found[1]["status"] == "on_hold":
            found[1]["status"] = "open"
        return {"fulfillmentOrder": _node(found[1]), "userErrors": []}

    def move(
        self, id: str, new_location_id: str, fulfillment_order_line_items: list[Node] | None = None, **_: Any
    ) -> Node:
        """All of it, or some of its lines, which become a fulfillment order of their own there."""
        found, place = self._find(id), int(number_of(new_location_id))
        if found is None or found[1]["status"] not in (*_OPEN, "on_hold", "scheduled") or place in self.keeps_nothing:
            said = refusal("The fulfillment order can't be moved.", "id", code="FULFILLMENT_ORDER_NOT_FOUND")
            return {"movedFulfillmentOrder": None, "userErrors": [said]}
        order_id, known = found
        parts = {number_of(one["id"]): one["quantity"] for one in fulfillment_order_line_items or []}
        if not parts or all(parts.get(str(line["id"])) == line["fulfillable_quantity"] for line in known["line_items"]):
            known["assigned_location_id"] = place
            return {"movedFulfillmentOrder": _node(known), "userErrors": []}
        made: Order = {"id": next(self._numbers), "status": "open", "assigned_location_id": place, "line_items": []}
        for line in known["line_items"]:
            if units := parts.get(str(line["id"]), 0):
                line["fulfillable_quantity"] -= units
                line["quantity"] -= units
                number = next(self._numbers)
                made["line_items"].append(line | {"id": number, "quantity": units, "fulfillable_quantity": units})
        self.by_order[order_id].append(made)
        return {"movedFulfillmentOrder": _node(made), "userErrors": []}

    def accept(self, id: str, **_: Any) -> Node:
        return self._request(id, "submitted", "accepted", "in_progress")

    def reject_cancellation(self, id: str, **_: Any) -> Node:
        return self._request(id, "cancellation_requested", "cancellation_rejected", "in_progress")

    def _request(self, id: str, asked: str, answered: str, status: str) -> Node:
        found = self._find(id)
        if found is None or found[1].get("request_status") != asked:
            return {"fulfillmentOrder": None, "userErrors": [refusal("There is no such request to answer.", "id")]}
        found[1].update(request_status=answered, status=status)
        return {"fulfillmentOrder": _node(found[1]), "userErrors": []}

    def prepared(self, input: Mapping[str, Any], **_: Any) -> Node:
        found = [self._find(one["fulfillmentOrderId"]) for one in input["lineItemsByFulfillmentOrder"]]
        for one in found:
            if one is None or one[1]["status"] not in _OPEN:
                return {
                    "userErrors": [refusal("Invalid fulfillment order.", "input", code="FULFILLMENT_ORDER_INVALID")]
                }
            one[1]["prepared"] = True
        return {"userErrors": []}

    def _find(self, global_id: str) -> tuple[str, Order] | None:
        for order_id, listed in self.by_order.items():
            for one in listed:
                if str(one["id"]) == number_of(global_id):
                    return order_id, one
        return None


def _taken(group: Mapping[str, Any], line: Order) -> int:
    """Without lines, all of a fulfillment order is meant."""
    named = group.get("fulfillmentOrderLineItems")
    if not named:
        return int(line["fulfillable_quantity"])
    return sum(one["quantity"] for one in named if number_of(one["id"]) == str(line["id"]))


def _named(known: Order, global_id: str) -> Order | None:
    return next((line for line in known["line_items"] if str(line["id"]) == number_of(global_id)), None)


def _node(one: Order) -> Node:
    location = one.get("assigned_location_id")
    lines = [
        {
            "id": gid("FulfillmentOrderLineItem", line["id"]),
            "totalQuantity": line.get("quantity", line["fulfillable_quantity"]),
            "remainingQuantity": line["fulfillable_quantity"],
            "lineItem": {"id": gid("LineItem", line["line_item_id"])},
        }
        for line in one["line_items"]
    ]
    holds = [
        {"id": gid("FulfillmentHold", hold["id"]), "handle": hold["handle"], "heldByRequestingApp": hold.get("ours", True)}
        for hold in one.get("holds", [])
    ]  # fmt: skip
    return {
        "id": gid("FulfillmentOrder", one["id"]),
        "status": str(one["status"]).upper(),
        "requestStatus": str(one.get("request_status") or "unsubmitted").upper(),
        "assignedLocation": {"location": {"id": gid("Location", location)} if location else None},
        "fulfillmentHolds": holds,
        "lineItems": connection(lines),
    }
