"""What a parcel holds, checked against what is left to ship."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from apps.fulfillment.errors import ShipmentDiffers, WrongContents
from apps.fulfillment.models import FulfillmentLine, Package, Shipment


@dataclass(frozen=True, slots=True)
class Parcel:
    """One package to be shipped. ``contents``: units by fulfillment line pk; empty on the only parcel: all that is left."""

    tracking_number: str = ""
    tracking_url: str = ""
    weight_g: int = 0
    contents: Mapping[int, int] = field(default_factory=dict)


def pack_lines(lines: Sequence[FulfillmentLine], parcels: Sequence[Parcel]) -> list[Parcel]:
    """The parcels with their contents spelt out; raises the lines' shipped quantities in memory, or, with WrongContents, none."""
    left = {line.pk: line.quantity - line.shipped_quantity for line in lines}
    if len(parcels) == 1 and not parcels[0].contents:
        parcels = [replace(parcels[0], contents=dict(left))]
    packed = [replace(one, contents={pk: units for pk, units in one.contents.items() if units}) for one in parcels]
    for parcel in packed:
        for pk, units in parcel.contents.items():
            if units < 0 or units > left.get(pk, 0):
                raise WrongContents()
            left[pk] -= units
    if not any(parcel.contents for parcel in packed):
        raise WrongContents()
    for line in lines:
        line.shipped_quantity = line.quantity - left[line.pk]
    return packed


def packages_of(shipment: Shipment, packed: Sequence[Parcel]) -> list[Package]:
    """The shipment's parcels, unsaved, with what is in each by fulfillment line."""
    return [
        Package(
            shipment=shipment,
            tracking_number=parcel.tracking_number,
            tracking_url=parcel.tracking_url,
            weight_g=parcel.weight_g,
            contents=[{"line": pk, "quantity": units} for pk, units in parcel.contents.items()],
        )
        for parcel in packed
    ]


def with_new_parcels(
    shipment: Shipment, packages: Iterable[Package], parcels: Sequence[Parcel], carrier: str
) -> Shipment:
    """The shipment, where what is said now repeats what was reported of it; a repeat may leave things out. Raises ShipmentDiffers.

    Answered with the old one, a sender would believe that its other tracking number or quantity had been taken.
    """
    packages = list(packages)
    known, said = {one.tracking_number for one in packages}, {one.tracking_number for one in parcels}
    differing = {
        "tracking": bool(said - {""}) and said != known,
        "carrier": bool(carrier) and carrier != shipment.carrier,
        "contents": any(one.contents for one in parcels) and _said_units(parcels) != _known_units(packages),
    }
    if any(differing.values()):
        parts = [part for part, differs in differing.items() if differs]
        raise ShipmentDiffers(external_id=shipment.external_id, parts=" and ".join(parts))
    return shipment


def _said_units(parcels: Sequence[Parcel]) -> Counter[int]:
    units = Counter[int]()
    for one in parcels:
        units.update(one.contents)
    return units


def _known_units(packages: Sequence[Package]) -> Counter[int]:
    units = Counter[int]()
    for one in packages:
        for row in one.contents:
            units[row["line"]] += row["quantity"]
    return units
