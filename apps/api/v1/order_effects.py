"""What was set off for an order outside its own row, and how far undoing it has come."""

from __future__ import annotations

from typing import ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from apps.api.v1 import visibility
from apps.api.v1.base import View
from apps.api.v1.shapes.order_effects import OrderEffects, effects_out
from apps.core.api.filters import refuse_unknown
from apps.core.api.schema import described
from apps.orchestration.effects.reading import read_effects


class Effects(View):
    scopes: ClassVar[dict[str, str]] = {"GET": "orders:read"}

    @described("get_order_effects", responses={200: OrderEffects})
    def get(self, request: Request, order_ref: str) -> Response:
        """What was done and undone for an order outside it.

        Stock reserved, work at locations, orders at partners, parcels, updates of the channel, messages to the customer, webhooks
        and the payment: what was attempted, what succeeded, what was compensated and what is pending, with times, who has it, and
        what happens next.
        """
        refuse_unknown(request, frozenset())
        caller = self.caller(request)
        order = visibility.find_order(caller, order_ref)
        return Response(effects_out(read_effects(order, caller)))
