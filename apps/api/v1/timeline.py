"""The timeline of an order: its events and the calls made to partners about it, in one sequence of pages."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from rest_framework.request import Request

from apps.api.v1.shapes.order_story import TimelineEntry, call_entry, event_entry
from apps.core import keyset
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
_EVENTS = (keyset.Key("recorded_at"), keyset.Key("kind", always=_EVENT), keyset.Key("pk"))
_CALLS = (keyset.Key("started_at"), keyset.Key("kind", always=_CALL), keyset.Key("pk"))


def timeline_of(
    stream: str, request: Request, *, hidden: Collection[str] = ()
) -> tuple[list[TimelineEntry], str | None]:
    """One page, oldest first, and the cursor of the next; nothing of the ``hidden`` subjects. Raises BadQuery."""
    limit, of = limit_of(request), f"timeline:{stream}"
    place = _place(request.query_params.get("cursor"), of)
    events, calls = Event.objects.filter(stream=stream), partner_calls(stream)
    if hidden:
        events, calls = events.exclude(subject_ref__in=hidden), calls.exclude(reference__in=hidden)
    # Either could fill the whole page, so both are read as far as a page goes.
    page_of_events = keyset.page(events, _EVENTS, limit, place=place)
    called = keyset.page(calls, _CALLS, limit, place=place)
    found = _merged(page_of_events.rows, called.rows)
    page, more = [row for _, row in found[:limit]], page_of_events.more or called.more or len(found) > limit
    named = _named([row for row in page if isinstance(row, Event)])
    entries = [event_entry(row, named[row.pk]) if isinstance(row, Event) else call_entry(row) for row in page]
    return entries, _cursor(found[limit - 1][0], of) if more else None


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


def _merged(events: Sequence[Event], calls: Sequence[CallLog]) -> list[tuple[keyset.Place, Event | CallLog]]:
    rows: list[tuple[keyset.Place, Event | CallLog]] = [(keyset.place_of(row, _EVENTS), row) for row in events]
    rows += [(keyset.place_of(row, _CALLS), row) for row in calls]
    return sorted(rows, key=lambda pair: pair[0])


def _cursor(last: keyset.Place, of: str) -> str:
    at, kind, pk = last
    return keyset.write_cursor([at.isoformat(), kind, pk], of=of)


def _place(cursor: str | None, of: str) -> keyset.Place | None:
    if cursor is None:
        return None
    try:
        at, kind, pk = keyset.read_cursor(cursor, of=of)
        return datetime.fromisoformat(at), kind, pk
    except ValueError:
        raise BadQuery(errors=[{"parameter": "cursor", "detail": "is not a cursor of this timeline"}]) from None
