"""Reads of the call log, and the lock on the health of a counterpart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
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


# Figures of a counterpart are of its latest calls, this many at most, however far back it was called.
MOST_CALLS = 10_000


@dataclass(frozen=True, slots=True)
class CallFigures:
    """How the calls since a moment went; times in milliseconds. ``capped``: there were more than are counted. ``last_good``: also
    before that moment."""

    count: int = 0
    failed: int = 0
    p50: int = 0
    p95: int = 0
    last_good: datetime | None = None

    @property
    def capped(self) -> bool:
        return self.count >= MOST_CALLS

    @property
    def good_percent(self) -> float | None:
        """None: nothing was called. Rounded down: what failed at all is not 100."""
        return int(1000 * (self.count - self.failed) / self.count) / 10 if self.count else None


# Each counterpart's latest rows come from the end of its own index. A call that is still under way is none yet. That what was
# looked for is not there is an answer: shops are asked for what only some of them have.
_FIGURES = """
SELECT w.kind, w.counterpart, f.calls, f.failed, f.took[1], f.took[2], f.good
  FROM unnest(%s::text[], %s::text[]) AS w(kind, counterpart)
 CROSS JOIN LATERAL (
       SELECT count(*) FILTER (WHERE lately) AS calls,
              count(*) FILTER (WHERE lately AND outcome <> 'ok' AND NOT (method = 'GET' AND status IS NOT DISTINCT FROM 404)) AS failed,
              percentile_disc(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY took_ms) FILTER (WHERE lately) AS took,
              max(started_at) FILTER (WHERE outcome = 'ok') AS good
         FROM (SELECT outcome, took_ms, started_at, method, status,
                      started_at > %s AND outcome <> 'skipped' AND detail <> 'under way' AS lately
                 FROM outbound_calllog c
                WHERE c.kind = w.kind AND c.counterpart = w.counterpart
                ORDER BY c.id DESC LIMIT %s) latest) f
"""


def call_figures(whom: Iterable[tuple[str, str]], *, since: datetime) -> Mapping[tuple[str, str], CallFigures]:
    """The figures of each (kind, code), in one statement."""
    pairs = sorted(set(whom))
    with connection.cursor() as cursor:
        cursor.execute(_FIGURES, [[kind for kind, _ in pairs], [code for _, code in pairs], since, MOST_CALLS])
        rows = cursor.fetchall()
    return {
        (kind, code): CallFigures(calls, failed, p50 or 0, p95 or 0, good)
        for kind, code, calls, failed, p50, p95, good in rows
    }


def all_breakers() -> Mapping[tuple[str, str], list[Breaker]]:
    """The health of every counterpart ever called, by (kind, code), a row for each of its parts."""
    found: dict[tuple[str, str], list[Breaker]] = {}
    for row in Breaker.objects.order_by("pk"):
        found.setdefault((row.kind, row.counterpart), []).append(row)
    return found


def breakers_of(kind: str, code: str) -> list[Breaker]:
    return list(Breaker.objects.filter(kind=kind, counterpart=code).order_by("pk")) if code else []
