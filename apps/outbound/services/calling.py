"""The discipline around every call: ask the breaker, write down that we call, call, write down how it went.

The call is written down before it is made, with its outcome unknown. Whoever is killed in the middle leaves that row
behind, and the next attempt knows from it that something may have arrived.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

import structlog
from django.db import transaction

from apps.core import clock, database_clock
from apps.core.errors import AddressRefused
from apps.core.randomness import uniform
from apps.core.text import Text
from apps.outbound import client, deadlines, health, masking, retry_after, selectors
from apps.outbound.call_context import surroundings
from apps.outbound.client import RawExchange, Reply
from apps.outbound.counterparts import Counterpart
from apps.outbound.errors import CallNotNeeded, CounterpartQuiet, DeadlineExceeded, IncompleteResponse, NotSent
from apps.outbound.models import Breaker, CallLog
from apps.outbound.states import CallOutcome

log = structlog.get_logger(__name__)
ResultT = TypeVar("ResultT")
ResultT_co = TypeVar("ResultT_co", covariant=True)
UNDER_WAY = "under way"
# Those who wait are spread, so that they do not all come at once; one that is only busy is asked again soonest.
_SPREAD, _BUSY_SPREAD = timedelta(seconds=1.5), timedelta(milliseconds=400)
_COLUMNS = (
    "window_started_at", "calls", "failures", "failures_in_a_row", "retries", "retry_tokens", "open_until", "probes_passed",
    "wait_until", "rate_until",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Call:
    """What is about to be said, without what is in it.

    ``stream``: the order's public id, where it is for one (empty: that of ``calls_about``); ``reference``: what exactly it is about. ``extra``: a healthy counterpart would not
    have caused this call; ``cost``: retry tokens it takes; ``gain``: tokens a success brings.
    """

    counterpart: Counterpart
    operation: str
    stream: str = ""
    reference: str = ""
    key: str = ""
    attempt: int = 1
    extra: bool = False
    cost: int = 0
    gain: int = 1


@dataclass(frozen=True, slots=True)
class Verdict:
    """How it went. ``well`` None: it says nothing about the counterpart's health. ``detail`` holds no personal data.

    ``asks_for_quiet``: also where no ``Retry-After`` says for how long.
    """

    outcome: CallOutcome
    well: bool | None
    status: int | None = None
    detail: str = ""
    asks_for_quiet: bool = False


@dataclass(frozen=True, slots=True)
class FinishedCall(Generic[ResultT_co]):
    """``quiet_until``: nothing more is to be sent before then."""

    result: ResultT_co
    quiet_until: datetime | None


def call_out(call: Call, method: str, url: str, **given: Any) -> Reply:
    """One exchange under the discipline; ``given`` as ``client.exchange`` takes it.

    Raises CounterpartQuiet, OutOfTime before anything is sent, and what ``exchange`` raises. Must run outside any transaction.
    """
    terms = call.counterpart.terms
    made = make_call(call, lambda: _tried(method, url, {**given, "trusted": terms.trusted}), judged)
    if isinstance(made.result, Exception):
        raise made.result
    return made.result


Outcome = Reply | NotSent | IncompleteResponse | AddressRefused


def _tried(method: str, url: str, given: Mapping[str, Any]) -> Outcome:
    try:
        return client.exchange(method, url, **given)
    except (NotSent, IncompleteResponse, AddressRefused) as error:
        return error


def judged(result: Outcome) -> Verdict:
    """By the status alone, where nobody reads more from the answer."""
    if isinstance(result, AddressRefused):
        return Verdict(CallOutcome.SKIPPED, None, None, result.why)
    if isinstance(result, NotSent):
        return Verdict(CallOutcome.FAILED, False, None, f"not reached: {result}")
    if isinstance(result, IncompleteResponse):
        return Verdict(CallOutcome.UNKNOWN, False, None, str(result))
    if 200 <= result.status < 300:
        return Verdict(CallOutcome.OK, True, result.status)
    if result.status == 429:
        return Verdict(CallOutcome.FAILED, None, result.status, "asked for quiet")
    if result.status >= 500 or result.status in (408, 425):
        return Verdict(CallOutcome.FAILED, False, result.status)
    return Verdict(CallOutcome.REFUSED, None, result.status)


def make_call(
    call: Call,
    do: Callable[[], ResultT],
    judge: Callable[[ResultT], Verdict],
    *,
    wanted: Callable[[], bool] | None = None,
) -> FinishedCall[ResultT]:
    """Make one call under the discipline. ``do`` makes it, ``judge`` says how it went; ``wanted`` is asked under lock right before.

    Raises CounterpartQuiet when it is not the time, NoLongerWanted, OutOfTime. Must run outside any transaction.
    """
    if deadlines.left_s() < client.LEAST_S:
        raise DeadlineExceeded(Text("no time is left for it"))
    if not call.stream:
        around = surroundings()
        call = replace(call, stream=around.stream, reference=around.reference, attempt=around.attempt)
    go, row = _begin(call, wanted)
    started = clock.monotonic()
    verdict = Verdict(CallOutcome.UNKNOWN, False, None, "our own fault")
    with client.watched() as wire:
        try:
            result = do()
            verdict = judge(result)
        finally:
            # Also when ``do`` breaks: its place among the calls under way must be given back.
            took_ms = int((clock.monotonic() - started) * 1000)
            quiet_until = _end(call, go, row, verdict, wire, took_ms=took_ms)
    return FinishedCall(result, quiet_until)


@transaction.atomic
def _begin(call: Call, wanted: Callable[[], bool] | None) -> tuple[health.CallPermit, CallLog]:
    if wanted is not None and not wanted():
        raise CallNotNeeded
    whom = call.counterpart
    row = selectors.lock_breaker(whom)
    now = database_clock.now()
    verdict = health.ask(_read(row), now, extra=call.extra, cost=call.cost, limits=whom.terms.limits)
    if isinstance(verdict, health.Wait):
        until = verdict.until + (_SPREAD if verdict.sick else _BUSY_SPREAD) * uniform(0, 1)
        raise CounterpartQuiet(until, f"{whom.name}: {verdict.reason}", sick=verdict.sick, paced=verdict.paced)
    _write(row, verdict.health)
    logged = CallLog.objects.create(
        kind=whom.kind,
        counterpart=whom.code,
        name=whom.name[:128],
        operation=call.operation,
        stream=call.stream,
        reference=call.reference,
        idempotency_key=call.key,
        attempt=call.attempt,
        outcome=CallOutcome.UNKNOWN,
        detail=UNDER_WAY,
    )
    return verdict, logged


@transaction.atomic
def _end(
    call: Call, go: health.CallPermit, row: CallLog, verdict: Verdict, wire: RawExchange, *, took_ms: int
) -> datetime | None:
    """Write down how it went; answers until when the counterpart is to be left alone."""
    now = database_clock.now()
    quiet = _quiet_asked(call, verdict, wire, now)
    if quiet is not None:
        # First, because it locks this row too, and all of the counterpart's in pk order.
        _be_quiet(call.counterpart, quiet)
    breaker = selectors.lock_breaker(call.counterpart)
    after = health.settle(_read(breaker), now, go, went_well=verdict.well, gain=call.gain)
    _write(breaker, after)
    _write_down(call, row, verdict, wire, took_ms)
    if quiet is not None:
        return quiet
    return after.open_until if after.open_until is not None and after.open_until > now else None


def _quiet_asked(call: Call, verdict: Verdict, wire: RawExchange, now: datetime) -> datetime | None:
    asked, longest = None, call.counterpart.terms.longest_quiet
    if wire.reply is not None:
        asked = retry_after.quiet_until(wire.reply.status, wire.reply.headers, now, longest=longest)
    return asked or (now + retry_after.UNSTATED if verdict.asks_for_quiet else None)


def _write_down(call: Call, row: CallLog, verdict: Verdict, wire: RawExchange, took_ms: int) -> None:
    row.outcome, row.status, row.took_ms, row.detail = verdict.outcome, verdict.status, took_ms, verdict.detail[:300]
    row.method = wire.method
    row.path = "" if call.counterpart.terms.path_is_secret else masking.masked_path(wire.url)
    row.request = masking.masked_body(wire.sent)
    row.response = masking.masked_body(wire.reply.body) if wire.reply else ""
    row.save(update_fields=["outcome", "status", "took_ms", "detail", "method", "path", "request", "response"])
    if verdict.outcome not in (CallOutcome.OK, CallOutcome.REFUSED):
        whom = call.counterpart
        log.warning("call_failed", kind=whom.kind, called=whom.code, operation=call.operation, detail=row.detail)


def _be_quiet(counterpart: Counterpart, until: datetime) -> None:
    """The counterpart as a whole asked for it, so all its parts wait; one called for the first time takes it over. A part that
    stands apart waits alone."""
    rows = selectors.lock_breakers(counterpart)
    Breaker.objects.filter(pk__in=[row.pk for row in rows]).update(wait_until=until)


def _read(row: Breaker) -> health.Health:
    return health.Health(**{name: getattr(row, name) for name in _COLUMNS}, under_way=tuple(row.under_way))


def _write(row: Breaker, state: health.Health) -> None:
    for name in _COLUMNS:
        setattr(row, name, getattr(state, name))
    row.under_way = list(state.under_way)
    row.save(update_fields=[*_COLUMNS, "under_way"])
