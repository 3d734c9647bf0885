"""What can be done to an order: hold, release, cancel."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field
from rest_framework.request import Request
from rest_framework.response import Response

from apps.api.v1 import visibility
from apps.api.v1.base import View
from apps.api.v1.proposing import done_or_proposed
from apps.api.v1.shapes.casework import ProposedOut
from apps.api.v1.shapes.orders import HoldOut, OrderSummary, hold
from apps.casework.resolutions.direct.holds import release_hold_within_limits
from apps.casework.resolutions.direct.orders import do_to_order
from apps.core.api.bodies import BodyModel
from apps.core.api.conditions import expected_version
from apps.core.api.idempotency import Reply
from apps.core.api.schema import described
from apps.orders.canonical import Text255
from apps.orders.services import place_hold
from apps.orders.states import HoldReason


class HoldBody(BodyModel):
    reason: HoldReason = HoldReason.MANUAL
    note: Text255 = ""


class ReleaseBody(BodyModel):
    """``reason`` of the hold to release."""

    reason: HoldReason
    note: Text255 = ""


class CancelBody(BodyModel):
    reason: Annotated[Text255, Field(min_length=1)]


class Holds(View):
    scopes: ClassVar[dict[str, str]] = {"POST": "orders:hold"}

    @described("hold_order", body=HoldBody, responses={201: HoldOut}, key=False)
    def post(self, request: Request, order_ref: str) -> Response:
        """Block an order until the hold is released.

        A second hold for the same reason is the first one.
        """
        body, caller = self.body(HoldBody, request), self.caller(request)
        order = visibility.find_order(caller, order_ref)

        def work() -> Reply:
            return Reply(hold(place_hold(order.pk, reason=body.reason, note=body.note, actor=caller.actor)), 201)

        return self.respond(request, work)


class ReleaseHold(View):
    scopes: ClassVar[dict[str, str]] = {"POST": "orders:release"}

    @described("release_hold", body=ReleaseBody, responses={200: OrderSummary, 202: ProposedOut}, key=False)
    def post(self, request: Request, order_ref: str) -> Response:
        """Take one hold away.

        With the last one gone the order goes on from where it stood. The limits are those of its case. 202: it was beyond the
        caller's and waits for somebody's approval; `beyond_limits` (403): it is not theirs to do, and says whose.
        """
        body, caller = self.body(ReleaseBody, request), self.caller(request)
        order = visibility.find_order(caller, order_ref)

        def work() -> Reply:
            made = release_hold_within_limits(order.pk, reason=body.reason, note=body.note, caller=caller)
            return done_or_proposed(made, caller, request)

        return self.respond(request, work)


class Cancel(View):
    scopes: ClassVar[dict[str, str]] = {"POST": "orders:cancel"}

    @described("cancel_order", body=CancelBody, responses={200: OrderSummary, 202: ProposedOut}, key=False, match=False)
    def post(self, request: Request, order_ref: str) -> Response:
        """Cancel an order, or what has not left of it; twice is once.

        Work in our own nodes stops at once; partners that have it in hand are asked to stop. Where part of it has left, the
        order keeps its state and ends with its parcels: `rest_cancelled_at` says so, and a case is opened about what is on
        its way. Refused as `order_not_cancellable` once all of it has left.
        202: it was beyond the caller's limits and waits for somebody's approval.
        """
        expected = expected_version(request, required=False)
        body, caller = self.body(CancelBody, request), self.caller(request)
        order = visibility.find_order(caller, order_ref)

        def work() -> Reply:
            made = do_to_order(
                order.pk,
                code="cancel_order",
                params={"reason": body.reason},
                expected_version=expected,
                reason=body.reason,
                caller=caller,
            )
            return done_or_proposed(made, caller, request)

        return self.respond(request, work)
