"""Stock: levels, feeds of counts, and the ledger behind a level."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Self

from django.db.models import QuerySet
from pydantic import BeforeValidator, Field, ValidationError, model_validator
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.caller import Caller
from apps.api.v1 import examples, visibility
from apps.api.v1.base import Listing, View
from apps.api.v1.shapes.inventory import (
    CountResult,
    LevelOut,
    LevelPage,
    MovementOut,
    MovementPage,
    count_result,
    level,
    movement,
)
from apps.casework.resolutions.direct.stock_counts import count_within_limits
from apps.catalog.selectors import pks_called
from apps.core.api.bodies import BodyModel
from apps.core.api.filters import Filters, Flag, Text
from apps.core.api.idempotency import Reply
from apps.core.api.schema import described
from apps.core.validation import problems_of
from apps.inventory.models import StockLevel, StockMovement
from apps.inventory.services import Count, Counted
from apps.network.selectors import node_codes
from apps.orders.canonical import SkuCode, Text64

MOST_ROWS = 1_000
MOST_UNITS = 10**9


def _whole(value: object) -> object:
    if isinstance(value, bool) or (value is not None and not isinstance(value, int)):
        raise ValueError("must be a whole number")
    return value


Units = Annotated[int, BeforeValidator(_whole), Field(ge=0, le=MOST_UNITS)]
SignedUnits = Annotated[int, BeforeValidator(_whole), Field(ge=-MOST_UNITS, le=MOST_UNITS)]


class CountRow(BodyModel):
    """``on_hand`` sets, ``delta`` adds; at most one of the two. ``expected_version``: only if the level is at it still.

    ``counted``: somebody has looked at the shelf, which ends a doubt whatever the figure.
    """

    node: Annotated[Text64, Field(min_length=1)]
    sku: Annotated[SkuCode, Field(min_length=1)]
    on_hand: Units | None = None
    delta: SignedUnits | None = None
    safety_stock: Units | None = None
    incoming: Units | None = None
    backorderable: bool | None = None
    expected_version: Annotated[int, Field(ge=0, lt=2**31)] | None = None
    counted: bool = False

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if self.on_hand is not None and self.delta is not None:
            raise ValueError("on_hand and delta exclude each other")
        if self.model_fields_set <= {"node", "sku", "expected_version", "counted"}:
            raise ValueError("says nothing of the level: send on_hand, delta, safety_stock, incoming or backorderable")
        return self


class CountBody(BodyModel):
    reason: Annotated[str, Field(min_length=1, max_length=200)]
    items: Annotated[list[CountRow], Field(min_length=1, max_length=MOST_ROWS)]


class _Feed(BodyModel):
    """The feed with its rows as they came: each is read separately, so that one bad row costs no other."""

    reason: Annotated[str, Field(min_length=1, max_length=200)]
    items: Annotated[list[Any], Field(min_length=1, max_length=MOST_ROWS)]


class LevelFilters(Filters):
    node = Text(field_name="node__code", help_text="the node's code")
    sku = Text(method="of_sku", help_text="its code, an alias or a barcode")
    backorderable = Flag(field_name="backorderable")

    def of_sku(self, rows: QuerySet[StockLevel], name: str, value: str) -> QuerySet[StockLevel]:
        return rows.filter(sku__in=pks_called(value))


class Levels(Listing[StockLevel]):
    scopes: ClassVar[dict[str, str]] = {"GET": "inventory:read"}
    filters = LevelFilters
    sorts: ClassVar[dict[str, str]] = {"id": "pk", "counted_at": "counted_at"}
    page = LevelPage

    def rows(self, caller: Caller) -> QuerySet[StockLevel]:
        return visibility.levels(caller).select_related("node", "sku")

    def render(self, rows: list[StockLevel], caller: Caller) -> list[LevelOut]:
        return [level(row) for row in rows]


class CountLevels(View):
    scopes: ClassVar[dict[str, str]] = {"POST": "inventory:write"}

    @described("count_stock", body=CountBody, responses={200: CountResult}, key=True, examples=examples.COUNT)
    def post(self, request: Request) -> Response:
        """Take a stock feed in, up to 1,000 rows.

        A refused row (unknown node or SKU, another version, a negative or broken number, a level that an earlier row set to
        another figure) is named and the others go through; a feed of which no row can be read is refused whole. Codes of
        nodes and SKUs are taken in any case, a SKU by its alias too. A level that does not exist yet is made. A drop below
        what is promised is taken in and opens a case. A level that its node has put in doubt stays so while its figure is
        only repeated; another figure, or ``counted``, ends the doubt. A level that would
        lose more than the caller's limits allow is left as it is: `needs_approval` names the proposal, `beyond_limits` why there
        is none.
        """
        feed, caller = self.body(_Feed, request), self.caller(request)
        rows = _read_rows(feed.items)
        if not any(isinstance(row, CountRow) for row in rows):
            self.body(CountBody, request)
        for row in rows:
            if isinstance(row, CountRow) and not caller.may_node(row.node):
                visibility.note_foreign(caller, "Node", row.node)
        mine = [row for row in rows if isinstance(row, CountRow) and caller.may_node(row.node)]

        def work() -> Reply:
            counted = count_within_limits([_count(row) for row in mine], reason=feed.reason, caller=caller)
            return Reply(count_result(_in_order(rows, counted, caller)))

        return self.respond(request, work, key_required=True)


def _read_rows(items: Sequence[Any]) -> list[CountRow | Counted]:
    """Each row, or why it can't be read."""
    rows: list[CountRow | Counted] = []
    for item in items:
        try:
            rows.append(CountRow.model_validate(item))
        except ValidationError as error:
            detail = "; ".join(
                f"{one['pointer'].lstrip('/') or 'the row'}: {one['detail']}" for one in problems_of(error)
            )
            node, sku = (_code(item, name) for name in ("node", "sku"))
            rows.append(Counted(node, sku, ok=False, code="invalid_row", detail=detail[:500]))
    nodes = node_codes({row.node for row in rows if isinstance(row, CountRow)})
    return [
        row.model_copy(update={"node": nodes.get(row.node, row.node)}) if isinstance(row, CountRow) else row
        for row in rows
    ]


