"""Lists page by page: keyset cursors, signed, so that a page costs the same however deep it lies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

from django.core import signing
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q, QuerySet
from rest_framework.request import Request

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
    signer, sign = _signer(request), "-" if down else ""
    cursor = request.query_params.get("cursor")
    if cursor is not None:
        rows = rows.filter(_after(_read(signer, cursor, name), column, down, rows.model))
    ordering = [f"{sign}pk"] if column == "pk" else [f"{sign}{column}", f"{sign}pk"]
    found = list(rows.order_by(*ordering)[: limit + 1])
    if len(found) <= limit:
        return Page(found, None)
    last = found[limit - 1]
    value = None if column == "pk" else _field(rows.model, column).value_to_string(last)
    return Page(found[:limit], signer.sign_object([name, value, last.pk]))


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
    said = request.query_params.get("sort") or next(iter(sorts))
    known = {name: column for key, column in sorts.items() for name in (key.lstrip("-"), "-" + key.lstrip("-"))}
    if said not in known:
        raise BadQuery(errors=[{"parameter": "sort", "detail": f"must be one of {', '.join(sorted(known))}"}])
    return said, known[said], said.startswith("-")


def _signer(request: Request) -> signing.Signer:
    # Bound to the address: a cursor of one list means nothing to another.
    return signing.Signer(salt=f"cursor:{request.path}")


def _read(signer: signing.Signer, cursor: str, name: str) -> tuple[str | None, int]:
    try:
        sort, value, pk = signer.unsign_object(cursor)
    except (signing.BadSignature, ValueError):
        sort, value, pk = None, None, 0
    if sort != name:
        raise BadQuery(errors=[{"parameter": "cursor", "detail": "is not a cursor of this list and sort"}])
    return value, pk


def _after(seen: tuple[str | None, int], column: str, down: bool, model: type[models.Model]) -> Q:
    value, pk = seen
    op = "lt" if down else "gt"
    if value is None:
        return Q(**{f"pk__{op}": pk})
    try:
        at = _field(model, column).to_python(value)
    except ValidationError:
        raise BadQuery(errors=[{"parameter": "cursor", "detail": "is not a cursor of this list"}]) from None
    return Q(**{f"{column}__{op}": at}) | Q(**{column: at, f"pk__{op}": pk})


def _field(model: type[models.Model], column: str) -> models.Field[Any, Any]:
    return cast("models.Field[Any, Any]", model._meta.get_field(column))
