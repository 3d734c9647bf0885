"""Stock worked on by people: counted, received, corrected, moved between places. What is booked is what was shown before."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from apps.catalog.models import Sku
from apps.catalog.selectors import skus_called
from apps.core.actor import Actor
from apps.core.text import Text
from apps.core.transactions import service
from apps.inventory.errors import StockWorkChanged, StockWorkRefused
from apps.inventory.models import StockLevel
from apps.inventory.services.counting import MOST_UNITS, Count, count_stock
from apps.inventory.states import MovementKind, StockWork
from apps.network.models import Node

MOST_ROWS = 2_000


@dataclass(frozen=True, slots=True)
class WorkRow:
    """Units of a SKU at a node: for a count all that are there, else how many come, go or are moved to ``to_node``.

    ``number``: where it stood in what was typed or uploaded.
    """

    node: str
    sku: str
    units: int
    to_node: str = ""
    number: int = 0


@dataclass(frozen=True, slots=True)
class Planned:
    """What booking a row would change. ``problem``: why it can't be booked, in a sentence; ``warning``: what will follow.

    ``level`` and ``target`` None: nothing was kept there so far.
    """

    row: WorkRow
    sku: Sku | None
    level: StockLevel | None
    target: StockLevel | None
    after: int
    problem: str = ""
    warning: str = ""

    @property
    def before(self) -> int:
        return self.level.on_hand if self.level else 0

    @property
    def delta(self) -> int:
        return self.after - self.before


def plan_stock_work(work: StockWork, rows: Sequence[WorkRow]) -> list[Planned]:
    """What booking the rows would do, in their order. Rows of one SKU at one node add up, as somebody scans one by one."""
    called = skus_called({row.sku for row in rows}, names=True)
    # By code first: what was typed once and scanned once is one SKU.
    rows = _added_up(work, [replace(row, sku=called[row.sku].code) if row.sku in called else row for row in rows])
    nodes = {
        node.code: node for node in Node.objects.filter(code__in={n for row in rows for n in (row.node, row.to_node)})
    }
    by_code = {sku.code.upper(): sku for sku in called.values()}
    levels = {
        (level.node_id, level.sku_id): level
        for level in StockLevel.objects.filter(node__in=nodes.values(), sku__in=by_code.values())
    }
    return [_plan(work, row, nodes, by_code.get(row.sku.upper()), levels) for row in rows]


def _added_up(work: StockWork, rows: Sequence[WorkRow]) -> list[WorkRow]:
    """Only corrections go both ways: less than nothing counted, received or moved is a slip and takes nothing off the rest."""
    sums: dict[tuple[str, str, str, bool], WorkRow] = {}
    for row in rows:
        key = (row.node, row.sku.upper(), row.to_node, work != StockWork.CORRECT and row.units < 0)
        first = sums.get(key)
        sums[key] = (
            row if first is None else WorkRow(row.node, first.sku, first.units + row.units, row.to_node, first.number)
        )
    return list(sums.values())


def _plan(
    work: StockWork, row: WorkRow, nodes: dict[str, Node], sku: Sku | None, levels: dict[tuple[int, int], StockLevel]
) -> Planned:
    node, to_node = nodes.get(row.node), nodes.get(row.to_node)
    here = levels.get((node.pk, sku.pk)) if node and sku else None
    there = levels.get((to_node.pk, sku.pk)) if to_node and sku else None
    before = here.on_hand if here else 0
    change = {StockWork.COUNT: row.units - before, StockWork.TRANSFER: -row.units}.get(work, row.units)
    problem = _unknown(work, row, node, to_node, sku) or _impossible(work, row, here, before + change)
    warning = "" if problem else _warning(here, before + change)
    return Planned(row, sku, here, there, before if problem else before + change, problem, warning)


def _unknown(work: StockWork, row: WorkRow, node: Node | None, to_node: Node | None, sku: Sku | None) -> str:
    if sku is None:
        return f"{row.sku} is not a SKU we know."
    if not sku.tracked:
        return f"{sku.code} is sold without counting stock."
    if node is None:
        return f"There is no location {row.node}."
    if work == StockWork.TRANSFER and to_node is None:
        return f"There is no location {row.to_node}." if row.to_node else "Say where the units go."
    return "From and to are the same location." if work == StockWork.TRANSFER and node == to_node else ""


def _impossible(work: StockWork, row: WorkRow, level: StockLevel | None, after: int) -> str:
    if work == StockWork.COUNT and row.units < 0:
        return "A count can't be negative."
    if work in (StockWork.RECEIVE, StockWork.TRANSFER) and row.units < 1:
        return "Say how many: 1 or more."
    if work == StockWork.CORRECT and row.units == 0:
        return "A correction of 0 changes nothing."
    if abs(after) > MOST_UNITS:
        return f"{MOST_UNITS:,} units are the most a location holds."
    if work == StockWork.TRANSFER and level is not None and level.doubted_at is not None:
        return "The count there is in doubt; count it first."
    if work == StockWork.TRANSFER and row.units > (free := _movable(level)):
        return (
            f"Only {free} can be moved: the others are promised to orders."
            if free
            else "Nothing there is free to move."
        )
    return f"Only {level.on_hand if level else 0} are there." if after < 0 else ""


def _movable(level: StockLevel | None) -> int:
    """What orders have no claim on; safety stock may be moved by hand."""
    return max(level.on_hand - level.reserved, 0) if level else 0


def _warning(level: StockLevel | None, after: int) -> str:
    if level is None or level.backorderable or after >= level.reserved or after >= level.on_hand:
        return ""
    return f"{level.reserved - after} promised to orders will be missing."


def fingerprint_of(planned: Sequence[Planned]) -> str:
    """What was shown: booking compares it, so that nothing is done that nobody saw."""
    seen = [
        (one.row.node, one.row.to_node, one.row.sku.upper(), one.level.version if one.level else 0, one.after)
        for one in planned
        if not one.problem
    ]
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:24]


@service
def book_stock_work(
    work: StockWork, rows: Sequence[WorkRow], *, reason: str, reference: str = "", seen: str, actor: Actor
) -> list[Planned]:
    """Book the rows that have no problem, all of them or none; ``seen`` is the fingerprint of what was shown.

    ``reason`` and ``reference`` (a delivery note, a case) stand in the ledger. Raises StockWorkRefused where there is
    nothing to book or no reason, StockWorkChanged where something has moved since it was shown.
    """
    planned = [one for one in plan_stock_work(work, rows) if not one.problem]
    if not reason.strip():
        raise StockWorkRefused(problem=Text("Say why: the reason stands in the ledger."))
    if not planned:
        raise StockWorkRefused(problem=Text("There is nothing to book."))
    if fingerprint_of(planned) != seen:
        raise StockWorkChanged()
    counts = [count for one in planned for count in _counts(work, one)]
    for answer in count_stock(counts, reason=reason.strip(), reference=reference.strip(), actor=actor):
        if not answer.ok:
            raise StockWorkChanged()
    return planned


def _counts(work: StockWork, one: Planned) -> list[Count]:
    row, code, version = one.row, one.sku.code if one.sku else "", one.level.version if one.level else None
    if work == StockWork.COUNT:
        return [Count(row.node, code, on_hand=row.units, counted=True, expected_version=version)]
    if work == StockWork.RECEIVE:
        left = max((one.level.incoming if one.level else 0) - row.units, 0)
        return [
            Count(row.node, code, delta=row.units, incoming=left, kind=MovementKind.RECEIVE, expected_version=version)
        ]
    if work == StockWork.CORRECT:
        return [Count(row.node, code, delta=row.units, expected_version=version)]
    moved = MovementKind.TRANSFER
    return [
        Count(row.node, code, delta=-row.units, kind=moved, expected_version=version),
        Count(row.to_node, code, delta=row.units, kind=moved),
    ]
