"""A wave of shipments in one body: each row is read on its own, and a wrong one spoils no other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import Field

from apps.accounts.caller import Caller
from apps.api.v1 import visibility
from apps.api.v1.contents import named_lines, resolved_units
from apps.api.v1.fulfillment import ShipBody, lines_given, parcels_holding
from apps.api.v1.shapes.fulfillment import WaveResult, departure, wave_result
from apps.core.api.bodies import BodyModel
from apps.core.errors import DomainError
from apps.fulfillment.errors import FulfillmentOrderNotFound
from apps.fulfillment.models import FulfillmentLine, Shipment
from apps.fulfillment.services import Departure, ship_in_bulk
from apps.orders.canonical import Identifier

MOST_DEPARTURES = 100


class DepartureBody(ShipBody):
    """One shipment of a wave. ``external_id`` is your id of the shipment; the same one again is the same shipment."""

    fulfillment_order: Identifier


class WaveBody(BodyModel):
    items: Annotated[list[DepartureBody], Field(min_length=1, max_length=MOST_DEPARTURES)]


def confirm_wave(body: WaveBody, caller: Caller) -> WaveResult:
    """Ship what can be shipped, and say of each what became of it."""
    results = _ship(_read(body.items, caller), caller)
    pairs = zip(body.items, results, strict=True)
    return wave_result([departure(result, item.fulfillment_order, item.external_id) for item, result in pairs])


def _ship(items: Sequence[Departure | DomainError], caller: Caller) -> list[Shipment | DomainError]:
    shipped = iter(ship_in_bulk([one for one in items if isinstance(one, Departure)], actor=caller.actor))
    return [next(shipped) if isinstance(one, Departure) else one for one in items]


def _read(items: Sequence[DepartureBody], caller: Caller) -> list[Departure | DomainError]:
    pks = visibility.fulfillment_order_pks(caller, {item.fulfillment_order for item in items})
    naming = {pks[item.fulfillment_order] for item in items if item.fulfillment_order in pks and _names_lines(item)}
    lines = named_lines(naming) if naming else {}
    return [_one(item, f"/items/{n}", pks.get(item.fulfillment_order), lines) for n, item in enumerate(items)]


def _names_lines(item: DepartureBody) -> bool:
    return any(parcel.lines for parcel in item.parcels)


def _one(
    item: DepartureBody, at: str, pk: int | None, lines: Mapping[int, list[FulfillmentLine]]
) -> Departure | DomainError:
    if pk is None:
        return FulfillmentOrderNotFound(fulfillment_order=item.fulfillment_order)
    try:
        contents = resolved_units(lines.get(pk, []), lines_given(item.parcels, at))
    except DomainError as refusal:
        return refusal
    return Departure(pk, item.external_id, parcels_holding(item.parcels, contents), item.carrier, item.service)
