"""Shipments: what left, and how it fared."""

from __future__ import annotations

from typing import Annotated, ClassVar

from django.db.models import QuerySet
from pydantic import Field
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.caller import Caller
from apps.api.v1 import examples, visibility
from apps.api.v1.base import Listing, View
from apps.api.v1.shapes.fulfillment import (
    ShipmentOut,
    ShipmentPage,
    ShipmentSummary,
    WaveResult,
    shipment,
    shipment_summary,
)
from apps.api.v1.waves import WaveBody, confirm_wave
from apps.core.api.bodies import BodyModel
from apps.core.api.filters import AnyOf, Filters, Text
from apps.core.api.idempotency import Reply
from apps.core.api.schema import described
from apps.fulfillment.models import Shipment
from apps.fulfillment.services import deliver_shipment, fail_delivery
from apps.fulfillment.states import ShipmentState
from apps.orders.canonical import Text255


class FailedBody(BodyModel):
    reason: Annotated[Text255, Field(min_length=1, max_length=100)]


class ShipmentFilters(Filters):
    order = Text(field_name="fulfillment_order__order__public_id", help_text="the order's id")
    fulfillment_order = Text(field_name="fulfillment_order__public_id", help_text="the fulfillment order's id")
    node = Text(field_name="fulfillment_order__node__code", help_text="the node's code")
    state = AnyOf(ShipmentState.choices, field_name="state")
    tracking_number = Text(field_name="packages__tracking_number", distinct=True)


def _whole(rows: QuerySet[Shipment]) -> QuerySet[Shipment]:
    related = rows.select_related("fulfillment_order__order", "fulfillment_order__node")
    return related.prefetch_related("packages")


class Shipments(Listing[Shipment]):
    scopes: ClassVar[dict[str, str]] = {"GET": "fulfillment:read", "POST": "fulfillment:write"}
    filters = ShipmentFilters
    sorts: ClassVar[dict[str, str]] = {"-shipped_at": "pk"}
    page = ShipmentPage

    def rows(self, caller: Caller) -> QuerySet[Shipment]:
        return _whole(visibility.shipments(caller))

    def render(self, rows: list[Shipment], caller: Caller) -> list[ShipmentOut]:
        return [shipment(row) for row in rows]

    @described("ship_wave", body=WaveBody, responses={200: WaveResult}, key=False, examples=examples.WAVE)
    def post(self, request: Request) -> Response:
        """Confirm up to 100 shipments at once.

        Each as `POST /fulfillment-orders/{id}/ship` would. A refused one is named with its reason and the others go
        through; sent again, those that went through return the same shipments.
        """
        body, caller = self.body(WaveBody, request), self.caller(request)
        return self.respond(request, lambda: Reply(confirm_wave(body, caller)))


class OneShipment(View):
    scopes: ClassVar[dict[str, str]] = {"GET": "fulfillment:read"}

    @described("get_shipment", responses={200: ShipmentOut})
    def get(self, request: Request, shipment_ref: str) -> Response:
        """One shipment with its packages."""
        return Response(shipment(visibility.find_shipment(self.caller(request), shipment_ref)))


class Delivered(View):
    scopes: ClassVar[dict[str, str]] = {"POST": "fulfillment:write"}

    @described("deliver_shipment", responses={200: ShipmentSummary}, key=False)
    def post(self, request: Request, shipment_ref: str) -> Response:
        """A shipment has arrived. Twice is once."""
        caller = self.caller(request)
        found = visibility.find_shipment(caller, shipment_ref)

        def work() -> Reply:
            row = deliver_shipment(found.public_id, actor=caller.actor)
            return Reply(shipment_summary(row, found.fulfillment_order.public_id))

        return self.respond(request, work)


class Failed(View):
    scopes: ClassVar[dict[str, str]] = {"POST": "fulfillment:write"}

    @described("fail_shipment", body=FailedBody, responses={200: ShipmentSummary}, key=False)
    def post(self, request: Request, shipment_ref: str) -> Response:
        """The carrier gave up; a person has to decide. Twice is once."""
        body, caller = self.body(FailedBody, request), self.caller(request)
        found = visibility.find_shipment(caller, shipment_ref)

        def work() -> Reply:
            row = fail_delivery(found.public_id, reason=body.reason, actor=caller.actor)
            return Reply(shipment_summary(row, found.fulfillment_order.public_id))

        return self.respond(request, work)
