"""Reads of the call log, and the lock on the health of a counterpart."""

from __future__ import annotations

from django.db.models import QuerySet

from apps.outbound.counterparts import Counterpart
from apps.outbound.models import Breaker, CallLog
from apps.outbound.states import CounterpartKind


def lock_breaker(counterpart: Counterpart) -> Breaker:
    """Its health, locked; made when it is the first call. A part called for the first time keeps the quiet of the whole."""
    key = {"kind": counterpart.kind, "counterpart": counterpart.code, "part": counterpart.part}
    rows = Breaker.objects.select_for_update(no_key=True).filter(**key)
    row = rows.first()
    if row is None:
        others = Breaker.objects.filter(kind=counterpart.kind, counterpart=counterpart.code, wait_until__isnull=False)
        quiet = others.order_by("-wait_until").values_list("wait_until", flat=True).first()
        quiet = None if counterpart.apart else quiet
        fresh = Breaker(**key, name=counterpart.called[:200], wait_until=quiet)
        Breaker.objects.bulk_create([fresh], ignore_conflicts=True)
        row = rows.get()
    return row


def lock_breakers(counterpart: Counterpart) -> list[Breaker]:
    """Those of all its parts, in the order everybody takes them; of a part that stands apart, its own."""
    rows = Breaker.objects.select_for_update(no_key=True).filter(kind=counterpart.kind, counterpart=counterpart.code)
    rows = rows.filter(part=counterpart.part) if counterpart.apart else rows
    return list(rows.order_by("pk"))


def partner_calls(stream: str) -> QuerySet[CallLog]:
    """What was said to partners about an order."""
    return CallLog.objects.filter(stream=stream, kind=CounterpartKind.PARTNER)
