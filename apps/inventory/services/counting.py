"""What a feed, a count or a delivery says about on hand."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from apps.catalog.selectors import skus_called
from apps.core import clock
from apps.core.actor import Actor
from apps.core.bulk.bulk_update import update_rows
from apps.core.ids import ID_LENGTH
from apps.core.outbox import record
from apps.core.transactions import service
from apps.inventory import events, selectors
from apps.inventory.models import StockLevel
from apps.inventory.services.moving import Move, oversold_fact, post
from apps.inventory.states import MovementKind
from apps.network.models import Node

MOST_UNITS = 2 * 10**9
_SAVED = [
    "safety_stock", "incoming", "backorderable", "counted_at", "figure_at", "doubted_at", "doubted_on_hand",
]  # fmt: skip
STILL_IN_DOUBT = "Still in doubt: the node has said that what was shown is not there. Once somebody has looked, send the count with counted."


@dataclass(frozen=True, slots=True)
class Count:
    """One row of a stock feed. ``on_hand`` sets, ``delta`` adds; one of the two. ``expected_version``: compare and swap.

    ``counted``: somebody has looked, so that a doubt ends even where the figure is the one that was doubted. ``kind``: what the
    ledger calls it, where that is more than a count or an adjustment.
    """

    node: str
    sku: str
    on_hand: int | None = None
    delta: int | None = None
    safety_stock: int | None = None
    incoming: int | None = None
    backorderable: bool | None = None
    expected_version: int | None = None
    counted: bool = False
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Counted:
    """What became of one row: ``ok``, or the refusal's code and sentence; the level's version after.

    A row that is ``ok`` has a sentence only where it leaves the level in doubt.
    """

    node: str
    sku: str
    ok: bool
    version: int | None = None
    on_hand: int | None = None
    code: str = ""
    detail: str = ""


@service
def count_stock(counts: Sequence[Count], *, reason: str, reference: str = "", actor: Actor) -> list[Counted]:
    """Apply many rows; a refused row is named and the others go through. A truthful drop below reserved is taken in, and the
    newest claims lose their cover by it; less than nothing is nothing.

    ``reason`` and ``reference`` (the id of a case, a delivery note) stand on each line of the ledger.
    """
    nodes = {node.code: node.pk for node in Node.objects.filter(code__in={c.node for c in counts})}
    skus = skus_by_code({c.sku for c in counts})
    _make_missing(counts, nodes, skus)
    found = StockLevel.objects.filter(node_id__in=nodes.values(), sku_id__in=skus.values())
    ids = {(row.node_id, row.sku_id): row.pk for row in found}
    wanted = [ids.get((nodes.get(c.node, 0), skus.get(c.sku.upper(), 0))) for c in counts]
    levels = selectors.lock_levels(pk for pk in wanted if pk)
    moves: list[Move] = []
    pending: dict[int, int] = {}
    said: dict[int, int] = {}
    answers = [
        _contradiction(count, levels.get(pk or 0), said)
        or _apply(count, levels.get(pk or 0), (reason, reference), moves, pending)
        for count, pk in zip(counts, wanted, strict=True)
    ]
    # A refused row changes nothing, not even its level's version: that would refuse the next comparison too.
    applied = {pk for answer, pk in zip(answers, wanted, strict=True) if answer.ok}
    counted = [level for pk, level in levels.items() if pk in applied]
    recorded = post(moves, levels, actor=actor)
    vouched = _vouched(counts, answers, levels, wanted)
    update_rows(counted, _SAVED)
    arrived = {level.pk for level in vouched} | {pk for pk, units in pending.items() if units > 0}
    record(
        *[events.level_fact(level, events.StockConfirmed()) for level in vouched],
        *[oversold_fact(level) for level in counted if level.pk not in recorded and _is_oversold(level)],
        *[events.level_fact(level, events.StockFreed()) for level in counted if _is_freed(level, arrived)],
        actor=actor,
    )
    return answers


def _vouched(
    counts: Sequence[Count], answers: Sequence[Counted], levels: Mapping[int, StockLevel], pks: Sequence[int | None]
) -> list[StockLevel]:
    """Levels that were in doubt and of which somebody has said now what is there; they are relied on again."""
    rows = [(count, pk) for count, answer, pk in zip(counts, answers, pks, strict=True) if answer.ok and pk]
    said = {pk for count, pk in rows if _says_what_is_there(count, levels[pk])}
    vouched = [levels[pk] for pk in sorted(said) if levels[pk].doubted_at is not None]
    for level in vouched:
        level.doubted_at = level.doubted_on_hand = None
    return vouched


def _says_what_is_there(count: Count, level: StockLevel) -> bool:
    """A feed repeats what its source believes: the very figure that the node has found wrong is nothing new. Nor has anybody
    counted who receives or moves goods."""
    if count.kind:
        return False
    if count.on_hand is None:
        return count.delta is not None
    return count.counted or count.on_hand != level.doubted_on_hand


def skus_by_code(codes: set[str]) -> dict[str, int]:
    """Primary keys of SKUs by what they were called, in capitals; whatever is a SKU at other entry points is one here."""
    return {code.upper(): sku.pk for code, sku in skus_called(codes).items()}


def _make_missing(counts: Sequence[Count], nodes: dict[str, int], skus: dict[str, int]) -> None:
    # A row that expects a version speaks of a level that exists.
    fresh = [c for c in counts if c.expected_version is None and c.node in nodes and c.sku.upper() in skus]
    pairs = {(nodes[c.node], skus[c.sku.upper()]) for c in fresh}
    StockLevel.objects.bulk_create(
        [StockLevel(node_id=node, sku_id=sku) for node, sku in sorted(pairs)], ignore_conflicts=True
    )


def _contradiction(count: Count, level: StockLevel | None, said: dict[int, int]) -> Counted | None:
    """A level that an earlier row of the feed set to another figure: nobody can know which is right."""
    if level is None or count.on_hand is None or said.setdefault(level.pk, count.on_hand) == count.on_hand:
        return None
    detail = f"An earlier row sets {count.node}'s {count.sku} to {said[level.pk]}; this one to {count.on_hand}."
    return Counted(count.node, count.sku, ok=False, version=level.version, code="named_twice", detail=detail)


def _apply(
    count: Count, level: StockLevel | None, why: tuple[str, str], moves: list[Move], pending: dict[int, int]
) -> Counted:
    if level is None:
        missing = f"There is no location {count.node} or no SKU {count.sku}."
        unmade = f"{count.node} has no level of {count.sku} yet. Send it without expected_version to make one."
        detail = missing if count.expected_version is None else f"{missing[:-1]}, or {unmade}"
        return Counted(count.node, count.sku, ok=False, code="not_stocked", detail=detail)
    if count.expected_version is not None and count.expected_version != level.version:
        detail = f"The level is at version {level.version}, not {count.expected_version}."
        return Counted(count.node, count.sku, ok=False, version=level.version, code="level_changed", detail=detail)
    # One feed may name a level twice: what its earlier rows did is not in the level yet.
    on_hand = level.on_hand + pending.get(level.pk, 0)
    counted_units = on_hand + (count.delta or 0) if count.on_hand is None else count.on_hand
    if abs(counted_units) > MOST_UNITS:
        detail = f"{MOST_UNITS} units are the most a level counts."
        return Counted(count.node, count.sku, ok=False, version=level.version, code="out_of_range", detail=detail)
    # Nothing can be there less than nothing; what was said of it stands in the ledger.
    delta = max(counted_units, 0) - on_hand
    if delta:
        reason = why[0] if counted_units >= 0 else f"{why[0][:150]} (said {counted_units})"
        kind = count.kind or (MovementKind.ADJUST if count.on_hand is None else MovementKind.SET)
        moves.append(Move(level.pk, kind, on_hand=delta, reason=reason, reference=why[1][:ID_LENGTH]))
        pending[level.pk] = pending.get(level.pk, 0) + delta
    for name in ("safety_stock", "incoming", "backorderable"):
        value = getattr(count, name)
        if value is not None:
            setattr(level, name, value)
    if not count.kind:
        level.counted_at = clock.now()
        level.figure_at = level.figure_at if count.on_hand is None else level.counted_at
    version = level.version + 1 + bool(delta)
    doubted = level.doubted_at is not None and not _says_what_is_there(count, level)
    detail = STILL_IN_DOUBT if doubted else ""
    return Counted(count.node, count.sku, ok=True, version=version, on_hand=on_hand + delta, detail=detail)


def _is_oversold(level: StockLevel) -> bool:
    return level.on_hand < level.reserved and not level.backorderable


def _is_freed(level: StockLevel, arrived: Collection[int]) -> bool:
    """Some of it may be promised; or more of it is there, which claims without stock have waited for."""
    return level.available > 0 or (level.pk in arrived and level.reserved > 0)
