"""A problem compiled for the search: each plan's whole vector of scores packed into one integer.

A plan's scores are compared like a dictionary compares words: first criterion first. Every component is a sum of
whole, non-negative amounts with a known upper bound, so a vector can be written as one number in a mixed radix, and
comparing or adding vectors becomes comparing or adding integers. The search needs no idea of what it minimises.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from apps.routing.planner.criteria import CRITERIA, Board, Column, distances, node_code, strategy_of
from apps.routing.planner.filters import UNLIMITED
from apps.routing.planner.items import Item, Offer, pools_of
from apps.routing.planner.problem import Demand, PolicyContent, Site

# none: every unit from stock, or no plan. unserved: units may be left out. backorder: or promised from later stock.
Shortage = Literal["none", "unserved", "backorder"]
UNSERVED, BACKORDERED, CODE = "unserved", "backordered", "node_code"

# Cost of a unit and how many there are at that cost.
Supply = tuple[int, int]


@dataclass(slots=True)
class Instance:
    """What the search reads. Sites and items are indexes; every cost is packed.

    `fixed[s]` for opening a site; `rows[i][s]` the supplies (on hand, then later) item i has at site s;
    `lists[i]` all of them as (cost, units, site bit), cheapest first, where the cost includes the unit's share of
    opening the site, were it to serve all it could; `leaving` the cost of leaving one unit out, so high in the mode
    "none" that such a plan is no plan; `ceiling` is more than any plan can cost.
    """

    board: Board
    shortage: Shortage
    names: tuple[str, ...]
    radices: list[int]
    wanted: list[int]
    fixed: list[int]
    rows: list[dict[int, tuple[Supply, ...]]]
    lists: list[list[tuple[int, int, int]]]
    leaving: int
    ceiling: int
    pools: list[list[int]]

    def unpack(self, packed: int) -> dict[str, int]:
        """A packed vector as amounts by criterion."""
        amounts: dict[str, int] = {}
        for name, radix in zip(self.names, self.radices, strict=True):
            amounts[name], packed = divmod(packed, radix)
        return amounts


def set_board(
    demand: Demand, policy: PolicyContent, items: list[Item], offers: list[tuple[Site, int, list[Offer]]], later: bool
) -> Board:
    """The board for candidates (site, place in the input, offers); those that can't give a unit are left out.

    `later` says whether stock still to come counts.
    """
    useful = [entry for entry in offers if any(on_hand or (later and backlog) for on_hand, backlog in entry[2])]
    useful.sort(key=lambda entry: entry[0].code)
    sites = [site for site, _, _ in useful]
    rows = [row for _, _, row in useful]
    holders = [[s for s, row in enumerate(rows) if row[i][0] or (later and row[i][1])] for i in range(len(items))]
    return Board(
        demand=demand,
        policy=policy,
        sites=sites,
        items=items,
        km=distances(demand, sites),
        given=[place for _, place, _ in useful],
        holders=holders,
        on_hand=[[on_hand for on_hand, _ in row] for row in rows],
        later=[[backlog for _, backlog in row] for row in rows] if later else [],
    )


def compile_instance(board: Board, shortage: Shortage) -> Instance:
    """Pack the board's columns. Shortage modes lead with the units unserved, then those backordered."""
    names = strategy_of(board.policy)
    wanted = [item.quantity for item in board.items]
    columns = [CRITERIA[name](board) for name in names] + [node_code(board)]
    names = (*names, CODE)
    units = sum(wanted)
    leading = {"none": 0, "unserved": 1, "backorder": 2}[shortage]
    bounds = [units + 1] * leading + [_bound(column, wanted, board.policy.max_splits) for column in columns]
    radices = _radices(bounds)
    fixed, unit = _pack(columns, radices[leading:], board)
    ceiling = bounds[0] * radices[0]
    rows = _rows(board, unit, radices[1] if shortage == "backorder" else 0)
    return Instance(
        board=board,
        shortage=shortage,
        names=(UNSERVED, BACKORDERED)[:leading] + names,
        radices=radices,
        wanted=wanted,
        fixed=fixed,
        rows=rows,
        lists=_cheapest_first(rows, fixed, wanted),
        leaving=radices[0] if leading else ceiling,
        ceiling=ceiling,
        pools=pools_of(board.items),
    )


def _bound(column: Column, wanted: list[int], room: int) -> int:
    """One more than this criterion can add up to, over `room` nodes."""
    bound = 1
    if column.fixed:
        bound += room * max(column.fixed)
    if column.unit:
        bound += sum(units * max(row, default=0) for units, row in zip(wanted, column.unit, strict=True))
    return bound


def _radices(bounds: list[int]) -> list[int]:
    """The weight of each component: the product of the bounds after it."""
    radices = [1] * len(bounds)
    for place in range(len(bounds) - 2, -1, -1):
        radices[place] = radices[place + 1] * bounds[place + 1]
    return radices


def _pack(columns: list[Column], radices: list[int], board: Board) -> tuple[list[int], list[list[int]]]:
    fixed = [0] * len(board.sites)
    unit = [[0] * len(holders) for holders in board.holders]
    for column, radix in zip(columns, radices, strict=True):
        if column.fixed:
            fixed = [total + amount * radix for total, amount in zip(fixed, column.fixed, strict=True)]
        if column.unit:
            unit = [
                [total + amount * radix for total, amount in zip(totals, amounts, strict=True)]
                for totals, amounts in zip(unit, column.unit, strict=True)
            ]
    return fixed, unit


def _rows(board: Board, unit: list[list[int]], delay: int) -> list[dict[int, tuple[Supply, ...]]]:
    """Supplies by item and site. `delay` is what a backordered unit costs more."""
    rows: list[dict[int, tuple[Supply, ...]]] = []
    for i, holders in enumerate(board.holders):
        row: dict[int, tuple[Supply, ...]] = {}
        for s, cost in zip(holders, unit[i], strict=True):
            now = board.on_hand[s][i]
            row[s] = ((cost, now),) if now else ()
            if board.later and board.later[s][i]:
                row[s] += ((cost + delay, min(board.later[s][i], UNLIMITED)),)
        rows.append(row)
    return rows


def _cheapest_first(
    rows: list[dict[int, tuple[Supply, ...]]], fixed: list[int], wanted: list[int]
) -> list[list[tuple[int, int, int]]]:
    """A site can't serve more units than `most`, so charging each its part of the opening cost is never too much."""
    most = [0] * len(fixed)
    for row, need in zip(rows, wanted, strict=True):
        for s, supplies in row.items():
            most[s] += min(sum(units for _, units in supplies), need)
    share = [cost // units for cost, units in zip(fixed, most, strict=True)]
    return [
        sorted((cost + share[s], units, 1 << s) for s, supplies in row.items() for cost, units in supplies)
        for row in rows
    ]
