"""One plain sentence on a decision, for the person who has the customer on the phone.

The choice is in the present, since nothing has shipped yet ("Ships from Leeds"); the facts are in the past, as they
were when it was made ("York had 1 of 2").
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from apps.core import money
from apps.core.text import Text
from apps.routing.planner.compiled_problem import BACKORDERED, UNSERVED
from apps.routing.planner.filters import SITE_FILTERS
from apps.routing.planner.problem import Demand
from apps.routing.planner.results import Candidate, Plan, RunnerUp, Verdict, to_minor

MENTIONED = 3

# What a shortage is judged by before any criterion; every plan that differs here was no real choice.
SHORTAGE = (UNSERVED, BACKORDERED)
# By criterion: how the winner is praised, and how a loser was worse.
PRAISE = {
    "least_cost": Text("cheapest"),
    "fewest_shipments": Text("fewest parcels"),
    "nearest": Text("nearest"),
    "node_priority": Text("highest priority"),
    "most_stock": Text("most stock left behind"),
    "given_order": Text("first in the policy's order"),
    "same_country": Text("fewest units across a border"),
}
BEHIND = {
    "nearest": Text("was farther"),
    "node_priority": Text("had a lower priority"),
    "most_stock": Text("had less stock"),
    "given_order": Text("came later in the policy's order"),
    "same_country": Text("meant more units across a border"),
    "fewest_shipments": Text("meant more parcels"),
}


def explain(plan: Plan, demand: Demand) -> Text:
    """Why this plan, in one sentence, with node names and money as people write it."""
    if plan.outcome == "unroutable":
        return _unroutable(plan, demand)
    names = {candidate.site: candidate.name for candidate in plan.candidates}
    said = {
        "where": _listed([names[site] for site in plan.sites]),
        "facts": Text.joined("; ", [_why(plan), Text.joined(", ", _others(plan, names)), *_rest(plan, names)]),
        "doubt": _doubt(plan),
    }
    if all(assignment.backordered for assignment in plan.assignments):
        return Text("Backordered at {where}: {facts}{doubt}", **said)
    if len(plan.sites) == 1:
        return Text("Ships from {where}: {facts}{doubt}", **said)
    return Text("Split over {where}: {facts}{doubt}", **said)


def _why(plan: Plan) -> Text:
    best = PRAISE[_decider(plan)]
    if len(plan.sites) == 1:
        if plan.runner_ups or plan.outcome != "routed":
            return Text("{best} single parcel", best=best)
        eligible = sum(candidate.eligible for candidate in plan.candidates)
        return Text("the only location that can") if eligible == 1 else Text("the only location with everything")
    if any(loser.kind == "alone" for loser in plan.runner_ups):
        return Text("{best}, though a single location had all", best=best)
    weighed = plan.search.plans_weighed
    if weighed > 1:
        return Text("no single location had all; {best} of {weighed} plans weighed", best=best, weighed=weighed)
    return Text("no single location had all; {best} way to split it", best=best)


def _decider(plan: Plan) -> str:
    """The first criterion that set the winner apart from the next best; without one, the strategy's first."""
    rivals = [loser for loser in plan.runner_ups if loser.kind == "alone"] or list(plan.runner_ups)
    apart = [name for loser in rivals[:1] if (name := _first_difference(plan, loser)) not in SHORTAGE]
    strategy = [score.criterion for score in plan.scores if score.criterion not in SHORTAGE]
    return apart[0] if apart and apart[0] else strategy[0]


def _first_difference(plan: Plan, loser: RunnerUp) -> str | None:
    pairs = zip(plan.scores, loser.scores, strict=True)
    return next((mine.criterion for mine, theirs in pairs if mine.value != theirs.value), None)


def _others(plan: Plan, names: dict[str, str]) -> list[Text]:
    """The best losers and by how much they lost, then nodes that had some of it and why that was not enough."""
    told: dict[tuple[str, ...], Text] = {}
    for loser in plan.runner_ups:
        if len(told) < MENTIONED and loser.sites not in told and _first_difference(plan, loser) not in SHORTAGE:
            told[loser.sites] = _lost(plan, loser, names)
    known = set(plan.sites).union(*(loser.sites for loser in plan.runner_ups))
    for candidate in plan.candidates:
        if len(told) >= MENTIONED:
            break
        if candidate.site not in known and (lack := _lack(candidate)):
            told[(candidate.site,)] = Text("{who} {lost}", who=candidate.name, lost=lack)
    return list(told.values())


def _lost(plan: Plan, loser: RunnerUp, names: dict[str, str]) -> Text:
    who = _listed([names[site] for site in loser.sites])
    if loser.avoided is not None:
        who = Text("{who} instead of {site}", who=who, site=names[loser.avoided])
    return Text("{who} {lost}", who=who, lost=_worse(plan, loser))


def _worse(plan: Plan, loser: RunnerUp) -> Text:
    criterion = _first_difference(plan, loser)
    if criterion is None:
        return Text("was as good")
    if criterion != "least_cost":
        return BEHIND[criterion]
    dearer = to_minor(loser.cost_milli - plan.cost_milli)
    if not dearer:
        return Text("was a fraction more expensive")
    return Text("was {amount} more expensive", amount=money.show(dearer, plan.cost_currency))


