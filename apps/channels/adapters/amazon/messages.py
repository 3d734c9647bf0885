"""What Amazon's messages look like: orders of the Orders API 2026-01-01, those of v0 joined with their items
(``{"order": {…}, "items": […]}``), and notifications that only name an order. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apps.channels.mapping.message_form import Cancelled, MessageForm, Topic, Topics, Wrapping, paths
from apps.channels.mapping.paths import parse_path
from apps.channels.mapping.results import Finding
from apps.core.text import Text

_TO_SHIP = frozenset({"UNSHIPPED", "PARTIALLY_SHIPPED"})
_STATUS = parse_path("fulfillment.fulfillmentStatus")
_BY = parse_path("fulfillment.fulfilledBy")
_NOTIFICATION = parse_path("Payload.OrderChangeNotification")


def ships_here(order: Any) -> bool:
    """Whether something of it is still to be shipped, and by the merchant: only then anybody's address is asked for."""
    return _STATUS.read(order) in _TO_SHIP and _BY.read(order) != "AMAZON"


def only_names(message: Any) -> bool:
    """A notification; or an order to be shipped, without its recipient, as lists give it."""
    if isinstance(_NOTIFICATION.read(message), dict):
        return True
    return isinstance(message, dict) and "recipient" not in message and ships_here(message)


def _gone(message: Mapping[str, Any]) -> str | None:
    order = message.get("order")
    return Text("canceled at Amazon") if isinstance(order, dict) and order.get("OrderStatus") == "Canceled" else None


def _incomplete(message: Mapping[str, Any]) -> Finding | None:
    order = message.get("order")
    if "AmazonOrderId" in message or (isinstance(order, dict) and "AmazonOrderId" in order):
        return Finding(
            "items", Text("the order came without its items"), Text("Fetch its items, join them, hand both in.")
        )
    return None


MESSAGES = MessageForm(
    kind="amazon",
    ids=paths("orderId", "order.AmazonOrderId", "AmazonOrderId", "Payload.OrderChangeNotification.AmazonOrderId"),
    updated=paths("lastUpdatedTime", "order.LastUpdateDate"),
    cancelled=Cancelled(
        status=parse_path("order.OrderStatus"),
        words=frozenset({"canceled"}),
        when=lambda order: _STATUS.read(order) == "CANCELLED",
    ),
    topics=Topics(
        within=parse_path("NotificationType"), about_orders="order_change", meanings={"order_change": Topic.UPDATED}
    ),
    wrapping=Wrapping(envelope="payload", many_under=("Orders",), each_under="order"),
    only_names=only_names,
    gone=_gone,
    incomplete=_incomplete,
)
