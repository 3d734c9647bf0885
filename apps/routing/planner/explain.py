"""One plain sentence on a decision, for the person who has the customer on the phone.

The choice is in the present, since nothing has shipped yet ("Ships from Leeds"); the facts are in the past, as they
were when it was made ("York had 1 of 2").
"""

from __future__ import annotations

from collections import Counter

from apps.core import money
from apps.routing.planner.filters import SITE_FILTERS
from apps.routing.planner.instance import BACKORDERED, UNSERVED
from apps.routing.planner.problem import Demand
from apps.routing.planner.results import Candidate, Plan, RunnerUp, Verdict, to_minor

MENTIONED = 3

# What a shortage is judged by before any criterion; every plan that differs here was no real choice.
SHORTAGE = (UNSERVED, BACKORDERED)
# By criterion: how the winner is praised, and how a loser was worse.
PRAISE = {
    "least_cost": "cheapest",
    "fewest_shipments": "fewest parcels",
    "nearest": "nearest",
    "node_priority": "highest priority",
    "most_stock": "most stock left behind",
    "given_order": "first in the policy's order",
    "same_country": "fewest units across a border",
}
BEHIND = {
    "nearest": "was farther",
    "node_priority": "had a lower priority",
    "most_stock": "had less stock",
    "given_order": "came later in the policy's order",
    "same_country": "meant more units across a border",
    "fewest_shipments": "meant more parcels",
}
WHY_NOT = {
    "not_stocked": "no node stocks {skus}",
    "no_candidate": "the nodes that have {skus} can't ship this order",
    "insufficient_stock": "not enough {skus} in stock",
    "max_splits": "it would take more parcels than the policy allows",
    "shipment_value": "a part of the split would be worth less than the policy asks",
    "held": "{skus} waits for the rest",
}


def explain(plan: Plan, demand: Demand) -> str:
    """Why this plan, in one sentence, with node names and money as people write it."""
    if plan.outcome == "unroutable":
        return _unroutable(plan, demand)
    names = {candidate.site: candidate.name for candidate in plan.candidates}
    where = _listed([names[site] for site in plan.sites])
    verb = "Ships from" if len(plan.sites) == 1 else "Split over"
    if all(assignment.backordered for assignment in plan.assignments):
        verb = "Backordered at"
    facts = [_why(plan), ", ".join(_others(plan, names)), *_rest(plan, names)]
    return f"{verb} {where}: " + "; ".join(filter(None, facts)) + _doubt(plan)


def _why(plan: Plan) -> str:
    best = PRAISE[_decider(plan)]
    if len(plan.sites) == 1:
        if plan.runner_ups or plan.outcome != "routed":
            return f"{best} single parcel"
        eligible = sum(candidate.eligible for candidate in plan.candidates)
        return "the only node that can" if eligible == 1 else "the only node with everything"
    if any(loser.kind == "alone" for loser in plan.runner_ups):
        return f"{best}, though a single node had all"
    if plan.search.plans_weighed > 1:
        return f"no single node had all; {best} of {plan.search.plans_weighed} plans weighed"
    return f"no single node had all; {best} way to split it"


def _decider(plan: Plan) -> str:
    """The first criterion that set the winner apart from the next best; without one, the strategy's first."""
    rivals = [loser for loser in plan.runner_ups if loser.kind == "alone"] or list(plan.runner_ups)
    apart = [name for loser in rivals[:1] if (name := _first_difference(plan, loser)) not in SHORTAGE]
    strategy = [score.criterion for score in plan.scores if score.criterion not in SHORTAGE]
    return apart[0] if apart and apart[0] else strategy[0]


def _first_difference(plan: Plan, loser: RunnerUp) -> str | None:
    pairs = zip(plan.scores, loser.scores, strict=True)
    return next((mine.criterion for mine, theirs in pairs if mine.value != theirs.value), None)


def _others(plan: Plan, names: dict[str, str]) -> list[str]:
    """The best losers and by how much they lost, then nodes that had some of it and why that was not enough."""
    told: dict[tuple[str, ...], str] = {}
    for loser in plan.runner_ups:
        if len(told) < MENTIONED and loser.sites not in told and _first_difference(plan, loser) not in SHORTAGE:
            told[loser.sites] = _lost(plan, loser, names)
    known = set(plan.sites).union(*(loser.sites for loser in plan.runner_ups))
    for candidate in plan.candidates:
        if len(told) >= MENTIONED:
            break
        if candidate.site not in known and (lack := _lack(candidate)):
            told[(candidate.site,)] = f"{candidate.name} {lack}"
    return list(told.values())


