"""What the planner is asked: a demand, the sites that might serve it, and the policy to judge by.

All three are values: frozen, JSON-serialisable, complete. Nothing is looked up later, so a stored problem
gives the same answer for ever. Quantities are whole units; money is integer minor units of one currency
(`Demand.cost_currency`) for every site; weights are grams; distances whole kilometres.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from apps.routing.planner.codec import Record

PartialRule = Literal["ship_available", "backorder", "hold"]
UntrackedRule = Literal["listed_nodes", "any_node"]
UnknownDistanceRule = Literal["assume", "exclude"]

# The names a strategy is made of; what each adds up is in criteria.py.
CRITERION_NAMES = (
    "least_cost",
    "fewest_shipments",
    "nearest",
    "node_priority",
    "most_stock",
    "given_order",
    "same_country",
)
DEFAULT_CRITERIA = ("least_cost", "fewest_shipments", "nearest")
ANY_LEVEL = "*"


class InvalidProblem(ValueError):
    """The caller built a problem no planner can answer: a quantity of 0, a negative cost, a line twice."""


@dataclass(frozen=True, slots=True)
class Destination(Record):
    """Where the parcel goes. Coordinates in degrees, both or neither."""

    country: str
    postal_code: str = ""
    lat: float | None = None
    lon: float | None = None


@dataclass(frozen=True, slots=True)
class LineDemand(Record):
    """One order line still to be served.

    `tracked` False: stock is not counted, any listing node has enough. `pinned_node`: only this node's code may
    serve it. `excluded_nodes`: codes of nodes that refused it. `shipping_category` keeps goods in separate packages.
    """

    line_ref: str
    sku: str
    quantity: int
    tracked: bool = True
    unit_weight_g: int = 0
    unit_price_minor: int = 0
    pinned_node: str | None = None
    excluded_nodes: tuple[str, ...] = ()
    shipping_category: str = ""

    def __post_init__(self) -> None:
        if self.quantity < 1 or self.unit_weight_g < 0:
            raise InvalidProblem(f"line {self.line_ref}: quantity must be 1 or more, weight 0 or more")


@dataclass(frozen=True, slots=True)
class Demand(Record):
    """What has to be served, for whom, and as of when.

    `node_groups`: the groups the channel sells from; empty means every node. `currency` is that of the prices,
    `cost_currency` that of the sites' costs (empty: the same). `ship_complete`: the customer wants everything
    or nothing. `channel_priority` is kept for the record; one order's plan does not depend on it.
    """

    order_ref: str
    lines: tuple[LineDemand, ...]
    destination: Destination
    service_level: str
    currency: str
    at: datetime
    channel: str = ""
    channel_priority: int = 0
    node_groups: tuple[str, ...] = ()
    ship_complete: bool = False
    cost_currency: str = ""

    def __post_init__(self) -> None:
        if not self.lines:
            raise InvalidProblem("a demand needs at least one line")
        if len({line.line_ref for line in self.lines}) != len(self.lines):
            raise InvalidProblem("a line is given twice")
        if self.at.tzinfo is None:
            raise InvalidProblem("the time of a demand needs its zone")


@dataclass(frozen=True, slots=True)
class StockFact(Record):
    """One SKU at one node. `available` is on-hand less reserved less safety stock and may be negative (counts as 0).

    `backorder_limit`: units that may still be backordered, None for no limit; read only where `backorderable`.
    `low_confidence`: the figure is older than its feed's limit, so the policy's buffer is taken off.
    `in_doubt`: the node itself has said that the goods are not there; nothing is relied on until it is counted.
    """

    available: int
    backorderable: bool = False
    backorder_limit: int | None = None
    low_confidence: bool = False
    in_doubt: bool = False


@dataclass(frozen=True, slots=True)
class Rate(Record):
    """What one shipment costs at one service level: base, plus distance, plus weight.

    `base_minor` a shipment, `per_km_milli` thousandths of a minor unit a kilometre, `per_kg_minor` a kilogram.
    `service`: whose rate it is, as carrier and service code.
    """

    base_minor: int = 0
    per_km_milli: int = 0
    per_kg_minor: int = 0
    service: str = ""

    def __post_init__(self) -> None:
        if min(self.base_minor, self.per_km_milli, self.per_kg_minor) < 0:
            raise InvalidProblem("a rate can't be negative")


@dataclass(frozen=True, slots=True)
class Site(Record):
    """A node as it stood when the decision was made.

    `capacity_left`: fulfillment orders it can still take today, None for no limit. `serves`: ISO country codes,
    empty for all. `priority`: smaller is preferred. `handling_minor` a shipment, `pick_minor` a unit.
    `rates`: by service level; the level "*" stands for any not named. `offers`: every service that leaves the node, by level, of
    which `rates` holds the first: what a plan is costed by. `stock`: by SKU, whatever its case.
    """

    code: str
    name: str
    kind: str = "warehouse"
    active: bool = True
    open: bool = True
    closed_reason: str = ""
    capabilities: frozenset[str] = frozenset()
    capacity_left: int | None = None
    serves: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    country: str = ""
    lat: float | None = None
    lon: float | None = None
    priority: int = 100
    handling_minor: int = 0
    pick_minor: int = 0
    rates: Mapping[str, Rate] = field(default_factory=dict)
    offers: Mapping[str, tuple[Rate, ...]] = field(default_factory=dict)
    stock: Mapping[str, StockFact] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.handling_minor < 0 or self.pick_minor < 0:
            raise InvalidProblem(f"node {self.code}: a cost can't be negative")
        object.__setattr__(self, "stock", _fold_case(self.code, self.stock))

    def stocked(self, stock: Mapping[str, StockFact]) -> Site:
        """The same node with this stock; a third of what ``dataclasses.replace`` costs, once for each order and node."""
        other = object.__new__(Site)
        for name in Site.__slots__:
            object.__setattr__(other, name, getattr(self, name))
        object.__setattr__(other, "stock", _fold_case(self.code, stock))
        return other

    def rate_for(self, service_level: str) -> Rate | None:
        """What a shipment costs at this level, or None where the node doesn't offer it."""
        return self.rates.get(service_level) or self.rates.get(ANY_LEVEL)