def _lack(candidate: Candidate) -> Text | None:
    """What kept a node that has some of the goods from shipping them; None for one that has none."""
    tests, stock = candidate.verdicts[: len(SITE_FILTERS)], candidate.verdicts[len(SITE_FILTERS) :]
    held = [verdict for verdict in stock if verdict.have]
    if not held:
        return None
    failed = next((verdict for verdict in tests if not verdict.passed), None)
    if failed is not None:
        return Text("was ruled out ({reason})", reason=failed.reason)
    lacking = [verdict for verdict in stock if verdict.missing > 0]
    if len(lacking) > 1:
        return Text("was short of {lacking} of {all} SKUs", lacking=len(lacking), all=len(stock))
    for short in lacking:
        if len(stock) > 1:
            return Text("had {have} of {want} {sku}", have=short.have, want=short.want, sku=short.sku)
        return Text("had {have} of {want}", have=short.have, want=short.want)
    return None


def _coverage(verdict: Verdict) -> float:
    return (verdict.have or 0) / (verdict.want or 1)


def _rest(plan: Plan, names: dict[str, str]) -> list[Text]:
    """What doesn't leave now: units backordered, and units left out."""
    told = []
    late = Counter[str]()
    for assignment in plan.assignments:
        if assignment.backordered:
            late[assignment.site] += assignment.quantity
    if late:
        where = [Text("{units} at {node}", units=units, node=names[site]) for site, units in sorted(late.items())]
        told.append(Text("backordered: {where}", where=_listed(where)))
    missing = Counter[str]()
    for short in plan.shortfalls:
        missing[short.code] += short.quantity
    for code, units in missing.most_common():
        told.append(
            Text.counted(
                "{count} unit left unserved ({why})",
                "{count} units left unserved ({why})",
                units,
                count=f"{units:,}",
                why=_why_not(plan, code),
            )
        )
    return told


def _why_not(plan: Plan, code: str) -> Text:
    skus = _skus(plan, code)
    match code:
        case "not_stocked":
            return Text("no location stocks {skus}", skus=skus)
        case "no_candidate":
            return Text("the locations that have {skus} can't ship this order", skus=skus)
        case "insufficient_stock":
            return Text("not enough {skus} in stock", skus=skus)
        case "max_splits":
            return Text("it would take more parcels than the policy allows")
        case "shipment_value":
            return Text("a part of the split would be worth less than the policy asks")
        case _:
            return Text("{skus} waits for the rest", skus=skus)


def _doubt(plan: Plan) -> str:
    if plan.search.exact:
        return "."
    if plan.outcome == "unroutable":
        return Text("; the search stopped at its limit, there may be a way.")
    if plan.search.gap_criterion == "least_cost":
        gap = money.show(to_minor(plan.search.gap), plan.cost_currency)
        return Text("; the search stopped at its limit, at most {gap} from the best.", gap=gap)
    return Text("; the search stopped at its limit, there may be a better plan.")


def _unroutable(plan: Plan, demand: Demand) -> Text:
    total = len(plan.candidates)
    if not total:
        return Text("No location can ship this: there are no locations to choose from.")
    short = {shortfall.sku for shortfall in plan.shortfalls if shortfall.code == plan.reason}
    if plan.reason in ("max_splits", "shipment_value"):
        short = set()  # no single SKU is to blame
    counts = Counter(said for candidate in plan.candidates if (said := _refusal(candidate, short)))
    if plan.reason == "not_stocked" and list(counts.values()) == [total]:
        counts.clear()  # said already
    told = [_of_nodes(number, total, said) for said, number in counts.most_common(MENTIONED)]
    facts = [_why_not(plan, plan.reason), Text.joined(", ", told)]
    if demand.ship_complete:
        facts.append(Text("the customer wants everything together"))
    return Text("No location can ship this: {facts}{doubt}", facts=Text.joined("; ", facts), doubt=_doubt(plan))


def _of_nodes(number: int, total: int, said: Text) -> Text:
    if number == 1 and said.template == "don't stock {sku}":
        said = Text("doesn't stock {sku}", **said.details)
    return Text("{number} of {total} locations {said}", number=number, total=total, said=said)


def _refusal(candidate: Candidate, skus: set[str]) -> Text | None:
    """A node's first "no", worded for a count of nodes; about the SKUs that matter, where some do."""
    tests, stock = candidate.verdicts[: len(SITE_FILTERS)], candidate.verdicts[len(SITE_FILTERS) :]
    failed = next((verdict for verdict in tests if not verdict.passed), None)
    if failed is not None:
        return Text("ruled out ({reason})", reason=failed.reason)
    scarce = min((v for v in stock if v.sku in skus), key=_coverage, default=None)
    if scarce is None or scarce.missing <= 0:
        return None
    if scarce.code == "not_stocked":
        return Text("don't stock {sku}", sku=scarce.sku)
    if scarce.code == "refused":
        return Text("could not ship {sku} before", sku=scarce.sku)
    if scarce.code == "in_doubt":
        return Text("said that {sku} is not there", sku=scarce.sku)
    return Text("had too little {sku}", sku=scarce.sku) if scarce.have else Text("had no {sku}", sku=scarce.sku)


def _skus(plan: Plan, code: str) -> str:
    skus = sorted({short.sku for short in plan.shortfalls if short.code == code})
    more = [Text("{count} more", count=len(skus) - MENTIONED)] if len(skus) > MENTIONED else []
    return _listed([*skus[:MENTIONED], *more])


def _listed(words: Sequence[str]) -> str:
    *some, last = words
    return Text("{some} and {last}", some=Text.joined(", ", some), last=last) if some else last
