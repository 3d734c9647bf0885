"""Exact branch-and-bound over sets of nodes.

Covering: take the item still short that the fewest nodes hold, and try its holders one after another; each one tried
is shut for the siblings after it, so every set of nodes is met once. Improving: once all is covered, open further
nodes only while that can still gain.

The bound: what is opened is paid for; every unit then costs at least the cheapest of a unit from an opened node and a
unit from any node not shut, the latter with its share of the opening cost. A unit's share is that cost divided by all
the units the node could serve, so it is never too much.

When the step budget runs out, what was not explored keeps its bound: the best plan found is returned together with
how much better another one could be at most.
"""

from __future__ import annotations

from dataclasses import dataclass

from apps.routing.planner.allocation import Allocation, allocate
from apps.routing.planner.compiled_problem import Instance

# A long order makes every step more expensive: each so many items count as one more. Very long ones get a greedy first answer.
ITEMS_PER_STEP = 8
LONG_ORDER = 16


@dataclass(frozen=True, slots=True)
class Solution:
    """The best set of sites found (None: there is none), its packed cost, and a proven lower bound on any cost."""

    opened: tuple[int, ...] | None
    cost: int
    bound: int
    steps: int
    weighed: int

    @property
    def exact(self) -> bool:
        return self.bound >= self.cost


