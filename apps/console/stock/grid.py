"""The stock page's grid (SKUs down, nodes across) and the ledger of one level with its running balance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Sum
from django.http import QueryDict
from django.utils.translation import gettext_noop

from apps.accounts.caller import Caller
from apps.catalog.finding import having_words, spelled_like
from apps.catalog.models import Sku
from apps.console.shell.visibility import levels_for, nodes_for
from apps.core import keyset
from apps.inventory.models import StockLevel, StockMovement
from apps.network.models import Node
from apps.orders.models import Order
from apps.ui.language import choices
from apps.ui.paging import Sheet, sheet

ROWS = 50
COLUMNS = 12
BY_CODE = keyset.keys_of("code")
LOW = 3
SHOWS = (
    ("", gettext_noop("All")),
    ("low", gettext_noop("Low")),
    ("out", gettext_noop("Out of stock")),
    ("oversold", gettext_noop("Oversold")),
    ("doubted", gettext_noop("In doubt")),
)


@dataclass(frozen=True, slots=True)
class Cell:
    """One SKU at one node. ``mark``: in doubt, oversold, out, low or nothing."""

    level: StockLevel
    mark: str


@dataclass(frozen=True, slots=True)
class GridRow:
    sku: Sku
    cells: list[Cell | None]
    available: int


@dataclass(frozen=True, slots=True)
class Grid:
    """``sheet``: the page of SKUs. ``hidden``: nodes that did not fit."""

    nodes: list[Node]
    rows: list[GridRow]
    hidden: int
    q: str
    node: str
    show: str
    shows: list[tuple[str, str]]
    sheet: Sheet[Sku]
    filtered: bool


def read_grid(caller: Caller, params: QueryDict) -> Grid:
    q, node = params.get("q", "").strip().replace("\x00", "")[:80], params.get("node", "")
    show = params.get("show", "") if params.get("show", "") in dict(SHOWS) else ""
    nodes = list(nodes_for(caller).filter(code=node) if node else nodes_for(caller))
    levels = _shown(levels_for(caller).filter(node__in=nodes), show)
    page = sheet(_skus(q, levels, unstocked=not (show or node)), params, keys=BY_CODE, size=ROWS, total="")
    across = nodes[:COLUMNS]
    here = {(one.sku_id, one.node_id): one for one in StockLevel.objects.filter(sku__in=page.rows, node__in=across)}
    return Grid(
        nodes=across,
        rows=[_row(sku, [here.get((sku.pk, one.pk)) for one in across]) for sku in page.rows],
        hidden=len(nodes) - len(across),
        q=q,
        node=node,
        show=show,
        shows=choices(SHOWS),
        sheet=page,
        filtered=bool(q or node or show),
    )


def _shown(levels: QuerySet[StockLevel], show: str) -> QuerySet[StockLevel]:
    free = F("reserved") + F("safety_stock")
    if show == "oversold":
        return levels.filter(on_hand__lt=F("reserved"), backorderable=False)
    if show == "doubted":
        return levels.filter(doubted_at__isnull=False)
    if show == "out":
        return levels.filter(on_hand__lte=free)
    return levels.filter(on_hand__lte=free + LOW) if show == "low" else levels


def _skus(q: str, levels: QuerySet[StockLevel], *, unstocked: bool) -> QuerySet[Sku]:
    """``unstocked``: those as well that are sold and counted but kept nowhere yet, so that a new SKU is seen."""
    kept = Exists(levels.filter(sku_id=OuterRef("pk")))
    fresh = Q(active=True, tracked=True) & ~Exists(StockLevel.objects.filter(sku_id=OuterRef("pk")))
    rows = Sku.objects.filter(kept | fresh if unstocked else kept)
    if q:
        found = having_words(rows, q)
        rows = found if found.exists() else spelled_like(rows, q)
    return rows


def _row(sku: Sku, levels: Sequence[StockLevel | None]) -> GridRow:
    cells = [Cell(level, _mark(level)) if level else None for level in levels]
    return GridRow(sku, cells, sum(max(level.available, 0) for level in levels if level))


def _mark(level: StockLevel) -> str:
    if level.on_hand < level.reserved and not level.backorderable:
        return gettext_noop("oversold")
    if level.doubted_at is not None:
        return gettext_noop("in doubt")
    if level.available <= 0:
        return gettext_noop("out")
    return gettext_noop("low") if level.available <= LOW else ""


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One movement, with what the level was after it. ``order``: the order it was for, where it was for one; ``case``: the
    case whose count it was."""

    movement: StockMovement
    on_hand: int
    reserved: int
    order: Order | None
    case: bool


@dataclass(frozen=True, slots=True)
class Ledger:
    lines: list[LedgerLine]
    sheet: Sheet[StockMovement]
    agrees: bool


def read_ledger(level: StockLevel, params: QueryDict) -> Ledger:
    """A page of the ledger, newest first; balances are counted back from what the level says now."""
    movements = StockMovement.objects.filter(level=level)
    page = sheet(movements, params)
    newer = movements.filter(pk__gt=page.rows[0].pk) if page.rows else movements.none()
    on_hand, reserved = (now - later for now, later in zip((level.on_hand, level.reserved), _sums(newer), strict=True))
    references = {row.reference for row in page.rows if row.reference}
    orders = {order.public_id: order for order in Order.objects.filter(public_id__in=references)}
    lines = []
    for row in page.rows:
        lines.append(LedgerLine(row, on_hand, reserved, orders.get(row.reference), row.reference.startswith("cas_")))
        on_hand, reserved = on_hand - row.on_hand_delta, reserved - row.reserved_delta
    return Ledger(lines, page, _sums(movements) == (level.on_hand, level.reserved))


def _sums(movements: QuerySet[StockMovement]) -> tuple[int, int]:
    sums = movements.aggregate(on_hand=Sum("on_hand_delta"), reserved=Sum("reserved_delta"))
    return sums["on_hand"] or 0, sums["reserved"] or 0
