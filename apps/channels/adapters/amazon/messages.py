"""What Amazon's orders look like, joined with their items: ``{"order": {…}, "items": […]}``. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apps.channels.mapping.message_form import Cancelled, MessageForm, Topic, Topics, Wrapping, paths
from apps.channels.mapping.paths import parse_path
from apps.channels.mapping.results import Finding


def _gone(message: Mapping[str, Any]) -> str | None:
    order = message.get("order")
    return "canceled at Amazon" if isinstance(order, dict) and order.get("OrderStatus") == "Canceled" else None


def _incomplete(message: Mapping[str, Any]) -> Finding | None:
    order = message.get("order")
    if "AmazonOrderId" in message or (isinstance(order, dict) and "AmazonOrderId" in order):
        return Finding("items", "the order came without its items", "Fetch its items, join them, hand both in.")
    return None


MESSAGES = MessageForm(
    kind="amazon",
    ids=paths("order.AmazonOrderId", "AmazonOrderId"),
    updated=paths("order.LastUpdateDate"),
    cancelled=Cancelled(status=parse_path("order.OrderStatus"), words=frozenset({"canceled"})),
    topics=Topics(about_orders="order", meanings={"order_change": Topic.UPDATED}),
    wrapping=Wrapping(envelope="payload", many_under=("Orders",), each_under="order"),
    gone=_gone,
    incomplete=_incomplete,
)