def _fold_case(code: str, stock: Mapping[str, StockFact]) -> dict[str, StockFact]:
    folded = {sku.casefold(): fact for sku, fact in stock.items()}
    if len(folded) != len(stock):
        raise InvalidProblem(f"node {code}: a SKU is stocked twice, in different case")
    return folded


@dataclass(frozen=True, slots=True)
class PolicyContent(Record):
    """The rules a plan is judged by; the content of one published policy version.

    `max_splits`: the most nodes one order may ship from. `split_penalty_minor`: added to the cost for every
    shipment after the first. `partial`: what happens when stock does not cover the order: ship what there is,
    backorder the rest, or hold everything. `criteria`: ordered `CRITERION_NAMES`; each only breaks the ties of those
    before it. `node_order`: codes for the criterion `given_order`; empty: the order sites are given in.
    `min_shipment_value_minor`: goods each part of a split must be worth, the part left behind included; 0 for none.
    `low_confidence_*`: taken off a low-confidence stock figure, the larger of the two.
    `unknown_distance`: assume `assumed_distance_km`, or exclude the node. `node_budget`: search steps (nodes
    tried; each of a long order's counts as several) before the best plan found so far is returned with its gap.
    Raises `InvalidProblem` for amounts below zero and criteria unknown or named twice.
    """

    max_splits: int = 3
    split_penalty_minor: int = 0
    partial: PartialRule = "hold"
    untracked: UntrackedRule = "listed_nodes"
    require_in_shipping_zone: bool = True
    criteria: tuple[str, ...] = DEFAULT_CRITERIA
    node_order: tuple[str, ...] = ()
    min_shipment_value_minor: int = 0
    low_confidence_buffer_units: int = 0
    low_confidence_buffer_percent: int = 0
    unknown_distance: UnknownDistanceRule = "assume"
    assumed_distance_km: int = 500
    node_budget: int = 20_000

    def __post_init__(self) -> None:
        numbers = (
            self.split_penalty_minor,
            self.min_shipment_value_minor,
            self.low_confidence_buffer_units,
            self.low_confidence_buffer_percent,
            self.assumed_distance_km,
        )
        if min(numbers) < 0:
            raise InvalidProblem("a policy's amounts can't be negative")
        if self.max_splits < 1 or self.node_budget < 1:
            raise InvalidProblem("max_splits and node_budget must be 1 or more")
        if unknown := set(self.criteria).difference(CRITERION_NAMES):
            raise InvalidProblem(f"unknown criterion {min(unknown)}")
        if len(set(self.criteria)) != len(self.criteria):
            raise InvalidProblem("a criterion is named twice")
