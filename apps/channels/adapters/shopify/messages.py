"""What Shopify's messages look like: topics, ids, wrapping. Pure."""

from __future__ import annotations

from apps.channels.mapping.message_form import Cancelled, MessageForm, Topic, Topics, Wrapping, paths
from apps.channels.mapping.paths import parse_path

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
            "orders/edited": "an edit names no order lines; orders/updated follows it",
            "orders/risk_assessment_changed": "a risk assessment is not an order",
            "orders/shopify_protect_eligibility_changed": "a protection notice is not an order",
        },
    ),
    wrapping=Wrapping(one_under=("order",), many_under=("orders",)),
)
