"""What partners of our own 3PL contract call back with."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from apps.core.strict_json import load_strictly
from apps.core.validation import problems_of
from apps.integrations.errors import CallbackNotUnderstood
from apps.integrations.framework.base import (
    Callback,
    CalledOff,
    DeliveryFailed,
    GoodsArrived,
    GoodsLeft,
    ReportedParcel,
    TakenOn,
    TurnedDown,
    WillNotStop,
)
from apps.orders.canonical import Text64, Text255

MOST_PARCELS, MOST_LINES = 200, 2_000
EXAMPLES = (
    b'{"type": "fulfillment.accepted", "data": {"fulfillment_order": "ful_1", "reference": "P-1"}}',
    b'{"type": "fulfillment.rejected", "data": {"fulfillment_order": "ful_1", "reason": "no_stock"}}',
    b'{"type": "shipment.created", "data": {"fulfillment_order": "ful_1", "reference": "P-1", "shipment": "S-1",'
    b' "carrier": "coastpost", "parcels": [{"tracking_number": "T-1", "lines": [{"line_id": "1", "quantity": 1}]}]}}',
    b'{"type": "shipment.delivered", "data": {"fulfillment_order": "ful_1", "shipment": "S-1"}}',
    b'{"type": "fulfillment.cancelled", "data": {"fulfillment_order": "ful_1"}}',
    b'{"type": "cancel.refused", "data": {"fulfillment_order": "ful_1", "reason": "already_packed"}}',
)


def _whole(value: object) -> object:
    # JSON true is an integer to Python and 1.0 a whole float to pydantic; neither is a count of things.
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("must be a whole number")
    return value


Name = Annotated[str, Field(pattern=r"^[\x21-\x7e]{1,128}$")]
# A code word and no sentence: free text may repeat whom the parcel was for, and reasons are shown and kept.
Reason = Annotated[str, Field(pattern=r"^[a-z0-9_]{1,64}$")]
Units = Annotated[int, BeforeValidator(_whole), Field(ge=1, le=1_000_000)]
Grams = Annotated[int, BeforeValidator(_whole), Field(ge=0, le=10**8)]


class _Body(BaseModel):
    # Fields a later version adds are not understood, and not refused either.
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Line(_Body):
    line_id: Annotated[Text255, Field(min_length=1, max_length=128)]
    quantity: Units


class _Parcel(_Body):
    tracking_number: Annotated[Text255, Field(max_length=128)] = ""
    tracking_url: Annotated[Text255, Field(pattern=r"^(https?://[\x21-\x7e]+)?$")] = ""
    weight_g: Grams = 0
    lines: Annotated[list[_Line], Field(max_length=MOST_LINES)] = []

    def parsed(self) -> ReportedParcel:
        lines = tuple((line.line_id, line.quantity) for line in self.lines)
        return ReportedParcel(self.tracking_number, self.tracking_url, self.weight_g, lines)


class _About(_Body):
    fulfillment_order: Name


class _AcceptedData(_About):
    reference: Name


class _ReasonData(_About):
    reason: Reason = "other"


class _ShipmentData(_About):
    reference: Name
    shipment: Name
    carrier: Text64 = ""
    service: Text64 = ""
    parcels: Annotated[list[_Parcel], Field(min_length=1, max_length=MOST_PARCELS)]


class _ArrivalData(_About):
    shipment: Name


class _FailureData(_ArrivalData):
    reason: Reason = "other"


class _Accepted(_Body):
    type: Literal["fulfillment.accepted"]
    data: _AcceptedData

    def parsed(self) -> Callback:
        return TakenOn(self.data.fulfillment_order, self.data.reference)


class _Rejected(_Body):
    type: Literal["fulfillment.rejected"]
    data: _ReasonData

    def parsed(self) -> Callback:
        return TurnedDown(self.data.fulfillment_order, self.data.reason)


class _Shipped(_Body):
    type: Literal["shipment.created"]
    data: _ShipmentData

    def parsed(self) -> Callback:
        data = self.data
        parcels = tuple(parcel.parsed() for parcel in data.parcels)
        return GoodsLeft(data.fulfillment_order, data.reference, data.shipment, data.carrier, data.service, parcels)


class _Delivered(_Body):
    type: Literal["shipment.delivered"]
    data: _ArrivalData

    def parsed(self) -> Callback:
        return GoodsArrived(self.data.fulfillment_order, self.data.shipment)


class _Failed(_Body):
    type: Literal["shipment.failed"]
    data: _FailureData

    def parsed(self) -> Callback:
        return DeliveryFailed(self.data.fulfillment_order, self.data.shipment, self.data.reason)


class _Cancelled(_Body):
    type: Literal["fulfillment.cancelled"]
    data: _About

    def parsed(self) -> Callback:
        return CalledOff(self.data.fulfillment_order)


class _CancelRefused(_Body):
    type: Literal["cancel.refused"]
    data: _ReasonData

    def parsed(self) -> Callback:
        return WillNotStop(self.data.fulfillment_order, self.data.reason)


_Any = Annotated[
    _Accepted | _Rejected | _Shipped | _Delivered | _Failed | _Cancelled | _CancelRefused,
    Field(discriminator="type"),
]
_CALLBACK: TypeAdapter[_Any] = TypeAdapter(_Any)


def parse(body: bytes) -> Callback:
    """What the message says. Raises MalformedJSON, CallbackNotUnderstood (with pointers)."""
    value = load_strictly(body)
    try:
        return _CALLBACK.validate_python(value).parsed()
    except ValidationError as error:
        raise CallbackNotUnderstood(errors=problems_of(error)) from None
