"""What happens to orders, as facts for the event log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apps.core.outbox import Fact
from apps.orders.models import Order

ACCEPTED = "order.accepted"
REVISED = "order.revised"
AMENDED = "order.amended"
HELD = "order.held"
RESUMED = "order.resumed"
HOLD_RELEASED = "order.hold_released"
VALIDATED = "order.validated"
ROUTED = "order.routed"
UNROUTABLE = "order.unroutable"
UNROUTED = "order.unrouted"
RELEASED = "order.released"
RETRY_ROUTING = "order.routing_resumed"
RETRY_RELEASE = "order.release_resumed"
SHIPPED = "order.shipped"
DELIVERED = "order.delivered"
CANCELLED = "order.cancelled"
REST_CANCELLED = "order.rest_cancelled"
PAYMENT_CHANGED = "order.payment_changed"
PRICE_ACCEPTED = "order.price_accepted"
LINES_CANCELLED = "order.lines_cancelled"
LINE_SUBSTITUTED = "order.line_substituted"
REFUND_AGREED = "order.refund_agreed"
ROUTING_INSTRUCTED = "order.routing_instructed"
RECHECK_ASKED = "order.recheck_asked"
CANCEL_CAME_LATE = "order.cancel_came_late"
FOLLOWED = "order.followed"
CHANGE_CAME_LATE = "order.change_came_late"


def order_fact(name: str, order: Order, data: Mapping[str, Any] | None = None) -> Fact:
    """A fact about ``order``, on its own timeline."""
    return Fact(name=name, subject_id=order.pk, subject_ref=order.public_id, stream=order.public_id, data=data or {})
