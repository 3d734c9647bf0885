"""Pages by key: the hundredth page of a long list is as quick as the first, and rows that come meanwhile shift none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.db.models import Model, QuerySet
from django.http import QueryDict

from apps.core import keyset
from apps.ui.locale import number

Row = TypeVar("Row", bound=Model)
SIZE = 50
MOST_COUNTED = 10_000
AFTER, BEFORE = "after", "before"
# The place in the list, and what a page that refreshes itself has seen: neither belongs into the address of another page.
PASSING = (AFTER, BEFORE, "seen")


@dataclass(frozen=True, slots=True)
class Sheet(Generic[Row]):
    """One page. ``previous``/``next``: the queries of its neighbours, empty where there is none."""

    rows: list[Row]
    previous: str
    next: str
    total: str


def sheet(
    rows: QuerySet[Row],
    params: QueryDict,
    *,
    keys: Sequence[keyset.Key] = keyset.NEWEST_FIRST,
    size: int = SIZE,
    total: str | None = None,
) -> Sheet[Row]:
    """The page after or before the place that the address names; the first one where it makes no sense or nothing is left there.

    ``total``: how many there are in words, where it is known already.
    """
    back = BEFORE in params and AFTER not in params
    place = _place(params.get(BEFORE if back else AFTER, ""), rows.model, keys)
    page = keyset.page(rows, keys, size, place=place, back=back)
    if place is not None and not page.rows:
        back, place, page = False, None, keyset.page(rows, keys, size)
    # Whoever came from a page can go back to it.
    has_previous, has_next = (page.more, True) if back else (place is not None, page.more)
    return Sheet(
        page.rows,
        _address(params, BEFORE, page.rows[0], keys) if has_previous and page.rows else "",
        _address(params, AFTER, page.rows[-1], keys) if has_next and page.rows else "",
        counted(rows) if total is None else total,
    )


def counted(rows: QuerySet[Row]) -> str:
    """How many, counting no further than is useful: ``1,204`` or ``10,000+``."""
    count = rows.order_by()[: MOST_COUNTED + 1].count()
    return f"{number(MOST_COUNTED)}+" if count > MOST_COUNTED else number(count)


def whole(text: str | None) -> int | None:
    """A primary key out of an address; None for anything else."""
    if not text or not text.isascii() or not text.isdigit() or len(text) > 18:
        return None
    return int(text)


def _address(params: QueryDict, way: str, row: Row, keys: Sequence[keyset.Key]) -> str:
    query = params.copy()
    for stale in PASSING:
        query.pop(stale, None)
    query[way] = _place_text(row, keys)
    return f"?{query.urlencode()}"


def _place_text(row: Row, keys: Sequence[keyset.Key]) -> str:
    """The values themselves and not the row they are of: that one may have moved, or be gone, when the next page is asked for."""
    place = keyset.place_of(row, keys)
    if keys == keyset.NEWEST_FIRST:
        return str(row.pk)
    return keyset.write_cursor([_json_ready(value) for value in place], of=_list_of(type(row), keys))


def _place(text: str, model: type[Model], keys: Sequence[keyset.Key]) -> keyset.Place | None:
    if keys == keyset.NEWEST_FIRST:
        pk = whole(text)
        return None if pk is None else (pk,)
    try:
        return tuple(_value(value) for value in keyset.read_cursor(text, of=_list_of(model, keys)))
    except keyset.InvalidCursor:
        return None


def _list_of(model: type[Model], keys: Sequence[keyset.Key]) -> str:
    return f"page:{model._meta.label}:{','.join(key.sort(back=False) for key in keys)}"


def _json_ready(value: Any) -> Any:
    return {"at": value.isoformat()} if isinstance(value, datetime) else value


def _value(value: Any) -> Any:
    return datetime.fromisoformat(value["at"]) if isinstance(value, dict) else value
