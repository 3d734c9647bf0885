"""The world as routing sees it for one batch: nodes, rates, levels and coordinates, read once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from apps.catalog.models import BundleComponent, Sku
from apps.catalog.selectors import components_of
from apps.inventory.selectors import LevelSeen, levels_seen
from apps.network import selectors as network
from apps.network.models import CarrierService, Node
from apps.routing.planner.problem import ANY_LEVEL, Rate, Site, StockFact

STALE_AFTER = timedelta(hours=24)
# In a network this small every node is worth a line in the why-panel, even one that does not stock the goods.
SMALL_NETWORK = 25


@dataclass(slots=True)
class Situation:
    """``levels`` by (node pk, SKU pk); ``taken`` units promised by this batch so far, by level pk."""

    at: datetime
    nodes: Mapping[int, Node]
    closed: Mapping[int, str]
    assigned: dict[int, int]
    offers: Mapping[int, Mapping[str, tuple[Rate, ...]]]
    levels: dict[int, dict[int, LevelSeen]]
    components: Mapping[int, list[BundleComponent]]
    taken: dict[int, int] = field(default_factory=dict)
    bare: dict[int, Site] = field(default_factory=dict)
    pk_of_code: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        self.pk_of_code = {node.code: pk for pk, node in self.nodes.items()}

    def sites_for(self, skus: Mapping[int, Sku], stock_nodes_only: bool) -> list[Site]:
        """The nodes as candidates for these SKUs; in a large network only those that stock one of them."""
        return [
            self._site(node, skus)
            for pk, node in self.nodes.items()
            if not stock_nodes_only or any(sku in self.levels.get(pk, {}) for sku in skus)
        ]

    def _site(self, node: Node, skus: Mapping[int, Sku]) -> Site:
        here = self.levels.get(node.pk, {})
        stock = {skus[pk].code: self._fact(here[pk]) for pk in skus if pk in here}
        bare = self._bare(node)
        return bare.stocked(stock) if stock else bare

    def _bare(self, node: Node) -> Site:
        """The node without its stock: made once for the batch, because most of it is the same for every order."""
        if node.pk not in self.bare:
            self.bare[node.pk] = self._make_bare(node)
        return self.bare[node.pk]

    def _make_bare(self, node: Node) -> Site:
        capacity, offers = node.capacity_per_day, self.offers[node.pk]
        return Site(
            code=node.code,
            name=node.name,
            kind=node.kind,
            active=node.active,
            open=node.pk not in self.closed,
            closed_reason=self.closed.get(node.pk, ""),
            capabilities=frozenset(node.capabilities),
            capacity_left=None if capacity is None else max(capacity - self.assigned.get(node.pk, 0), 0),
            serves=frozenset(node.serves_countries),
            groups=frozenset(group.code for group in node.groups.all()),
            country=node.country,
            lat=node.latitude,
            lon=node.longitude,
            priority=node.priority,
            handling_minor=node.handling_minor,
            pick_minor=node.pick_minor,
            rates={level: many[0] for level, many in offers.items()},
            offers=offers,
        )

    def _fact(self, level: LevelSeen) -> StockFact:
        available = level.available - self.taken.get(level.pk, 0)
        limit = None
        if level.backorder_limit is not None:
            limit = max(level.backorder_limit + min(available, 0), 0)
        return StockFact(
            available=available,
            backorderable=level.backorderable,
            backorder_limit=limit,
            low_confidence=self.at - level.counted_at > STALE_AFTER,
            in_doubt=level.in_doubt,
        )

    def take(self, level_id: int, quantity: int) -> None:
        """Count units as gone for the rest of the batch, so that its orders don't all plan on the same last one."""
        self.taken[level_id] = self.taken.get(level_id, 0) + quantity


def survey(sku_ids: Collection[int], *, at: datetime) -> Situation:
    """Read what routing a batch needs, in a fixed number of statements."""
    components = components_of(sku_ids)
    parts = {row.component_id for rows in components.values() for row in rows}
    levels: dict[int, dict[int, LevelSeen]] = {}
    for level in levels_seen(set(sku_ids) | parts):
        levels.setdefault(level.node_id, {})[level.sku_id] = level
    nodes = _relevant_nodes(set(levels))
    capped = [pk for pk, node in nodes.items() if node.capacity_per_day is not None]
    return Situation(
        at=at,
        nodes=nodes,
        closed=network.downtimes_at(at),
        assigned=network.assigned_on(at.date(), capped),
        offers=_offers(nodes),
        levels=levels,
        components=components,
    )


def _relevant_nodes(stocking: set[int]) -> dict[int, Node]:
    everywhere = Node.objects.count() <= SMALL_NETWORK
    return network.nodes_by_pk(None if everywhere else stocking)


def _offers(nodes: Mapping[int, Node]) -> dict[int, dict[str, tuple[Rate, ...]]]:
    """Per node and level every service that leaves it, its own before those of all nodes, each cheapest first.

    A network with no carriers at all ships for nothing.
    """
    bound, everywhere = network.services_by_node()
    general = _by_level(everywhere)
    if not bound and not everywhere:
        general = {ANY_LEVEL: (Rate(),)}
    return {pk: _by_level([*bound[pk], *everywhere]) if pk in bound else general for pk in nodes}


def _by_level(services: Sequence[CarrierService]) -> dict[str, tuple[Rate, ...]]:
    rates: dict[str, list[Rate]] = {}
    for service in services:
        name = f"{service.carrier.code}/{service.code}"
        rate = Rate(service.base_minor, service.per_km_milli, service.per_kg_minor, name)
        rates.setdefault(service.level, []).append(rate)
    return {level: tuple(many) for level, many in rates.items()}
