"""What an old record leaves out means the same for ever, and what no planner can answer is refused at its edge."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from apps.routing.planner import Demand, Destination, InvalidProblem, LineDemand, PolicyContent, Rate, Site, StockFact
from apps.routing.planner.codec import InvalidRecord, Record, encode
from apps.routing.planner.replay import Inputs
from apps.routing.planner.results import Assignment, RunnerUp, SearchReport, ShipmentCost, Verdict, to_minor
from tests.routing.planner.builders import AT, a_demand

LEFT_OUT: dict[type[Record], dict[str, Any]] = {
    Destination: {"postal_code": "", "lat": None, "lon": None},
    LineDemand: {
        "tracked": True, "unit_weight_g": 0, "unit_price_minor": 0, "pinned_node": None, "excluded_nodes": (),
        "shipping_category": "",
    },
    Demand: {
        "channel": "", "channel_priority": 0, "node_groups": (), "ship_complete": False, "cost_currency": "",
    },
    StockFact: {"backorderable": False, "backorder_limit": None, "low_confidence": False, "in_doubt": False},
    Rate: {"base_minor": 0, "per_km_milli": 0, "per_kg_minor": 0, "service": ""},
    Site: {
        "kind": "warehouse", "active": True, "open": True, "closed_reason": "", "capabilities": frozenset(),
        "capacity_left": None, "serves": frozenset(), "groups": frozenset(), "country": "", "lat": None, "lon": None,
        "priority": 100, "handling_minor": 0, "pick_minor": 0,
    },
    PolicyContent: {
        "max_splits": 3, "split_penalty_minor": 0, "partial": "hold", "untracked": "listed_nodes",
        "require_in_shipping_zone": True, "criteria": ("least_cost", "fewest_shipments", "nearest"), "node_order": (),
        "min_shipment_value_minor": 0, "low_confidence_buffer_units": 0, "low_confidence_buffer_percent": 0,
        "unknown_distance": "assume", "assumed_distance_km": 500, "node_budget": 20_000,
    },
    Verdict: {"sku": None, "have": None, "want": None},
    Assignment: {"backordered": False},
    ShipmentCost: {"service": ""},
    RunnerUp: {"avoided": None},
    SearchReport: {"exact": True, "steps": 0, "plans_weighed": 0, "gap": 0, "gap_criterion": ""},
    Inputs: {"compare": True, "schema": 1},
}  # fmt: skip


@pytest.mark.parametrize("record", LEFT_OUT, ids=lambda record: record.__name__)
def test_what_an_old_record_leaves_out_means_what_it_meant_then(record: type[Record]):
    fields = dataclasses.fields(record)  # type: ignore[arg-type]

    defaults = {field.name: field.default for field in fields if field.default is not dataclasses.MISSING}

    assert defaults == LEFT_OUT[record]


@pytest.mark.parametrize(
    ("record", "field", "least"),
    [
        (PolicyContent, "max_splits", 1), (PolicyContent, "node_budget", 1),
        (PolicyContent, "split_penalty_minor", 0), (PolicyContent, "min_shipment_value_minor", 0),
        (PolicyContent, "low_confidence_buffer_units", 0), (PolicyContent, "low_confidence_buffer_percent", 0),
        (PolicyContent, "assumed_distance_km", 0),
        (Rate, "base_minor", 0), (Rate, "per_km_milli", 0), (Rate, "per_kg_minor", 0),
    ],
)  # fmt: skip
def test_an_amount_is_refused_below_its_least_and_taken_at_it(record: Any, field: str, least: int):
    assert getattr(record(**{field: least}), field) == least
    with pytest.raises(InvalidProblem):
        record(**{field: least - 1})


@pytest.mark.parametrize("field", ["handling_minor", "pick_minor"])
def test_a_node_costs_nothing_or_more(field: str):
    assert getattr(Site("n", "N", **{field: 0}), field) == 0
    with pytest.raises(InvalidProblem, match="node n: a cost can't be negative"):
        Site("n", "N", **{field: -1})


def test_a_line_weighs_nothing_or_more():
    assert LineDemand("1", "X", 1, unit_weight_g=0).unit_weight_g == 0
    with pytest.raises(InvalidProblem, match="line 1: "):
        LineDemand("1", "X", 1, unit_weight_g=-1)


def test_of_several_unknown_criteria_the_first_by_name_is_named():
    with pytest.raises(InvalidProblem, match="unknown criterion cheapness"):
        PolicyContent(criteria=("wisdom", "cheapness", "nearest"))


def test_a_node_whose_stock_changes_keeps_everything_else():
    site = Site("n", "N", priority=7, rates={"standard": Rate(5)}, stock={"X": StockFact(1)})

    other = site.stocked({"Y": StockFact(2)})

    assert other == dataclasses.replace(site, stock={"Y": StockFact(2)})
    with pytest.raises(InvalidProblem, match="node n: a SKU is stocked twice"):
        site.stocked({"y": StockFact(2), "Y": StockFact(3)})


def test_the_level_is_rated_by_its_own_rate_before_that_for_any():
    site = Site("n", "N", rates={"standard": Rate(5), "*": Rate(9)})

    assert (site.rate_for("standard"), site.rate_for("express")) == (Rate(5), Rate(9))
    assert Site("n", "N").rate_for("standard") is None


@pytest.mark.parametrize(("milli", "minor"), [(0, 0), (499, 0), (500, 1), (1499, 1), (1500, 2), (2000, 2)])
def test_thousandths_are_rounded_half_up(milli: int, minor: int):
    assert to_minor(milli) == minor


def test_a_record_is_written_with_sets_and_names_in_order_and_times_with_their_zone():
    demand = a_demand(X=1, node_groups=("b", "a")).to_json()

    assert demand["at"] == "2026-03-02T09:30:00+00:00"
    assert demand["node_groups"] == ["b", "a"]
    assert encode({"b": frozenset({"z", "a"}), "a": (1.5, None, True)}) == {"a": [1.5, None, True], "b": ["a", "z"]}
    assert list(encode({"b": 1, "a": 2})) == ["a", "b"]


def test_what_can_not_be_written_or_read_is_named():
    with pytest.raises(InvalidRecord, match="complex can't be written"):
        encode(1j)
    stored = Inputs(a_demand(X=1), (), PolicyContent()).to_json()
    stored["demand"]["lines"][0]["quantity"] = "one"
    with pytest.raises(InvalidRecord, match=r"^Inputs\.demand\.lines\.0\.quantity: "):
        Inputs.from_json(stored)
    with pytest.raises(InvalidRecord, match=r"^Destination: unknown planet$"):
        Destination.from_json({"country": "GB", "planet": "Earth"})
    with pytest.raises(InvalidRecord, match=r"^Destination: "):
        Destination.from_json({"country": AT, "lat": {1, 2}})
