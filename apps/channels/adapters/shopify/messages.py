"""What Shopify's messages look like: topics, ids, wrapping, and what it passes on of people's wishes. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apps.channels.mapping.message_form import Cancelled, MessageForm, Topic, Topics, Wrapping, paths
from apps.channels.mapping.paths import parse_path
from apps.channels.mapping.privacy import PrivacyKind, PrivacyRequest

# Every app has to answer these; they are set in the app itself.
_PRIVACY = {
    "customers/data_request": PrivacyKind.DATA,
    "customers/redact": PrivacyKind.CUSTOMER,
    "shop/redact": PrivacyKind.SHOP,
}
_OURS = "we have said that ourselves"
# Whatever happened to an order besides: what it is now is asked for. Fulfillment orders are named by their global ids.
_ORDER_ID = paths("order_id")
_FULFILLMENT_ORDER = paths(
    "fulfillment_order.order_id", "fulfillment_order.id", "submitted_fulfillment_order.id", "moved_fulfillment_order.id",
    "original_fulfillment_order.id",
)  # fmt: skip


def _privacy(topic: str, payload: Any) -> PrivacyRequest | None:
    kind = _PRIVACY.get(topic.strip().casefold())
    if kind is None or not isinstance(payload, dict):
        return None
    listed = payload.get("orders_to_redact") or payload.get("orders_requested") or []
    return PrivacyRequest(
        kind,
        customer=_id(payload.get("customer")),
        orders=tuple(str(one) for one in listed if isinstance(one, int | str)),
        reference=_id(payload.get("data_request")),
    )


def _id(named: Any) -> str:
    return str(named.get("id") or "") if isinstance(named, dict) else ""


def _without_person(payload: Mapping[str, Any]) -> dict[str, Any]:
    kept = {
        name: payload[name]
        for name in ("shop_id", "shop_domain", "orders_to_redact", "orders_requested")
        if name in payload
    }
    return kept | {name: {"id": _id(payload[name])} for name in ("customer", "data_request") if payload.get(name)}


MESSAGES = MessageForm(
    kind="shopify",
    ids=paths("id"),
    updated=paths("updated_at"),
    cancelled=Cancelled(when_present=parse_path("cancelled_at")),
    topics=Topics(
        headers=("x-shopify-topic", "shopify-topic"),
        about_orders="orders/",
        meanings={
            "orders/create": Topic.CREATED,
            "orders/updated": Topic.UPDATED,
            "orders/partially_fulfilled": Topic.UPDATED,
            "orders/cancelled": Topic.CANCELLED,
            "orders/delete": Topic.DELETED,
            "orders/paid": Topic.PAID,
            "orders/fulfilled": Topic.FULFILLED,
        },
        without_order={
            "orders/shopify_protect_eligibility_changed": "a protection notice is not an order",
            "fulfillment_orders/split": "its parts are seen when a shipment is reported",
            "fulfillment_orders/merged": "its parts are seen when a shipment is reported",
            "fulfillment_orders/line_items_prepared_for_pickup": _OURS,
            "fulfillment_orders/fulfillment_request_accepted": _OURS,
            "fulfillment_orders/cancellation_request_rejected": _OURS,
        },
        naming={
            "orders/edited": paths("order_edit.order_id"),
            "orders/risk_assessment_changed": _ORDER_ID,
            "refunds/create": _ORDER_ID,
            "fulfillment_orders/placed_on_hold": _FULFILLMENT_ORDER,
            "fulfillment_orders/hold_released": _FULFILLMENT_ORDER,
            "fulfillment_orders/rescheduled": _FULFILLMENT_ORDER,
            "fulfillment_orders/scheduled_fulfillment_order_ready": _FULFILLMENT_ORDER,
            "fulfillment_orders/moved": _FULFILLMENT_ORDER,
            "fulfillment_orders/cancelled": _FULFILLMENT_ORDER,
            "fulfillment_orders/fulfillment_request_submitted": _FULFILLMENT_ORDER,
            "fulfillment_orders/cancellation_request_submitted": _FULFILLMENT_ORDER,
        },
    ),
    wrapping=Wrapping(one_under=("order",), many_under=("orders",)),
    privacy=_privacy,
    without_person=_without_person,
    account=("x-shopify-shop-domain", "shopify-shop-domain"),
)
