"""The timeline of an order: its events and the calls made to partners about it, in one sequence of pages."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.core import signing
from django.db.models import Q
from rest_framework.request import Request

from apps.api.v1.shapes.story import TimelineEntry, call_entry, event_entry
from apps.core.api.filters import BadQuery
from apps.core.api.pagination import limit_of
from apps.core.models import Event
from apps.fulfillment.events import FulfillmentShortPicked
from apps.network.models import Node
from apps.orders.models import OrderLine
from apps.outbound.models import CallLog
from apps.outbound.selectors import partner_calls

# Where two stand at the same moment, the event comes first: it caused the call.
_EVENT, _CALL = 0, 1
Place = tuple[datetime, int, int]


def timeline_of(
    stream: str, request: Request, *, hidden: Collection[str] = ()
) -> tuple[list[TimelineEntry], str | None]:
    """One page, oldest first, and the cursor of the next; nothing of the ``hidden`` subjects. Raises BadQuery."""
    limit, signer = limit_of(request), signing.Signer(salt=f"timeline:{stream}")
    seen = _read(signer, request.query_params.get("cursor"))
    events = Event.objects.filter(_after(seen, "recorded_at", _EVENT), stream=stream).order_by("recorded_at", "pk")
    events = events.exclude(subject_ref__in=hidden) if hidden else events
    calls = partner_calls(stream).filter(_after(seen, "started_at", _CALL))
    calls = calls.exclude(reference__in=hidden) if hidden else calls
    # Either could fill the whole page, so both are read as far as a page goes; one more says whether there is another.
    found = _merged(list(events[: limit + 1]), list(calls.order_by("started_at", "pk")[: limit + 1]))
    page = found[:limit]
    at, kind, pk = page[-1][0] if page else (None, 0, 0)
    more = at is not None and len(found) > limit
    named = _named([row for _, row in page if isinstance(row, Event)])
    entries = [event_entry(row, named[row.pk]) if isinstance(row, Event) else call_entry(row) for _, row in page]
    return entries, signer.sign_object([at.isoformat(), kind, pk]) if at is not None and more else None


def _named(events: Sequence[Event]) -> dict[int, dict[str, Any]]:
    """What each event says, by its pk: nodes by their codes and missing units by line id, as everywhere outside."""
    nodes = {event.data["node"] for event in events if isinstance(event.data.get("node"), int)}
    lines = {
        int(pk)
        for event in events
        for pk in event.data.get("missing") or ()
        if event.name == FulfillmentShortPicked.spec.name
    }
    codes = dict(Node.objects.filter(pk__in=nodes).values_list("pk", "code")) if nodes else {}
    ids = dict(OrderLine.objects.filter(pk__in=lines).values_list("pk", "line_id")) if lines else {}
    return {event.pk: _outside(event, codes, ids) for event in events}


def _outside(event: Event, codes: Mapping[int, str], ids: Mapping[int, str]) -> dict[str, Any]:
    data = dict(event.data)
    if isinstance(data.get("node"), int):
        data["node"] = codes.get(data["node"], "")
    if event.name == FulfillmentShortPicked.spec.name:
        data["missing"] = {ids.get(int(pk), pk): units for pk, units in data["missing"].items()}
    return data


def _merged(events: Sequence[Event], calls: Sequence[CallLog]) -> list[tuple[Place, Event | CallLog]]:
    rows: list[tuple[Place, Event | CallLog]] = [((row.recorded_at, _EVENT, row.pk), row) for row in events]
    rows += [((row.started_at, _CALL, row.pk), row) for row in calls]
    return sorted(rows, key=lambda pair: pair[0])


def _read(signer: signing.Signer, cursor: str | None) -> Place | None:
    if cursor is None:
        return None
    try:
        at, kind, pk = signer.unsign_object(cursor)
        return datetime.fromisoformat(at), kind, pk
    except (signing.BadSignature, ValueError):
        raise BadQuery(errors=[{"parameter": "cursor", "detail": "is not a cursor of this timeline"}]) from None


def _after(seen: Place | None, column: str, kind: int) -> Q:
    if seen is None:
        return Q()
    at, last_kind, pk = seen
    later = Q(**{f"{column}__gt": at})
    if kind > last_kind:
        return later | Q(**{column: at})
    if kind == last_kind:
        return later | Q(**{column: at, "pk__gt": pk})
    return later
