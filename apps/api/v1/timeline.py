"""The timeline of an order: its events and the calls made to partners about it, in one sequence of pages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.core import signing
from django.db.models import Q
from rest_framework.request import Request

from apps.api.v1.shapes.story import TimelineEntry, call_entry, event_entry
from apps.core.api.filters import BadQuery
from apps.core.api.pagination import limit_of
from apps.core.models import Event
from apps.integrations.models import PartnerCall

# Where two stand at the same moment, the event comes first: it caused the call.
_EVENT, _CALL = 0, 1
Place = tuple[datetime, int, int]


def timeline_of(stream: str, request: Request) -> tuple[list[TimelineEntry], str | None]:
    """One page, oldest first, and the cursor of the next. Raises BadQuery."""
    limit, signer = limit_of(request), signing.Signer(salt=f"timeline:{stream}")
    seen = _read(signer, request.query_params.get("cursor"))
    events = Event.objects.filter(_after(seen, "recorded_at", _EVENT), stream=stream).order_by("recorded_at", "pk")
    calls = PartnerCall.objects.filter(_after(seen, "started_at", _CALL), stream=stream).select_related("partner")
    # Either could fill the whole page, so both are read as far as a page goes; one more says whether there is another.
    found = _merged(list(events[: limit + 1]), list(calls.order_by("started_at", "pk")[: limit + 1]))
    page = found[:limit]
    at, kind, pk = page[-1][0] if page else (None, 0, 0)
    more = at is not None and len(found) > limit
    entries = [event_entry(row) if isinstance(row, Event) else call_entry(row) for _, row in page]
    return entries, signer.sign_object([at.isoformat(), kind, pk]) if at is not None and more else None


def _merged(events: Sequence[Event], calls: Sequence[PartnerCall]) -> list[tuple[Place, Event | PartnerCall]]:
    rows: list[tuple[Place, Event | PartnerCall]] = [((row.recorded_at, _EVENT, row.pk), row) for row in events]
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
