"""Lists page by page as the address asks: limit, sort, and the cursor of the page before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import QuerySet
from rest_framework.request import Request

from apps.core import keyset
from apps.core.api.filters import BadQuery

DEFAULT_LIMIT = 50
MAX_LIMIT = 200
Row = TypeVar("Row", bound=models.Model)


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """``next_cursor`` None: there is no more."""

    rows: list[Row]
    next_cursor: str | None


def page_of(rows: QuerySet[Row], request: Request, *, sorts: Mapping[str, str]) -> Page[Row]:
    """One page as ``?limit=&sort=&cursor=`` ask. Raises BadQuery.

    ``sorts``: sort names to columns without NULLs; the first is the default, a leading ``-`` turns one round. Rows that
    appear meanwhile don't shift the page, for a cursor names the last row seen and not a number of rows.
    """
    limit, (name, column, down) = limit_of(request), _sort(request, sorts)
    keys = tuple(keyset.Key(key, down) for key in dict.fromkeys((column, "pk")))
    # Bound to the address: a cursor of one list means nothing to another.
    cursor, of = request.query_params.get("cursor"), f"cursor:{request.path}"
    place = None if cursor is None else _place(cursor, of, name, column, rows.model)
    page = keyset.page(rows, keys, limit, place=place)
    if not page.more:
        return Page(page.rows, None)
    last = page.rows[-1]
    value = None if column == "pk" else _field(rows.model, column).value_to_string(last)
    return Page(page.rows, keyset.write_cursor([name, value, last.pk], of=of))


def limit_of(request: Request) -> int:
    """Rows asked for. Raises BadQuery."""
    text = request.query_params.get("limit")
    if text is None:
        return DEFAULT_LIMIT
    if not (text.isascii() and text.isdigit() and len(text) < 6 and 1 <= int(text) <= MAX_LIMIT):
        raise BadQuery(errors=[{"parameter": "limit", "detail": f"must be 1 to {MAX_LIMIT}"}])
    return int(text)


def _sort(request: Request, sorts: Mapping[str, str]) -> tuple[str, str, bool]:
    """The sort as said, its column, and whether it runs downwards."""
    order_by = request.query_params.get("sort") or next(iter(sorts))
    known = {name: column for key, column in sorts.items() for name in (key.lstrip("-"), "-" + key.lstrip("-"))}
    if order_by not in known:
        raise BadQuery(errors=[{"parameter": "sort", "detail": f"must be one of {', '.join(sorted(known))}"}])
    return order_by, known[order_by], order_by.startswith("-")


def _place(cursor: str, of: str, name: str, column: str, model: type[models.Model]) -> keyset.Place:
    """Where the page before ended. Raises BadQuery."""
    place: keyset.Place
    try:
        sort, value, pk = keyset.read_cursor(cursor, of=of)
        place = (pk,) if column == "pk" else (_field(model, column).to_python(value), pk)
    except (ValueError, ValidationError):
        sort, place = None, ()
    if sort != name:
        raise BadQuery(errors=[{"parameter": "cursor", "detail": "is not a cursor of this list and sort"}])
    return place


def _field(model: type[models.Model], column: str) -> models.Field[Any, Any]:
    return cast("models.Field[Any, Any]", model._meta.get_field(column))
