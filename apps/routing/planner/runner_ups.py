"""The plans that lost, and by how much: what a person asks next."""

from __future__ import annotations

from apps.routing.planner.costing import cost_in, scores_of
from apps.routing.planner.instance import Instance
from apps.routing.planner.results import RunnerUp
from apps.routing.planner.search import Search

# What if this node weren't there? An answer worth having, not worth as long a search as the decision itself.
SHARE_OF_BUDGET = 5


def runner_ups(instance: Instance, chosen: tuple[int, ...], search: Search, room: int) -> tuple[RunnerUp, ...]:
    """Every other node that could have shipped alone, best first; where there is none or the plan is a split, also
    the best plan without each chosen node."""
    losers = _alone(instance, chosen, search)
    if len(chosen) == 1 and losers:
        return losers
    return losers + tuple(loser for site in chosen if (loser := _without(instance, site, search, room)) is not None)


def _alone(instance: Instance, chosen: tuple[int, ...], search: Search) -> tuple[RunnerUp, ...]:
    ranked = sorted(
        (cost, site)
        for site in instance.rows[search.scarce[0]]
        if chosen != (site,) and (cost := search.value_alone(site)) is not None
    )
    return tuple(_loser(instance, "alone", (site,), cost) for cost, site in ranked)


def _without(instance: Instance, site: int, search: Search, room: int) -> RunnerUp | None:
    again = Search(instance, -(-search.budget // SHARE_OF_BUDGET), search.least_value).run(room, shut=1 << site)
    if not again.opened:
        return None
    return _loser(instance, "without", again.opened, again.cost, instance.board.sites[site].code)


def _loser(instance: Instance, kind: str, opened: tuple[int, ...], packed: int, avoided: str | None = None) -> RunnerUp:
    scores = scores_of(instance, packed)
    codes = tuple(instance.board.sites[site].code for site in sorted(opened))
    return RunnerUp("without" if kind == "without" else "alone", codes, cost_in(scores), scores, avoided)
