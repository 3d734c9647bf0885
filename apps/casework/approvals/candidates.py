"""What could stand in for an order line: from the catalog's rules, priced, and where it lies."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from apps.catalog.models import Sku
from apps.catalog.selectors import SubstituteCandidate, components_of, stand_ins_for
from apps.inventory.models import StockLevel
from apps.inventory.selectors import levels_of_skus
from apps.network.models import Node
from apps.orders.models import OrderLine
from apps.orders.services.substituting import PriceRule, preference_of, price_of_substitute

MOST = 20


@dataclass(frozen=True, slots=True)
class NodeStock:
    """Units that can be claimed at a node now."""

    node: str
    name: str
    available: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """A substitute for one unit of a line. Money in minor units of the order; margins None where no cost is known.

    ``price_minor`` is what the customer would pay, ``listed_minor`` the catalog's price; ``places`` have the most first.
    """

    sku: str
    sku_id: int
    name: str
    category: str
    attributes: Mapping[str, Any]
    likeness: int
    because: str
    price_minor: int
    listed_minor: int | None
    margin_minor: int | None
    margin_before_minor: int | None
    currency: str
    places: tuple[NodeStock, ...]
    enough: bool

    @property
    def available(self) -> int:
        """The most that one place has."""
        return self.places[0].available if self.places else 0

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "available": self.available}


def candidates_for(
    line: OrderLine, *, node: str | None = None, units: int | None = None, price_rule: PriceRule = "lower"
) -> list[Candidate]:
    """Substitutes for ``units`` (empty: all open ones) of the line: those with enough stock first, then the likest.

    ``node``: only what lies at that node (its code) counts as available. None where the customer wants no substitute, or
    where we don't know the SKU.
    """
    if line.sku is None or preference_of(line) == "never":
        return []
    stand_ins = stand_ins_for(line.sku)
    places = _places([one.sku for one in stand_ins], node)
    wanted = units or max(line.open_quantity, 1)
    found = [_candidate(line, one, places.get(one.sku.pk, ()), wanted, price_rule) for one in stand_ins]
    # Sorting is stable, so what was said outright stays in its rank.
    return sorted(found, key=lambda c: (not c.enough, -c.likeness))[:MOST]


def _candidate(
    line: OrderLine, stand_in: SubstituteCandidate, places: Sequence[NodeStock], wanted: int, rule: PriceRule
) -> Candidate:
    sku, order = stand_in.sku, line.order
    listed = sku.price_minor if sku.currency == order.currency else None
    price = price_of_substitute(line.unit_price_minor, listed, rule)
    return Candidate(
        sku=sku.code,
        sku_id=sku.pk,
        name=sku.name,
        category=sku.category,
        attributes=sku.attributes,
        likeness=stand_in.likeness,
        because=stand_in.because,
        price_minor=price,
        listed_minor=listed,
        margin_minor=margin_of(price, sku, order.currency),
        margin_before_minor=margin_of(line.unit_price_minor, line.sku, order.currency),
        currency=order.currency,
        places=tuple(places),
        enough=bool(places) and places[0].available >= wanted,
    )


def margin_of(price_minor: int, sku: Sku | None, currency: str) -> int | None:
    """What one unit earns at this price; None: its cost is not known in that currency."""
    if sku is None or not sku.cost_minor or sku.currency != currency:
        return None
    return price_minor - sku.cost_minor


def _places(skus: Sequence[Sku], node: str | None) -> dict[int, list[NodeStock]]:
    """By SKU pk, where it can be claimed; a set can be where all its parts are."""
    sets = components_of([sku.pk for sku in skus])
    needed = {
        sku.pk: {row.component_id: row.quantity for row in sets[sku.pk]} if sku.pk in sets else {sku.pk: 1}
        for sku in skus
    }
    levels = _levels({part for parts in needed.values() for part in parts}, node)
    nodes = Node.objects.in_bulk({node_id for node_id, _ in levels})
    found: dict[int, list[NodeStock]] = {}
    for sku_id, parts in needed.items():
        for node_id, at in nodes.items():
            if all((node_id, part) in levels for part in parts):
                units = min(_free(levels[node_id, part]) // each for part, each in parts.items())
                if units > 0:
                    found.setdefault(sku_id, []).append(NodeStock(at.code, at.name, units))
        found.get(sku_id, []).sort(key=lambda place: (-place.available, place.node))
    return found


def _levels(sku_ids: Collection[int], node: str | None) -> dict[tuple[int, int], StockLevel]:
    rows = levels_of_skus(sku_ids).filter(node__active=True).select_related("sku")
    if node is not None:
        rows = rows.filter(node__code=node)
    return {(row.node_id, row.sku_id): row for row in rows}


def _free(level: StockLevel) -> int:
    # What is not counted is there as long as the node lists it.
    return max(level.available, 0) if level.sku.tracked else 1_000_000
