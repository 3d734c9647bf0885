"""The plans that lost, and by how much: what a person asks next."""

from __future__ import annotations

from apps.routing.planner.allocation import allocate
from apps.routing.planner.compiled_problem import Instance
from apps.routing.planner.costing import cost_in, scores_of
from apps.routing.planner.results import RunnerUp
from apps.routing.planner.search import Search

# What if this node weren't there? An answer worth having, not worth as long a search as the decision itself.
SHARE_OF_BUDGET = 5


def runner_ups(
    instance: Instance, chosen: tuple[int, ...], best: int, search: Search, room: int
) -> tuple[RunnerUp, ...]:
    """Every other node that could have shipped alone, best first; where there is none or the plan is a split, also
    the best plan without each chosen node. `best` is the chosen plan's packed cost: where its own search was cut
    short, one of these may chance upon a better plan, which is not a loser and is left out."""
    losers = _alone(instance, chosen, search)
    if len(chosen) == 1 and losers:
        return losers
    return losers + tuple(
        loser for site in chosen if (loser := _without(instance, site, best, search, room)) is not None
    )


def _alone(instance: Instance, chosen: tuple[int, ...], search: Search) -> tuple[RunnerUp, ...]:
    ranked = sorted(
        (cost, site)
        for site in instance.rows[search.scarce[0]]
        if chosen != (site,) and (cost := search.value_alone(site)) is not None
    )
    losers = []
    for cost, site in ranked:
        scores = scores_of(instance, cost)
        losers.append(RunnerUp("alone", (instance.board.sites[site].code,), cost_in(scores), scores))
    return tuple(losers)


def _without(instance: Instance, site: int, best: int, search: Search, room: int) -> RunnerUp | None:
    again = Search(instance, -(-search.budget // SHARE_OF_BUDGET), search.least_value).run(room, shut=1 << site)
    if not again.opened or again.cost < best:
        return None
    sites = instance.board.sites
    ships = {part.site for part in allocate(instance, again.opened).parts}
    scores = scores_of(instance, again.cost)
    return RunnerUp(
        "without", tuple(sites[ship].code for ship in sorted(ships)), cost_in(scores), scores, avoided=sites[site].code
    )
