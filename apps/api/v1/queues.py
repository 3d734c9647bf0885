"""Where cases wait, and of which kinds they are."""

from __future__ import annotations

from typing import ClassVar

from django.db.models import Count, QuerySet

from apps.accounts.caller import Caller
from apps.api.v1 import visibility
from apps.api.v1.base import Listing
from apps.api.v1.shapes.casework import KindOut, KindPage, QueueOut, QueuePage, kind, queue
from apps.casework.models import CaseKind, Queue
from apps.casework.states import STANDING, Severity
from apps.core.api.filters import AnyOf, Filters, Flag, Text


class QueueFilters(Filters):
    code = Text(field_name="code")


class Queues(Listing[Queue]):
    scopes: ClassVar[dict[str, str]] = {"GET": "cases:read"}
    filters = QueueFilters
    sorts: ClassVar[dict[str, str]] = {"position": "position", "code": "code"}
    page = QueuePage

    def rows(self, caller: Caller) -> QuerySet[Queue]:
        return Queue.objects.all()

    def render(self, rows: list[Queue], caller: Caller) -> list[QueueOut]:
        here = visibility.cases(caller).filter(state__in=STANDING, queue__in=rows)
        standing = dict(here.order_by().values_list("queue").annotate(count=Count("pk")))
        return [queue(row, standing.get(row.pk, 0)) for row in rows]


class KindFilters(Filters):
    code = Text(field_name="code")
    severity = AnyOf(Severity.choices, field_name="severity")
    queue = Text(field_name="queue__code", help_text="the queue's code")
    built_in = Flag(field_name="built_in")


class Kinds(Listing[CaseKind]):
    scopes: ClassVar[dict[str, str]] = {"GET": "cases:read"}
    filters = KindFilters
    sorts: ClassVar[dict[str, str]] = {"code": "code", "name": "name"}
    page = KindPage

    def rows(self, caller: Caller) -> QuerySet[CaseKind]:
        return CaseKind.objects.select_related("queue")

    def render(self, rows: list[CaseKind], caller: Caller) -> list[KindOut]:
        return [kind(row) for row in rows]
