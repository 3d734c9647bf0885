"""History copied by PostgreSQL itself: building a history object for each row in Python costs ten times as much.

Each row says who made it so and why, as rows saved one by one do (``core/history.py``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, Literal

from django.db import connection, models

from apps.core import clock
from apps.core.history import acting_now, occasion_now

Kind = Literal["+", "~"]
_META = "history_date, history_type, history_actor, history_change_reason"


def history_values(model: type[models.Model], kind: Kind) -> list[Any]:
    """What ``history_cte`` has places for, in their order."""
    return [clock.now(), acting_now(), occasion_now()] if _keeps(model, kind) else []


def history_cte(model: type[models.Model], rows: str, kind: Kind, places: Iterator[str]) -> list[str]:
    """The part of a statement that copies the rows another part, called ``rows``, returns into their history, if kept."""
    if not _keeps(model, kind):
        return []
    # Named so that no model has a column of that name.
    stamp = "SELECT {}::timestamptz AS stamp_at, {}::varchar AS stamp_by, {}::varchar AS stamp_why".format(
        *(next(places) for _ in range(3))
    )
    sql = _FIRST_CHANGE if _from_first_change(model) else _EVERY_TIME
    columns = _columns(model)
    return [
        sql.format(
            rows=rows,
            kind=kind,
            stamp=stamp,
            meta=_META,
            history=_history_table(model),
            table=connection.ops.quote_name(model._meta.db_table),
            columns=", ".join(columns),
            was=", ".join(f"was.{name}" for name in columns),
            now=", ".join(f"now.{name}" for name in columns),
            differs=" OR ".join(f"was.{name} IS DISTINCT FROM now.{name}" for name in columns if name != '"id"'),
        )
    ]


_EVERY_TIME = """{rows}h AS (
    INSERT INTO {history} ({columns}, {meta})
    SELECT {columns}, s.stamp_at, '{kind}', s.stamp_by, s.stamp_why FROM {rows}, ({stamp}) s)"""
# Of rows that did change: before the first change the row as it was, by nobody, and each time the row as it is now. A
# statement sees the table as it was before its own update, so ``was`` is the old row.
_FIRST_CHANGE = """{rows}h AS (
    INSERT INTO {history} ({columns}, {meta})
    SELECT {columns}, s.stamp_at, c.stamp_kind, CASE c.stamp_n WHEN 0 THEN '' ELSE s.stamp_by END,
           CASE c.stamp_n WHEN 0 THEN '' ELSE s.stamp_why END
      FROM (SELECT {was}, 0 AS stamp_n, '+' AS stamp_kind FROM {rows} now JOIN {table} was ON was.id = now.id
             WHERE ({differs}) AND NOT EXISTS (SELECT 1 FROM {history} h WHERE h.id = was.id)
            UNION ALL
            SELECT {now}, 1, '~' FROM {rows} now JOIN {table} was ON was.id = now.id WHERE {differs}) c, ({stamp}) s
     ORDER BY c.id, c.stamp_n)"""


def copy_to_history(rows: Sequence[models.Model]) -> None:
    """Copy rows that were just inserted into their history, in one statement; nothing where the model keeps none of them."""
    if not rows or not _keeps(type(rows[0]), "+"):
        return
    with connection.cursor() as cursor:
        cursor.execute(_inserted_sql(type(rows[0])), [*history_values(type(rows[0]), "+"), [row.pk for row in rows]])


@cache
def _inserted_sql(model: type[models.Model]) -> str:
    columns, table = ", ".join(_columns(model)), connection.ops.quote_name(model._meta.db_table)
    return (
        f"INSERT INTO {_history_table(model)} ({columns}, history_type, history_date, history_actor, history_change_reason) "
        f"SELECT {columns}, '+', %s, %s, %s FROM {table} WHERE id = ANY(%s::bigint[])"
    )


@cache
def _keeps(model: type[models.Model], kind: Kind) -> bool:
    """Whether a row of the model leaves a history row when it is inserted ("+") or updated ("~")."""
    return bool(_columns(model)) and not (kind == "+" and _from_first_change(model))


@cache
def _columns(model: type[models.Model]) -> tuple[str, ...]:
    """The columns a model's history copies, quoted; empty where it keeps none."""
    manager = getattr(model, "history", None)
    if manager is None:
        return ()
    kept = {field.column for field in manager.model._meta.fields} & {field.column for field in model._meta.fields}
    return tuple(connection.ops.quote_name(str(column)) for column in sorted(map(str, kept)))


@cache
def _history_table(model: type[models.Model]) -> str:
    return connection.ops.quote_name(model.history.model._meta.db_table)  # type: ignore[attr-defined]


@cache
def _from_first_change(model: type[models.Model]) -> bool:
    return bool(getattr(model, "history_from_first_change", False))