class Search:
    """One run over one instance. `room`: the most nodes to open; `shut`: bit mask of sites that may not be."""

    __slots__ = (
        "best", "branches", "budget", "cost_of_step", "found", "instance", "least_fixed",
        "least_units", "least_value", "lists", "open_bound", "rows", "scarce", "steps", "strict", "wanted", "weighed",
    )  # fmt: skip

    def __init__(self, instance: Instance, budget: int, least_value: int = 0) -> None:
        """`least_value`: goods (minor units) each part of a split must be worth."""
        self.instance = instance
        self.budget = budget
        self.least_value = least_value
        self.wanted = instance.wanted
        self.rows = instance.rows
        self.lists = instance.lists
        # Sets whose units interact are weighed by the exact allocation instead of item by item.
        self.strict = bool(instance.pools or least_value)
        self.scarce = sorted(range(len(self.wanted)), key=lambda item: len(self.rows[item]))
        self.branches: dict[int, list[tuple[int, int, int]]] = {}
        self.least_fixed = min(instance.fixed, default=0)
        self.least_units = sum(
            need * min((row[site][0][0] for site in row), default=instance.leaving)
            for row, need in zip(self.rows, self.wanted, strict=True)
        )
        self.cost_of_step = 1 + len(self.wanted) // ITEMS_PER_STEP
        self.best = instance.ceiling
        self.found: tuple[int, ...] | None = None
        self.steps = self.weighed = 0
        self.open_bound = instance.ceiling

    def run(self, room: int, shut: int = 0) -> Solution:
        """The best plan that opens at most `room` sites, none of them shut."""
        floors = [self._serve(item, (), shut)[0] for item in range(len(self.wanted))]
        if sum(floors) < self.best:
            self._try_alone(shut)
            if len(self.wanted) > LONG_ORDER or self.instance.shortage != "none":
                self._try_greedy(room, shut)
            self._cover((), 0, list(self.wanted), shut, room, floors)
        bound = min(self.best, self.open_bound)
        return Solution(self.found, self.best, bound, self.steps, self.weighed)

    def value_alone(self, site: int) -> int | None:
        """The packed cost of one site serving everything from stock, or None where it can't."""
        stock = self.instance.board.on_hand[site]
        cost = self.instance.fixed[site]
        for item, wanted in enumerate(self.wanted):
            if stock[item] < wanted:
                return None
            cost += wanted * self.rows[item][site][0][0]
        if self.instance.pools:
            # Lines that share one stock may each fit in it and not both.
            allocation = allocate(self.instance, (site,))
            if any(allocation.unserved) or any(part.late for part in allocation.parts):
                return None
        return cost

    def _try_alone(self, shut: int) -> None:
        """A single parcel is the usual answer; having it first prunes nearly everything else."""
        fixed = self.instance.fixed
        for site in sorted(self.rows[self.scarce[0]]):
            if shut >> site & 1 or fixed[site] + self.least_units >= self.best:
                continue
            cost = self.value_alone(site)
            if cost is not None and cost < self.best:
                self.best, self.found = cost, (site,)

    def _try_greedy(self, room: int, shut: int) -> None:
        """A first answer where the search may be long: open whichever site serves most of what is left."""
        stock, needs = self.instance.board.on_hand, list(self.wanted)
        opened: list[int] = []
        sites = [site for site in range(len(stock)) if not shut >> site & 1]
        while sites and len(opened) < room and any(needs):
            gains = {site: sum(map(min, stock[site], needs)) for site in sites}
            site = min(sites, key=lambda site: (-gains[site], self.instance.fixed[site]))
            opened.append(site)
            sites.remove(site)
            needs = [max(need - have, 0) for need, have in zip(needs, stock[site], strict=True)]
        self._weigh(tuple(opened), sum(self.instance.fixed[site] for site in opened))

    def _cover(
        self, opened: tuple[int, ...], fixed: int, needs: list[int], shut: int, room: int, floors: list[int]
    ) -> None:
        """Branch on the scarcest item still short. `shut` marks the opened sites too; `floors` bounds each item."""
        item = next((item for item in self.scarce if needs[item]), None)
        if item is None or not room:
            self._weigh(opened, fixed)
            if room:
                self._improve(opened, fixed, shut, room)
            return
        need, stock, costs = needs[item], self.instance.board.on_hand, self.instance.fixed
        must_cover = self.instance.shortage == "none"
        last = room == 1 and must_cover
        own, used = self._serve(item, opened, shut)
        rest = fixed + sum(floors) - floors[item]
        for site, bit, least in self._branches_of(item):
            if shut & bit:
                continue
            if rest + own >= self.best or (must_cover and fixed + least + self.least_units >= self.best):
                return
            shut |= bit
            have, cost = stock[site], fixed + costs[site]
            if cost + self.least_units < self.best and (not last or have[item] >= need):
                left = [n - h if n > h else 0 for n, h in zip(needs, have, strict=True)]
                if not last or not any(left):
                    if self._out_of_steps(rest + own):
                        return
                    branch = (*opened, site)
                    bounds = self._floors(branch, shut, floors)
                    if cost + sum(bounds) < self.best:
                        self._cover(branch, cost, left, shut, room - 1, bounds)
            if used & bit:
                own, used = self._serve(item, opened, shut)
        if not must_cover and rest + own < self.best:
            # Nobody else serves this item: leave it short and go on with the others.
            needs, floors = list(needs), list(floors)
            needs[item], floors[item] = 0, own
            self._cover(opened, fixed, needs, shut, room, floors)

    def _improve(self, opened: tuple[int, ...], fixed: int, shut: int, room: int) -> None:
        """All is covered: open one site more, or shut it for good, as long as that can still gain."""
        while room and fixed + self.least_units + self.least_fixed < self.best:
            served = [self._serve(item, opened, shut) for item in range(len(self.wanted))]
            floors, used = [cost for cost, _ in served], 0
            for _, bits in served:
                used |= bits
            floor = sum(floors)
            if not used or fixed + floor >= self.best or self._out_of_steps(fixed + floor):
                return
            first = used & -used
            site = first.bit_length() - 1
            shut |= first
            cost, branch = fixed + self.instance.fixed[site], (*opened, site)
            if cost + sum(self._floors(branch, shut, floors)) < self.best:
                self._weigh(branch, cost)
                self._improve(branch, cost, shut, room - 1)

    def _out_of_steps(self, bound: int) -> bool:
        if self.steps >= self.budget:
            self.open_bound = min(self.open_bound, bound)
            return True
        self.steps += self.cost_of_step
        return False

    def _weigh(self, opened: tuple[int, ...], fixed: int) -> None:
        """The cost of serving the demand from exactly these sites; kept when it is the best so far."""
        self.weighed += 1
        if self.strict:
            allocation = allocate(self.instance, opened)
            total = fixed + allocation.cost
            if total >= self.best or not self._parts_are_worth_it(allocation):
                return
        else:
            total, leaving = fixed, self.instance.leaving
            for row, missing in zip(self.rows, self.wanted, strict=True):
                offers = [supply for site in opened if site in row for supply in row[site]]
                offers.sort()
                need = missing
                for cost, units in offers:
                    if units >= need:
                        total += cost * need
                        break
                    total += cost * units
                    need -= units
                else:
                    total += leaving * need
        if total < self.best:
            self.best, self.found = total, opened

    def _parts_are_worth_it(self, allocation: Allocation) -> bool:
        """Every part of a split, and what would be left behind, is worth the policy's least value."""
        values: dict[int, int] = {}
        items = self.instance.board.items
        for part in allocation.parts:
            values[part.site] = values.get(part.site, 0) + part.units * items[part.item].value_minor
        left = sum(units * item.value_minor for units, item in zip(allocation.unserved, items, strict=True))
        worth = [*values.values(), left] if any(allocation.unserved) else list(values.values())
        return len(worth) < 2 or min(worth) >= self.least_value

    def _floors(self, opened: tuple[int, ...], shut: int, before: list[int]) -> list[int]:
        """By item, the least its units can cost with these sites opened and no shut one to be opened. `before` is
        the same without the last site opened; it still holds for items that site hasn't."""
        site = opened[-1]
        return [
            self._serve(item, opened, shut)[0] if site in row else before[item] for item, row in enumerate(self.rows)
        ]

    def _serve(self, item: int, opened: tuple[int, ...], shut: int) -> tuple[int, int]:
        """The least one item's units can cost, and the bits of unopened sites that may have been counted on."""
        need, row, used = self.wanted[item], self.rows[item], 0
        offers: list[tuple[int, ...]] = [supply for site in opened if site in row for supply in row[site]]
        missing = need
        for offer in self.lists[item]:
            if shut & offer[2]:
                continue
            missing -= offer[1]
            used |= offer[2]
            if missing <= 0:
                if not offers:
                    return offer[0] * need, used
                offers.append(offer)
                break
            offers.append(offer)
        else:
            offers.append((self.instance.leaving, missing))
        offers.sort()
        total = 0
        for taken in offers:
            if taken[1] >= need:
                return total + taken[0] * need, used
            total += taken[0] * taken[1]
            need -= taken[1]
        return total, used

    def _branches_of(self, item: int) -> list[tuple[int, int, int]]:
        """An item's holders as (site, bit, least fixed cost from here on), the likeliest first."""
        branches = self.branches.get(item)
        if branches is None:
            fixed, wanted = self.instance.fixed, self.wanted[item]
            row = self.rows[item]
            order = sorted(row, key=lambda site: (fixed[site] + wanted * row[site][0][0], site), reverse=True)
            branches, least = [], self.instance.ceiling
            for site in order:
                least = min(least, fixed[site])
                branches.append((site, 1 << site, least))
            branches.reverse()
            self.branches[item] = branches
        return branches
