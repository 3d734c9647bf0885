"""Pages by key: the hundredth page of a long list is as quick as the first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db.models import Model, QuerySet
from django.http import QueryDict

from apps.core import keyset
from apps.ui.locale import number

Row = TypeVar("Row", bound=Model)
SIZE = 50
MOST_COUNTED = 10_000


@dataclass(frozen=True, slots=True)
class Sheet(Generic[Row]):
    """One page, newest first. ``newer``/``older``: the queries of its neighbours, empty where there is none."""

    rows: list[Row]
    newer: str
    older: str
    total: str


def sheet(rows: QuerySet[Row], params: QueryDict, *, size: int = SIZE) -> Sheet[Row]:
    """The page that ``before`` or ``after`` (primary keys) in the address asks for; nonsense there is the first page."""
    before, after = whole(params.get("before")), whole(params.get("after"))
    back, pk = after is not None, before if after is None else after
    page = keyset.page(rows, keyset.NEWEST_FIRST, size, place=None if pk is None else (pk,), back=back)
    # Whoever came from a page can go back to it.
    newer, older = (page.more, True) if back else (pk is not None, page.more)
    return Sheet(
        page.rows,
        _address(params, "after", page.rows[0].pk) if newer and page.rows else "",
        _address(params, "before", page.rows[-1].pk) if older and page.rows else "",
        counted(rows),
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


def _address(params: QueryDict, name: str, key: int) -> str:
    query = params.copy()
    for stale in ("before", "after"):
        query.pop(stale, None)
    query[name] = str(key)
    return f"?{query.urlencode()}"
