"""How well one counterpart is, and whether it may be called now: circuit breaker, rate limit and retry budget. Pure.

One small value, read and written back under its row's lock around every call. What it knows:

* a tumbling window of calls and failures, failures in a row, and until when the breaker is open;
* which calls are under way, each until its own deadline, so that a caller who died takes no place for long;
* up to when its rate is used: each call moves that on a little, and a burst may run ahead of the present;
* a purse of retry tokens, and how many calls of the window were retries.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from apps.core.text import Text

WINDOW = timedelta(seconds=60)
OPEN_FOR = timedelta(seconds=30)
IN_A_ROW = 5
ENOUGH_CALLS = 10
GOOD_PROBES = 2
# A call ends within its deadline of ten seconds; whoever has not reported back by then is gone.
CALL_LASTS = timedelta(seconds=12)
MOST_AT_ONCE = 4
BUSY_PAUSE = timedelta(milliseconds=100)
PROBING_PAUSE = timedelta(seconds=1)

PER_SECOND = 50.0
BURST = 500

FULL_PURSE = 500
RETRY_COSTS = 5
TIMEOUT_COSTS = 10
# An empty purse must not mean never: each window adds a little, as each success does.
WINDOW_BRINGS = 10
FREE_RETRIES = 3
BUDGET_PAUSE = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a counterpart is put to. ``lasts``: whoever has not reported back by then is gone."""

    lasts: timedelta = CALL_LASTS
    at_once: int = MOST_AT_ONCE
    per_second: float = PER_SECOND
    burst: int = BURST


USUAL = Limits()


@dataclass(frozen=True, slots=True)
class Health:
    """Mirrors the columns of ``Breaker``. ``open_until`` in the past: the next caller is a probe."""

    window_started_at: datetime
    calls: int = 0
    failures: int = 0
    failures_in_a_row: int = 0
    retries: int = 0
    retry_tokens: int = FULL_PURSE
    open_until: datetime | None = None
    probes_passed: int = 0
    wait_until: datetime | None = None
    under_way: tuple[datetime, ...] = ()
    rate_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class CallPermit:
    """Call now. ``ends``: the place taken among the calls under way; ``probe``: the breaker waits for how it goes."""

    health: Health
    ends: datetime
    probe: bool


@dataclass(frozen=True, slots=True)
class Wait:
    """Not before ``until``. ``sick``: because the counterpart is not well, rather than because we are busy; ``paced``: because
    it may be called only so often."""

    until: datetime
    reason: str
    sick: bool
    paced: bool = False


def ask(health: Health, now: datetime, *, extra: bool, cost: int, limits: Limits = USUAL) -> CallPermit | Wait:
    """May it be called? ``extra``: a call that a healthy counterpart would not have caused; ``cost``: tokens it takes."""
    health = _rolled(health, now)
    if health.wait_until is not None and now < health.wait_until:
        return Wait(health.wait_until, Text("it asked for quiet"), sick=True)
    probe = health.open_until is not None
    if health.open_until is not None and now < health.open_until:
        # While a probe is out its answer may come any moment; nobody should sleep through it.
        until = min(health.open_until, now + PROBING_PAUSE) if health.under_way else health.open_until
        return Wait(until, Text("it is not well"), sick=True)
    if len(health.under_way) >= limits.at_once:
        return Wait(now + BUSY_PAUSE, Text("enough calls are under way"), sick=False)
    step = timedelta(seconds=1 / limits.per_second)
    used, ahead = max(now, health.rate_until or now), step * (limits.burst - 1)
    if used - now > ahead:
        return Wait(used - ahead, Text("its rate is used up"), sick=False, paced=True)
    if cost and not probe and _overdrawn(health, cost):
        return Wait(now + BUDGET_PAUSE, Text("the retry budget is spent"), sick=False)
    ends = now + limits.lasts
    return CallPermit(
        replace(
            health,
            under_way=(*health.under_way, ends),
            retries=health.retries + extra,
            retry_tokens=max(0, health.retry_tokens - cost),
            # Whoever comes next waits for this probe.
            open_until=ends if probe else None,
            rate_until=used + step,
        ),
        ends,
        probe,
    )


def _rolled(health: Health, now: datetime) -> Health:
    under_way = tuple(ends for ends in health.under_way if ends > now)
    if now - health.window_started_at < WINDOW:
        return replace(health, under_way=under_way)
    tokens = min(FULL_PURSE, health.retry_tokens + WINDOW_BRINGS)
    return replace(
        health, window_started_at=now, calls=0, failures=0, retries=0, retry_tokens=tokens, under_way=under_way
    )


def _overdrawn(health: Health, cost: int) -> bool:
    """Retries must not add more than a tenth to the load of a counterpart that is struggling."""
    struggling = health.failures * 10 >= health.calls > 0
    too_many = health.retries >= FREE_RETRIES + (health.calls - health.retries) // 10
    return health.retry_tokens < cost or (struggling and too_many)


def settle(health: Health, now: datetime, go: CallPermit, *, went_well: bool | None, gain: int = 1) -> Health:
    """How the call went; None: it says nothing about the counterpart's health (a refusal, a request for quiet).

    ``gain``: tokens a success brings; a retry that succeeds brings back what it cost.
    """
    places = list(health.under_way)
    if go.ends in places:
        places.remove(go.ends)
    health = replace(health, under_way=tuple(places))
    if went_well is not None:
        health = _counted(health, went_well, gain)
    if go.probe:
        return _probed(health, now, passed=went_well is not False)
    if went_well is False and health.open_until is None and _sick(health):
        return replace(health, open_until=now + OPEN_FOR, probes_passed=0)
    return health


def _counted(health: Health, went_well: bool, gain: int) -> Health:
    return replace(
        health,
        calls=health.calls + 1,
        failures=health.failures + (not went_well),
        failures_in_a_row=0 if went_well else health.failures_in_a_row + 1,
        retry_tokens=min(FULL_PURSE, health.retry_tokens + (gain if went_well else 0)),
    )


def _sick(health: Health) -> bool:
    often = health.calls >= ENOUGH_CALLS and health.failures * 2 >= health.calls
    return often or health.failures_in_a_row >= IN_A_ROW


def _probed(health: Health, now: datetime, *, passed: bool) -> Health:
    if not passed:
        return replace(health, open_until=now + OPEN_FOR, probes_passed=0)
    if health.probes_passed + 1 < GOOD_PROBES:
        return replace(health, open_until=now, probes_passed=health.probes_passed + 1)
    return replace(
        health,
        open_until=None,
        probes_passed=0,
        failures_in_a_row=0,
        window_started_at=now,
        calls=0,
        failures=0,
        retries=0,
    )
