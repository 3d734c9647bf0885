"""Fulfillment orders, as a node's own software works through them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, ClassVar

from django.db.models import QuerySet
from pydantic import Field
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.caller import Caller
from apps.api.v1 import examples, visibility
from apps.api.v1.base import Listing, View
from apps.api.v1.contents import LineUnits, NamedLine, lines_meant, units_by_line
from apps.api.v1.shapes.fulfillment import (
    FulfillmentOrderOut,
    FulfillmentOrderPage,
    FulfillmentOrderSummary,
    ShipmentSummary,
    fulfillment_order,
    fulfillment_order_summary,
    fulfillment_orders,
    shipment_summary,
    with_names,
)
from apps.core.api.bodies import BodyModel
from apps.core.api.filters import AnyOf, Filters, Text
from apps.core.api.idempotency import Reply
from apps.core.api.schema import described
from apps.fulfillment.models import FulfillmentOrder
from apps.fulfillment.services import (
    Parcel,
    accept_fulfillment_order,
    pack_fulfillment_order,
    pick_fulfillment_order,
    reject_fulfillment_order,
    ship_fulfillment_order,
)
from apps.fulfillment.states import FulfillmentState, RejectReason, RequestState
from apps.orders.canonical import Identifier, Text64, Text255


class RejectBody(BodyModel):
    """``absent``: with ``no_stock``, the lines whose goods are not there; none named: all of them."""

    reason: RejectReason
    note: Text255 = ""
    absent: Annotated[list[NamedLine], Field(max_length=2_000)] = []


class PickBody(BodyModel):
    """``missing``: what could not be found; it is cut off here and routed elsewhere."""

    missing: Annotated[list[LineUnits], Field(max_length=2_000)] = []


class ParcelBody(BodyModel):
    """``lines`` empty on the only parcel: all that is left."""

    tracking_number: Annotated[Text255, Field(max_length=128)] = ""
    tracking_url: Annotated[str, Field(max_length=500)] = ""
    weight_g: Annotated[int, Field(ge=0, le=10**8)] = 0
    lines: Annotated[list[LineUnits], Field(max_length=2_000)] = []


class ShipBody(BodyModel):
    """``external_id`` is your id of the shipment; the same one again is the same shipment."""

    external_id: Identifier
    carrier: Text64 = ""
    service: Text64 = ""
    parcels: Annotated[list[ParcelBody], Field(min_length=1, max_length=100)]


class FulfillmentOrderFilters(Filters):
    node = Text(field_name="node__code", help_text="the node's code")
    state = AnyOf(FulfillmentState.choices, field_name="state")
    request_state = AnyOf(RequestState.choices, field_name="request_state")
    order = Text(field_name="order__public_id", help_text="the order's id")


class FulfillmentOrders(Listing[FulfillmentOrder]):
    scopes: ClassVar[dict[str, str]] = {"GET": "fulfillment:read"}
    filters = FulfillmentOrderFilters
    sorts: ClassVar[dict[str, str]] = {"-created_at": "pk", "entered_state_at": "entered_state_at"}
    page = FulfillmentOrderPage

    def rows(self, caller: Caller) -> QuerySet[FulfillmentOrder]:
        return with_names(visibility.fulfillment_orders(caller))

    def render(self, rows: list[FulfillmentOrder], caller: Caller) -> list[FulfillmentOrderOut]:
        return fulfillment_orders(rows)


class OneFulfillmentOrder(View):
    scopes: ClassVar[dict[str, str]] = {"GET": "fulfillment:read"}

    @described("get_fulfillment_order", responses={200: FulfillmentOrderOut})
    def get(self, request: Request, fulfillment_order_ref: str) -> Response:
        """One fulfillment order with its lines."""
        row = visibility.find_fulfillment_order(self.caller(request), fulfillment_order_ref)
        return self.tagged(fulfillment_order(row), row.version)


class _Working(View):
    """A verb of the node: find, do, answer with how it stands then."""

    scopes: ClassVar[dict[str, str]] = {"POST": "fulfillment:write"}

    def done(self, request: Request, ref: str, do: Callable[[int], FulfillmentOrder]) -> Response:
        found = visibility.find_fulfillment_order(self.caller(request), ref)

        def work() -> Reply:
            row = do(found.pk)
            return Reply.tagged(fulfillment_order_summary(row, row.order.public_id), row.version)

        return self.respond(request, work)


class Accept(_Working):
    @described("accept_fulfillment_order", responses={200: FulfillmentOrderSummary}, key=False)
    def post(self, request: Request, fulfillment_order_ref: str) -> Response:
        """The node takes the work. Twice is once."""
        actor = self.caller(request).actor
        return self.done(request, fulfillment_order_ref, lambda pk: accept_fulfillment_order(pk, actor=actor))


class Reject(_Working):
    @described("reject_fulfillment_order", body=RejectBody, responses={200: FulfillmentOrderSummary}, key=False)
    def post(self, request: Request, fulfillment_order_ref: str) -> Response:
        """The node says no; the lines are routed elsewhere.

        What is not in stock is written off and its level relied on by no order until somebody counts it.
        """
        body, actor = self.body(RejectBody, request), self.caller(request).actor

        def reject(pk: int) -> FulfillmentOrder:
            absent = lines_meant(pk, "/absent", body.absent)
            return reject_fulfillment_order(pk, reason=body.reason, note=body.note, absent=absent, actor=actor)

        return self.done(request, fulfillment_order_ref, reject)


class Pick(_Working):
    @described("pick_fulfillment_order", body=PickBody, responses={200: FulfillmentOrderSummary}, key=False)
    def post(self, request: Request, fulfillment_order_ref: str) -> Response:
        """Picked, all or short.

        What is missing is cut off this fulfillment order and routed elsewhere.
        """
        body, actor = self.body(PickBody, request), self.caller(request).actor

        def pick(pk: int) -> FulfillmentOrder:
            (missing,) = units_by_line(pk, [("/missing", body.missing)])
            return pick_fulfillment_order(pk, missing=missing, actor=actor)

        return self.done(request, fulfillment_order_ref, pick)


class Pack(_Working):
    @described("pack_fulfillment_order", responses={200: FulfillmentOrderSummary}, key=False)
    def post(self, request: Request, fulfillment_order_ref: str) -> Response:
        """Packed and ready to leave. Twice is once."""
        actor = self.caller(request).actor
        return self.done(request, fulfillment_order_ref, lambda pk: pack_fulfillment_order(pk, actor=actor))


class Ship(View):
    scopes: ClassVar[dict[str, str]] = {"POST": "fulfillment:write"}

    @described(
        "ship_fulfillment_order", body=ShipBody, responses={201: ShipmentSummary}, key=False, examples=examples.SHIP
    )
    def post(self, request: Request, fulfillment_order_ref: str) -> Response:
        """Confirm that goods left.

        Several parcels name their lines; a single one without lines holds all that is left. The same `external_id`
        again gets the same shipment.
        """
        body, caller = self.body(ShipBody, request), self.caller(request)
        pk = visibility.fulfillment_order_pk(caller, fulfillment_order_ref)

        def work() -> Reply:
            row = ship_fulfillment_order(
                pk,
                external_id=body.external_id,
                parcels=_parcels(pk, body.parcels),
                carrier=body.carrier,
                service=body.service,
                actor=caller.actor,
            )
            return Reply(shipment_summary(row, fulfillment_order_ref), status=201)

        return self.respond(request, work)


def _parcels(fulfillment_order_id: int, given: list[ParcelBody]) -> list[Parcel]:
    return parcels_holding(given, units_by_line(fulfillment_order_id, lines_given(given)))


def lines_given(given: list[ParcelBody], at: str = "") -> list[tuple[str, list[LineUnits]]]:
    """The lines each parcel names, with the pointer to them."""
    return [(f"{at}/parcels/{n}/lines", one.lines) for n, one in enumerate(given)]


def parcels_holding(given: list[ParcelBody], contents: list[dict[int, int]]) -> list[Parcel]:
    """The parcels as the service takes them, each with its units by fulfillment line pk."""
    return [
        Parcel(one.tracking_number, one.tracking_url, one.weight_g, units)
        for one, units in zip(given, contents, strict=True)
    ]
