"""What BigCommerce's messages look like: webhooks and lists only name an order, which is fetched and joined. Pure."""

from __future__ import annotations

from typing import Any

from apps.channels.mapping.message_form import Cancelled, MessageForm, Topic, Topics, paths
from apps.channels.mapping.paths import parse_path

CANCELLED, DECLINED, REFUNDED = 5, 6, 4


def only_names(message: Any) -> bool:
    """A webhook, or an order as it is listed: what was ordered stands at an address of its own."""
    return isinstance(message, dict) and not isinstance(message.get("products"), list)


def _is_off(order: Any) -> bool:
    if not isinstance(order, dict):
        return False
    return order.get("is_deleted") is True or order.get("status_id") in (CANCELLED, DECLINED, REFUNDED)


MESSAGES = MessageForm(
    kind="bigcommerce",
    ids=paths("id", "data.id"),
    updated=paths("date_modified"),
    zone="UTC",
    cancelled=Cancelled(when=_is_off),
    topics=Topics(
        within=parse_path("scope"),
        about_orders="store/order/",
        meanings={
            "store/order/created": Topic.CREATED,
            "store/order/updated": Topic.UPDATED,
            "store/order/statusupdated": Topic.UPDATED,
            "store/order/archived": Topic.UPDATED,
            "store/order/refund/created": Topic.UPDATED,
        },
        without_order={"store/order/message/created": "a message between shop and customer"},
    ),
    only_names=only_names,
    hooks_only_name=True,
)