def _lost(plan: Plan, loser: RunnerUp, names: dict[str, str]) -> str:
    who = _listed([names[site] for site in loser.sites])
    if loser.avoided is not None:
        who = f"{who} instead of {names[loser.avoided]}"
    criterion = _first_difference(plan, loser)
    if criterion is None:
        return f"{who} was as good"
    if criterion != "least_cost":
        return f"{who} {BEHIND[criterion]}"
    dearer = to_minor(loser.cost_milli - plan.cost_milli)
    if not dearer:
        return f"{who} was a fraction more expensive"
    return f"{who} was {money.show(dearer, plan.cost_currency)} more expensive"


def _lack(candidate: Candidate) -> str:
    """What kept a node that has some of the goods from shipping them; empty for one that has none."""
    tests, stock = candidate.verdicts[: len(SITE_FILTERS)], candidate.verdicts[len(SITE_FILTERS) :]
    held = [verdict for verdict in stock if verdict.have]
    if not held:
        return ""
    failed = next((verdict for verdict in tests if not verdict.passed), None)
    if failed is not None:
        return f"was ruled out ({failed.reason})"
    lacking = [verdict for verdict in stock if (verdict.have or 0) < (verdict.want or 0)]
    if len(lacking) > 1:
        return f"was short of {len(lacking)} of {len(stock)} SKUs"
    return "".join(f"had {v.have} of {v.want}" + (f" {v.sku}" if len(stock) > 1 else "") for v in lacking)


def _coverage(verdict: Verdict) -> float:
    return (verdict.have or 0) / (verdict.want or 1)


def _rest(plan: Plan, names: dict[str, str]) -> list[str]:
    """What doesn't leave now: units backordered, and units left out."""
    told = []
    late = Counter[str]()
    for assignment in plan.assignments:
        if assignment.backordered:
            late[assignment.site] += assignment.quantity
    if late:
        told.append("backordered: " + _listed([f"{units} at {names[site]}" for site, units in sorted(late.items())]))
    missing = Counter[str]()
    for short in plan.shortfalls:
        missing[short.code] += short.quantity
    for code, units in missing.most_common():
        told.append(
            f"{units:,} unit{'s' if units > 1 else ''} left unserved ({WHY_NOT[code].format(skus=_skus(plan, code))})"
        )
    return told


def _doubt(plan: Plan) -> str:
    if plan.search.exact:
        return "."
    if plan.outcome == "unroutable":
        return "; the search stopped at its limit, there may be a way."
    if plan.search.gap_criterion == "least_cost":
        gap = money.show(to_minor(plan.search.gap), plan.cost_currency)
        return f"; the search stopped at its limit, at most {gap} from the best."
    return "; the search stopped at its limit, there may be a better plan."


def _unroutable(plan: Plan, demand: Demand) -> str:
    total = len(plan.candidates)
    if not total:
        return "No node can ship this: there are no nodes to choose from."
    why = WHY_NOT[plan.reason].format(skus=_skus(plan, plan.reason))
    short = {shortfall.sku for shortfall in plan.shortfalls if shortfall.code == plan.reason}
    if plan.reason in ("max_splits", "shipment_value"):
        short = set()  # no single SKU is to blame
    counts = Counter(_refusal(candidate, short) for candidate in plan.candidates)
    counts.pop("", None)
    if plan.reason == "not_stocked" and list(counts.values()) == [total]:
        counts.clear()  # said already
    told = [f"{number} of {total} nodes {text}" for text, number in counts.most_common(MENTIONED)]
    told = [text.replace("nodes don't", "nodes doesn't") if text.startswith("1 of") else text for text in told]
    facts = [f"No node can ship this: {why}", ", ".join(told)]
    if demand.ship_complete:
        facts.append("the customer wants everything together")
    return "; ".join(filter(None, facts)) + _doubt(plan)


def _refusal(candidate: Candidate, skus: set[str]) -> str:
    """A node's first "no", worded for a count of nodes; about the SKUs that matter, where some do."""
    tests, stock = candidate.verdicts[: len(SITE_FILTERS)], candidate.verdicts[len(SITE_FILTERS) :]
    failed = next((verdict for verdict in tests if not verdict.passed), None)
    if failed is not None:
        return f"ruled out ({failed.reason})"
    scarce = min((v for v in stock if v.sku in skus), key=_coverage, default=None)
    if scarce is None or (scarce.have or 0) >= (scarce.want or 0):
        return ""
    if scarce.code == "not_stocked":
        return f"don't stock {scarce.sku}"
    if scarce.code == "refused":
        return f"could not ship {scarce.sku} before"
    if scarce.code == "in_doubt":
        return f"said that {scarce.sku} is not there"
    return f"had too little {scarce.sku}" if scarce.have else f"had no {scarce.sku}"


def _skus(plan: Plan, code: str) -> str:
    skus = sorted({short.sku for short in plan.shortfalls if short.code == code})
    return _listed(skus[:MENTIONED] + ([f"{len(skus) - MENTIONED} more"] if len(skus) > MENTIONED else []))


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
