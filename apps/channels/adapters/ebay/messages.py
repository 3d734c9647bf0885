"""What eBay's messages look like: orders of the Fulfillment API, and notifications that only name one. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apps.channels.mapping.message_form import Cancelled, MessageForm, Topic, Topics, paths
from apps.channels.mapping.paths import parse_path
from apps.channels.mapping.privacy import PrivacyKind, PrivacyRequest

ACCOUNT_DELETED = "marketplace_account_deletion"
_DATA = parse_path("notification.data")


def only_names(message: Any) -> bool:
    data = _DATA.read(message)
    return isinstance(data, dict) and "orderId" in data


def _privacy(topic: str, message: Any) -> PrivacyRequest | None:
    """Somebody has closed an account: whoever holds data of that user has to erase it."""
    if topic.strip().casefold() != ACCOUNT_DELETED:
        return None
    data = _DATA.read(message)
    said = data if isinstance(data, dict) else {}
    reference = parse_path("notification.notificationId").read(message)
    return PrivacyRequest(
        PrivacyKind.CUSTOMER, customer=str(said.get("username") or ""), reference=str(reference or "")
    )


def _without_person(message: Mapping[str, Any]) -> Mapping[str, Any]:
    notification = message.get("notification")
    number = notification.get("notificationId") if isinstance(notification, dict) else None
    return {"metadata": message.get("metadata"), "notification": {"notificationId": number}}


MESSAGES = MessageForm(
    kind="ebay",
    ids=paths("orderId", "notification.data.orderId"),
    updated=paths("lastModifiedDate"),
    cancelled=Cancelled(status=parse_path("cancelStatus.cancelState"), words=frozenset({"canceled"})),
    topics=Topics(
        within=parse_path("metadata.topic"), about_orders="order", meanings={"order_confirmation": Topic.CREATED}
    ),
    privacy=_privacy,
    without_person=_without_person,
    only_names=only_names,
)
