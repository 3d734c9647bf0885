"""Fulfillment orders, as a node's own software works through them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from rest_framework.request import Request
from rest_framework.response import Response

from apps.api.v1.base import BodyModel, View
from apps.api.v1.rendering import moment
from apps.core.retrying import in_transaction
from apps.fulfillment import selectors
from apps.fulfillment.services import Parcel, ship_fulfillment_order
from apps.orders.canonical import Identifier, Text64, Text255


class ParcelBody(BodyModel):
    tracking_number: Text255 = ""
    tracking_url: Annotated[str, Field(max_length=500)] = ""
    weight_g: Annotated[int, Field(ge=0, le=10**8)] = 0


class ShipBody(BodyModel):
    """``external_id`` is your id of the shipment; the same one again is the same shipment."""

    external_id: Identifier
    carrier: Text64 = ""
    service: Text64 = ""
    parcels: Annotated[list[ParcelBody], Field(min_length=1, max_length=100)]


class Ship(View):
    """Confirm that goods left."""

    scopes = {"POST": "fulfillment:write"}

    def post(self, request: Request, fulfillment_order_ref: str) -> Response:
        body, caller = self.body(ShipBody, request), self.caller(request)
        pk = selectors.pk_of(fulfillment_order_ref)
        parcels = [Parcel(p.tracking_number, p.tracking_url, p.weight_g) for p in body.parcels]
        row = in_transaction(
            lambda: ship_fulfillment_order(
                pk,
                external_id=body.external_id,
                parcels=parcels,
                carrier=body.carrier,
                service=body.service,
                actor=caller.actor,
            )
        )
        answer = {"id": row.public_id, "fulfillment_order": fulfillment_order_ref, "state": row.state}
        return Response({**answer, "shipped_at": moment(row.shipped_at)}, status=201)