def _code(item: Any, name: str) -> str:
    value = item.get(name) if isinstance(item, dict) else ""
    return value[:128] if isinstance(value, str) else ""


def _count(row: CountRow) -> Count:
    return Count(
        node=row.node,
        sku=row.sku,
        on_hand=row.on_hand,
        delta=row.delta,
        safety_stock=row.safety_stock,
        incoming=row.incoming,
        backorderable=row.backorderable,
        expected_version=row.expected_version,
        counted=row.counted,
    )


def _in_order(asked: Sequence[CountRow | Counted], counted: list[Counted], caller: Caller) -> list[Counted]:
    """The results in the order asked; another's node is answered as one that does not exist."""
    results = iter(counted)
    responses = []
    for row in asked:
        if isinstance(row, Counted):
            responses.append(row)
        elif caller.may_node(row.node):
            responses.append(next(results))
        else:
            detail = f"There is no node {row.node}."
            responses.append(Counted(row.node, row.sku, ok=False, code="not_stocked", detail=detail))
    return responses


class MovementFilters(Filters):
    reference = Text(help_text="for example an order's id")


class Movements(Listing[StockMovement]):
    scopes: ClassVar[dict[str, str]] = {"GET": "inventory:read"}
    filters = MovementFilters
    sorts: ClassVar[dict[str, str]] = {"-moved_at": "pk"}
    page = MovementPage

    def rows(self, caller: Caller) -> QuerySet[StockMovement]:
        of = visibility.find_level(caller, self.kwargs["node"], self.kwargs["sku"])
        return StockMovement.objects.filter(level=of)

    def render(self, rows: list[StockMovement], caller: Caller) -> list[MovementOut]:
        return [movement(row) for row in rows]
