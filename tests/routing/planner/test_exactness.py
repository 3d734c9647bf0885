"""Properties of every plan, and equality with trying everything, on small made-up problems full of ties."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import pairwise
from typing import Any

import hypothesis.strategies as st
from hypothesis import HealthCheck, given, settings

from apps.routing.planner import Demand, Destination, LineDemand, Plan, PolicyContent, Rate, Site, StockFact, plan
from apps.routing.planner.problem import CRITERION_NAMES
from tests.routing.planner.builders import AT, best_vector, replayed, through_json

SKUS = ("X", "Y", "z")
CODES = ("a", "b", "c", "d")
SLOW = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])

small = st.integers(0, 3)
coordinate = st.sampled_from([None, 50.0, 51.0, 54.5])
facts = st.builds(
    StockFact,
    available=st.integers(-1, 3),
    backorderable=st.booleans(),
    backorder_limit=st.sampled_from([None, 0, 1, 2]),
)


@st.composite
def sites_of(draw: st.DrawFn) -> list[Site]:
    codes = draw(st.permutations(CODES[: draw(st.integers(1, 4))]))
    sites = []
    for code in codes:
        rate = Rate(draw(small) * 100, draw(small) * 50, draw(small) * 10)
        sites.append(
            Site(
                code=code,
                name=code.upper(),
                active=draw(st.integers(0, 9)) > 0,
                country=draw(st.sampled_from(["GB", "FR"])),
                lat=draw(coordinate),
                lon=0.0,
                priority=draw(st.integers(-1, 2)),
                handling_minor=draw(small),
                pick_minor=draw(small) * 20,
                rates={"standard": rate},
                stock=draw(st.dictionaries(st.sampled_from(SKUS), facts, max_size=3)),
            )
        )
    return sites


@st.composite
def demand_of(draw: st.DrawFn, most_lines: int = 2, prices: bool = False) -> Demand:
    lines = []
    for number in range(draw(st.integers(1, most_lines))):
        sku = draw(st.sampled_from(SKUS))
        lines.append(
            LineDemand(
                f"l{number}",
                draw(st.sampled_from([sku, sku.swapcase()])),
                draw(st.integers(1, 3)),
                tracked=sku != "z",
                unit_weight_g=500 * (1 + SKUS.index(sku)),
                unit_price_minor=draw(st.integers(1, 4)) * 100 if prices else 100,
                pinned_node=draw(st.sampled_from([None, None, None, "a"])),
                excluded_nodes=draw(st.sampled_from([(), (), ("b",), ("a", "c")])),
            )
        )
    place = Destination("GB", lat=draw(coordinate), lon=1.0)
    return Demand("ord", tuple(lines), place, "standard", "GBP", AT)


@st.composite
def policy_of(draw: st.DrawFn, **fixed: Any) -> PolicyContent:
    names = [name for name in draw(st.permutations(CRITERION_NAMES)) if name != "given_order"]
    chosen = {
        "max_splits": draw(st.integers(1, 3)),
        "split_penalty_minor": draw(st.sampled_from([0, 30, 500])),
        "partial": draw(st.sampled_from(["ship_available", "backorder", "hold"])),
        "untracked": draw(st.sampled_from(["listed_nodes", "any_node"])),
        "criteria": tuple(names[: draw(st.integers(0, 6))]),
        "node_order": draw(st.sampled_from([("c", "a"), ("b",)])),
        "assumed_distance_km": 300,
        "node_budget": 100_000,
    }
    if draw(st.booleans()):
        chosen["criteria"] = ("given_order", *chosen["criteria"])
    return PolicyContent(**{**chosen, **fixed})


def vector_of(answer: Plan) -> tuple[int, ...]:
    scores = {score.criterion: score.value for score in answer.scores}
    shortage = (scores.pop("unserved", 0), scores.pop("backordered", 0))
    return (*shortage, *scores.values())


@SLOW
@given(demand_of(), sites_of(), policy_of(partial="hold"))
def test_a_plan_from_stock_is_as_good_as_trying_everything(demand, sites, policy):
    answer = plan(demand, sites, policy)

    best = best_vector(demand, sites, policy, "none")
    assert answer.search.exact
    assert (answer.outcome == "routed") is (best is not None)
    if best is not None:
        assert vector_of(answer) == best[:-1]


@SLOW
@given(demand_of(), sites_of(), policy_of(partial="ship_available"))
def test_a_part_shipment_is_as_good_as_trying_everything(demand, sites, policy):
    answer = plan(demand, sites, policy)

    best = best_vector(demand, sites, policy, "unserved")
    assert best is not None
    if answer.assignments:
        assert vector_of(answer) == best[:-1]
    else:
        assert best[0] == sum(line.quantity for line in demand.lines)


@SLOW
@given(demand_of(), sites_of(), policy_of(partial="backorder"))
def test_a_backorder_is_as_good_as_trying_everything(demand, sites, policy):
    answer = plan(demand, sites, policy)

    # Amounts such as a priority count from the best candidate, and a node with nothing but backorders is one only here.
    best = best_vector(demand, sites, policy, "none") or best_vector(demand, sites, policy, "backorder")
    assert best is not None
    assert (best[0] == 0) is bool(answer.assignments)
    if answer.assignments:
        assert vector_of(answer) == best[:-1]


@SLOW
@given(demand_of(most_lines=4, prices=True), sites_of(), policy_of(), st.sampled_from([0, 150, 400]))
def test_no_plan_breaks_a_rule(demand, sites, policy, least_value):
    answer = plan(demand, sites, replace(policy, min_shipment_value_minor=least_value))

    by_code = {site.code: site for site in sites}
    lines = {line.line_ref: line for line in demand.lines}
    served: Counter[str] = Counter()
    taken: Counter[tuple[str, str, bool]] = Counter()
    for part in answer.assignments:
        line = lines[part.line_ref]
        assert part.quantity > 0
        assert by_code[part.site].active
        assert part.site not in line.excluded_nodes
        assert line.pinned_node in (None, part.site)
        served[part.line_ref] += part.quantity
        if line.tracked:
            taken[part.site, line.sku.casefold(), part.backordered] += part.quantity
    for (code, sku, late), units in taken.items():
        fact = by_code[code].stock[sku]
        allowed = fact.backorder_limit if late else fact.available
        assert allowed is None or units <= allowed
        assert not late or fact.backorderable
    for shortfall in answer.shortfalls:
        served[shortfall.line_ref] += shortfall.quantity
        assert shortfall.code
    assert served == {line.line_ref: line.quantity for line in demand.lines}
    assert len(answer.sites) <= policy.max_splits


@SLOW
@given(demand_of(most_lines=3, prices=True), sites_of(), policy_of(), st.sampled_from([150, 300, 400]))
def test_every_part_of_a_split_is_worth_the_threshold(demand, sites, policy, least_value):
    answer = plan(demand, sites, replace(policy, min_shipment_value_minor=least_value))

    price = {line.line_ref: line.unit_price_minor for line in demand.lines}
    worth: Counter[str] = Counter()
    for part in answer.assignments:
        worth[part.site] += part.quantity * price[part.line_ref]
    if answer.assignments:
        worth["left behind"] += sum(short.quantity * price[short.line_ref] for short in answer.shortfalls)
    parts = [value for value in worth.values() if value]
    assert len(parts) < 2 or min(parts) >= least_value


@SLOW
@given(demand_of(most_lines=4), sites_of(), policy_of(), st.randoms())
def test_the_order_of_the_input_does_not_matter(demand, sites, policy, random):
    lines, shuffled = list(demand.lines), list(sites)
    random.shuffle(lines)
    random.shuffle(shuffled)

    again = plan(replace(demand, lines=tuple(lines)), shuffled, policy)

    assert again == plan(demand, sites, policy)


@SLOW
@given(demand_of(most_lines=4, prices=True), sites_of(), policy_of(), st.sampled_from([0, 200]))
def test_a_stored_decision_replays_to_the_identical_plan(demand, sites, policy, least_value):
    policy = replace(policy, min_shipment_value_minor=least_value)
    answer = plan(demand, sites, policy)

    assert replayed(demand, sites, policy) == answer
    assert Plan.from_json(through_json(answer.to_json())) == answer


@SLOW
@given(demand_of(most_lines=4), sites_of(), policy_of())
def test_costs_by_node_add_up_to_the_cost_of_the_plan(demand, sites, policy):
    answer = plan(demand, sites, policy)

    assert sum(cost.total_milli for cost in answer.costs) == answer.cost_milli
    assert sum(cost.units for cost in answer.costs) == sum(part.quantity for part in answer.assignments)


@SLOW
@given(demand_of(), sites_of(), policy_of(partial="hold"))
def test_no_runner_up_is_better_than_the_plan_and_each_is_one_that_could_have_been(demand, sites, policy):
    answer = plan(demand, sites, policy)

    mine = [score.value for score in answer.scores]
    for loser in answer.runner_ups:
        theirs = [score.value for score in loser.scores]
        assert mine <= theirs
        alone = [site for site in sites if site.code in loser.sites]
        assert plan(demand, alone, policy).outcome == "routed"
        assert loser.avoided is None or loser.avoided in answer.sites
        assert loser.avoided not in loser.sites
    singles = [list(loser.scores) for loser in answer.runner_ups if loser.kind == "alone"]
    assert all([s.value for s in one] <= [s.value for s in two] for one, two in pairwise(singles))


@SLOW
@given(demand_of(most_lines=3), sites_of(), policy_of(partial="ship_available"), st.integers(1, 4))
def test_a_search_cut_short_still_gives_a_plan_that_counts_and_bounds_its_own_gap(demand, sites, policy, budget):
    hasty = plan(demand, sites, replace(policy, node_budget=budget))
    patient = plan(demand, sites, policy)

    wanted = sum(line.quantity for line in demand.lines)
    assert sum(p.quantity for p in hasty.assignments) + sum(s.quantity for s in hasty.shortfalls) == wanted
    values = [score.value for score in hasty.scores]
    assert all(values <= [score.value for score in loser.scores] for loser in hasty.runner_ups)
    if hasty.search.exact:
        assert vector_of(hasty) == vector_of(patient)
    elif hasty.assignments and hasty.search.gap_criterion:
        found = {score.criterion: score.value for score in hasty.scores}
        best = {score.criterion: score.value for score in patient.scores}
        lead = hasty.search.gap_criterion
        # A plan that serves everything has no score for what it leaves: that is nothing.
        if lead in found and all(found[n] == best.get(n, 0) for n in list(found)[: list(found).index(lead)]):
            assert found[lead] - hasty.search.gap <= best.get(lead, 0)
