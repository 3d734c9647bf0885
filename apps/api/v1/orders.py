"""Orders."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from apps.api.v1.base import View, tagged
from apps.api.v1.rendering import accepted_order, order_detail
from apps.channels.services.direct import take_direct_order
from apps.core.api.bodies import parse_body
from apps.core.api.idempotency import idempotent
from apps.core.errors import InvalidInput
from apps.fulfillment.models import FulfillmentOrder
from apps.orders import selectors
from apps.orders.canonical import CanonicalOrder
from apps.orders.models import OrderContact


class Orders(View):
    """Create and list orders."""

    scopes = {"GET": "orders:read", "POST": "orders:write"}

    def post(self, request: Request) -> Response:
        """Take one order in: 201 when new, 200 with the existing one for a repeated (channel, external id)."""
        data = request.data
        channel, canonical = _split(data)
        caller = self.caller(request)

        def work() -> tuple[int, dict[str, Any]]:
            accepted = take_direct_order(canonical, channel=channel, raw=request._request.body, caller=caller)
            return (201 if accepted.created else 200), accepted_order(accepted.order, canonical)

        return idempotent(request, caller.actor.name, request._request.body, work)


def _split(data: Any) -> tuple[str, CanonicalOrder]:
    """The channel's code and the order. Raises InvalidInput."""
    if not isinstance(data, dict):
        raise InvalidInput(errors=[{"pointer": "", "detail": "must be an object", "code": "model_type"}])
    channel = data.get("channel")
    if not isinstance(channel, str) or not channel:
        raise InvalidInput(errors=[{"pointer": "/channel", "detail": "is required", "code": "missing"}])
    return channel, parse_body(CanonicalOrder, {key: value for key, value in data.items() if key != "channel"})


class OneOrder(View):
    """One order whole."""

    scopes = {"GET": "orders:read"}

    def get(self, request: Request, order_ref: str) -> Response:
        order = selectors.order_by_ref(order_ref)
        rows = FulfillmentOrder.objects.filter(order=order).select_related("node").order_by("pk")
        body = order_detail(
            order,
            lines=selectors.lines_by_order([order.pk])[order.pk],
            contacts=OrderContact.objects.filter(order=order),
            holds=order.holds.order_by("pk"),
            fulfillment_orders=rows.prefetch_related("lines__sku", "lines__order_line"),
        )
        return tagged(body, order.version)
