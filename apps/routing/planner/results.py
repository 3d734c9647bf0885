"""What the planner answers. Costs are in thousandths of a minor unit (`_milli`), so that every sum is exact."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, Self

from apps.routing.planner.codec import InvalidRecord, Record, decode_record, encode

Outcome = Literal["routed", "partial", "backordered", "unroutable"]
PLANNER_VERSION = 1


def to_minor(milli: int) -> int:
    """Thousandths of a minor unit as whole minor units, halves up."""
    return (milli + 500) // 1000


@dataclass(frozen=True, slots=True)
class Verdict(Record):
    """One test of one candidate. `check` names the test, `code` its stable outcome, `reason` says it in words.

    Stock tests are per SKU and carry how many units were wanted and how many could be used.
    """

    check: str
    passed: bool
    code: str
    reason: str
    sku: str | None = None
    have: int | None = None
    want: int | None = None

    @property
    def missing(self) -> int:
        """Of a stock test: how many units fewer there are than wanted."""
        return (self.want or 0) - (self.have or 0)


@dataclass(frozen=True, slots=True)
class Candidate(Record):
    """A node under consideration and every verdict on it. Eligible: it can serve at least one unit."""

    site: str
    name: str
    eligible: bool
    verdicts: tuple[Verdict, ...]


@dataclass(frozen=True, slots=True)
class Assignment(Record):
    """So many units of a line to one node, from stock or (`backordered`) from stock still to come."""

    site: str
    line_ref: str
    sku: str
    quantity: int
    backordered: bool = False


@dataclass(frozen=True, slots=True)
class Shortfall(Record):
    """Units of a line that the plan leaves unserved, and why.

    `code`: not_stocked (no node lists it), no_candidate (those that have it failed a test), insufficient_stock,
    shipment_value (a part of the split would be worth too little), max_splits (stock is there, in more nodes than
    allowed), held (fine by itself, waits for another line).
    """

    line_ref: str
    sku: str
    quantity: int
    code: str


@dataclass(frozen=True, slots=True)
class ShipmentCost(Record):
    """What one node's shipment costs, part by part. `distance_km` None: not known, the assumed one was charged.

    `service`: by which carrier service it leaves; empty where no carrier is set up, and in decisions from before it was kept.
    """

    site: str
    distance_km: int | None
    units: int
    shipment_milli: int
    distance_milli: int
    weight_milli: int
    handling_milli: int
    pick_milli: int
    split_milli: int
    service: str = ""

    @property
    def total_milli(self) -> int:
        carriage = self.shipment_milli + self.distance_milli + self.weight_milli
        return carriage + self.handling_milli + self.pick_milli + self.split_milli


@dataclass(frozen=True, slots=True)
class Score(Record):
    """A plan's total under one criterion; smaller is better. `least_cost` is in thousandths of a minor unit."""

    criterion: str
    value: int


@dataclass(frozen=True, slots=True)
class RunnerUp(Record):
    """A plan that lost. `kind` alone: `sites[0]` could have shipped everything. without: the best plan that avoids
    `avoided`, a node the chosen plan uses."""

    kind: Literal["alone", "without"]
    sites: tuple[str, ...]
    cost_milli: int
    scores: tuple[Score, ...]
    avoided: str | None = None


@dataclass(frozen=True, slots=True)
class SearchReport(Record):
    """How the plan was found. `exact` False: the step budget ran out; no plan can be better than the chosen one by
    more than `gap` on `gap_criterion`."""

    exact: bool = True
    steps: int = 0
    plans_weighed: int = 0
    gap: int = 0
    gap_criterion: str = ""


class _Places:
    """Each distinct verdict once, and its place among them."""

    def __init__(self) -> None:
        self.verdicts: list[Verdict] = []
        self._by_value: dict[Verdict, int] = {}
        # Most are the very same object, and a verdict's own hash is that of seven fields.
        self._by_id: dict[int, int] = {}

    def of(self, verdict: Verdict) -> int:
        place = self._by_id.get(id(verdict))
        if place is None:
            place = self._by_value.setdefault(verdict, len(self.verdicts))
            if place == len(self.verdicts):
                self.verdicts.append(verdict)
            self._by_id[id(verdict)] = place
        return place


@dataclass(frozen=True, slots=True)
class Plan(Record):
    """The decision. `assignments` plus `shortfalls` add up to the demand, line by line.

    `reason`: empty when all is served, else the shortfall code that decided. `costs` are sorted by node code.
    """

    order_ref: str
    outcome: Outcome
    reason: str
    assignments: tuple[Assignment, ...]
    shortfalls: tuple[Shortfall, ...]
    costs: tuple[ShipmentCost, ...]
    cost_milli: int
    cost_currency: str
    scores: tuple[Score, ...]
    runner_ups: tuple[RunnerUp, ...]
    candidates: tuple[Candidate, ...]
    search: SearchReport
    planner_version: int = PLANNER_VERSION

    def to_json(self) -> dict[str, Any]:
        """As every record's, but each distinct verdict is written once, under `verdicts`, and candidates refer to it
        by its place: most nodes pass most tests in the same words, and decisions are kept for every order."""
        return {name: encode(value) for name, value in self.to_store().items()}

    def to_store(self) -> dict[str, Any]:
        """`to_json` with the records inside left as they are, for a writer of JSON that knows dataclasses."""
        places = _Places()
        data = {name: getattr(self, name) for name in self.field_names() if name != "candidates"}
        data["candidates"] = [
            {
                "site": candidate.site,
                "name": candidate.name,
                "eligible": candidate.eligible,
                "verdicts": [places.of(verdict) for verdict in candidate.verdicts],
            }
            for candidate in self.candidates
        ]
        data["verdicts"] = places.verdicts
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The plan that `to_json` wrote. Raises `InvalidRecord`."""
        try:
            verdicts = [Verdict.from_json(verdict) for verdict in data["verdicts"]]
            candidates = tuple(
                Candidate(
                    row["site"], row["name"], row["eligible"], tuple(verdicts[place] for place in row["verdicts"])
                )
                for row in data["candidates"]
            )
        except (KeyError, IndexError, TypeError) as error:
            raise InvalidRecord(f"Plan.candidates: {error!r}") from None
        rest = {name: value for name, value in data.items() if name != "verdicts"}
        bare = decode_record(cls, {**rest, "candidates": []})
        return replace(bare, candidates=candidates)

    @property
    def sites(self) -> tuple[str, ...]:
        """Codes of the nodes that ship, sorted."""
        return tuple(cost.site for cost in self.costs)

    @property
    def cost_minor(self) -> int:
        return to_minor(self.cost_milli)
