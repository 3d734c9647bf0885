"""History rows: what a row looked like, who made it so, and why."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models
from django.http import HttpRequest, HttpResponse
from simple_history.models import HistoricalRecords

from apps.core.context import acting, occasion

REASON_LENGTH = 100
MACHINES = ("/api/", "/hooks/")


def acting_now() -> str:
    """The actor as history rows keep it, ``staff:usr_…``."""
    return str(acting.get())


def occasion_now() -> str:
    return occasion.get()[:REASON_LENGTH]


class HistoryRow(models.Model):
    """What every history row has besides the library's columns."""

    history_actor = models.CharField(max_length=96, default=acting_now)

    class Meta:
        abstract = True


class History(HistoricalRecords):  # type: ignore[misc]
    """The library's records with who and why. A batch writes the same columns by SQL (``core/bulk/history_rows.py``).

    ``from_first_change``: a row that never changes keeps no history; the first change also writes the row as it was.

    Indexed by the row's key alone, by which history is asked for. The library copies every index of the row's own table and
    adds two: they were most of the indexes that an order wrote into.
    """

    def __init__(self, *args: Any, from_first_change: bool = False, **kwargs: Any) -> None:
        self.from_first_change = from_first_change
        super().__init__(*args, bases=(HistoryRow,), **kwargs)

    def contribute_to_class(self, cls: type[models.Model], name: str) -> None:
        super().contribute_to_class(cls, name)
        cls.history_from_first_change = self.from_first_change  # type: ignore[attr-defined]

    def copy_fields(self, model: type[models.Model]) -> dict[str, Any]:
        fields: dict[str, Any] = super().copy_fields(model)
        for field in fields.values():
            field.db_index = field.name == "id"
        return fields

    def get_extra_fields(self, model: type[models.Model], fields: Mapping[str, Any]) -> dict[str, Any]:
        extra: dict[str, Any] = super().get_extra_fields(model, fields)
        extra["history_date"].db_index = extra["history_user"].db_index = False
        return extra

    def get_change_reason_for_object(self, instance: models.Model, history_type: str, using: str) -> str:
        return getattr(instance, "_change_reason", None) or occasion_now()


@dataclass(frozen=True, slots=True)
class Change:
    """One field of one row that became another. ``kind``: the row's name in the story; ``label``: which of several it is.

    ``before`` and ``after``: plain values, None for none. Where a row was added or taken away, ``field`` is empty.
    """

    kind: str
    label: str
    field: str
    before: Any
    after: Any
    actor: str
    why: str
    at: datetime


def changes_in(
    model: type[models.Model], kind: str, which: Mapping[str, Any], *, without: Collection[str] = ()
) -> list[Change]:
    """What changed of the rows that match ``which``, oldest first; ``without``: fields that are shown to nobody."""
    history: models.QuerySet[Any] = model.history.filter(**which).order_by("history_id")  # type: ignore[attr-defined]
    names = [field.attname for field in model._meta.concrete_fields if field.name not in without]
    found: list[Change] = []
    last: dict[Any, dict[str, Any]] = {}
    for row in history.values():
        before = last.get(row["id"])
        last[row["id"]] = row
        found += [_change(model, kind, row, *what) for what in _differences(before, row, names)]
    return found


def _differences(
    before: dict[str, Any] | None, row: dict[str, Any], names: Sequence[str]
) -> list[tuple[str, Any, Any]]:
    if row["history_type"] == "-":
        return [("", "", None)]
    if before is None:
        return []
    return [(name, before[name], row[name]) for name in names if name in row and before[name] != row[name]]


def _change(model: type[models.Model], kind: str, row: dict[str, Any], field: str, before: Any, after: Any) -> Change:
    label = str(row.get(getattr(model, "LABEL", ""), ""))
    actor, why = row["history_actor"], row["history_change_reason"] or ""
    return Change(kind, label, field, before, after, actor, why, row["history_date"])


class HistoryUserMiddleware:
    """Lets history rows name the member of staff behind a page. A machine is no user: its key stands as the actor."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(MACHINES):
            return self._get_response(request)
        HistoricalRecords.context.request = request
        try:
            return self._get_response(request)
        finally:
            del HistoricalRecords.context.request
