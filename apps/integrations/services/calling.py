"""The discipline around every call: ask the breaker, write down that we call, call, write down how it went.

The call is written down before it is made, with its outcome unknown. Whoever is killed in the middle leaves that row
behind, and the next attempt knows from it that something may have arrived.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

import structlog
from django.db import transaction

from apps.core import database_clock
from apps.integrations import health, selectors
from apps.integrations.adapters.base import Answer, Failed, Found, Refused, Submitted, TooMany, Unsure
from apps.integrations.errors import PartnerQuiet
from apps.integrations.models import Breaker, CallOutcome, Partner, PartnerCall, PartnerNode

log = structlog.get_logger(__name__)
AnswerT = TypeVar("AnswerT", bound=Answer)
AnswerT_co = TypeVar("AnswerT_co", bound=Answer, covariant=True)
# Those who wait are spread, so that they do not all come at once; a busy partner is asked again soonest.
_SPREAD, _BUSY_SPREAD = timedelta(seconds=1.5), timedelta(milliseconds=400)
_COLUMNS = (
    "window_started_at",
    "calls",
    "failures",
    "failures_in_a_row",
    "retries",
    "retry_tokens",
    "open_until",
    "probes_passed",
    "wait_until",
)


class NoLongerWanted(Exception):
    """Between deciding to call and calling, the reason to call went away."""


@dataclass(frozen=True, slots=True)
class Call:
    """What is about to be said, without what is in it.

    ``stream``: the order's public id; ``subject``: the fulfillment order's. ``extra``: a healthy partner would not
    have caused this call; ``cost``: retry tokens it takes; ``gain``: tokens a success brings.
    """

    partner: Partner
    node_id: int
    operation: str
    stream: str
    subject: str
    key: str
    extra: bool = False
    cost: int = 0
    gain: int = 1


@dataclass(frozen=True, slots=True)
class Heard(Generic[AnswerT_co]):
    """``quiet_until``: nothing more is to be sent before then."""

    answer: AnswerT_co
    quiet_until: datetime | None


def speak(what: Call, say: Callable[[], AnswerT], *, wanted: Callable[[], bool] | None = None) -> Heard[AnswerT]:
    """Make one call under the discipline. ``say`` does it; ``wanted`` is asked under lock right before.

    Raises PartnerQuiet when it is not the time, NoLongerWanted. Must run outside any transaction.
    """
    go, call = _begin(what, wanted)
    started = time.monotonic()
    answer: Answer = Unsure(None, "our own fault")
    try:
        heard = say()
        answer = heard
    finally:
        # Also when ``say`` breaks: its place among the calls under way must be given back.
        quiet_until = _end(what, go, call, answer, took_ms=int((time.monotonic() - started) * 1000))
    return Heard(heard, quiet_until)


@transaction.atomic
def _begin(what: Call, wanted: Callable[[], bool] | None) -> tuple[health.Go, PartnerCall]:
    if wanted is not None and not wanted():
        raise NoLongerWanted
    row = selectors.lock_breaker(what.partner.pk, what.node_id)
    verdict = health.ask(_read(row), database_clock.now(), extra=what.extra, cost=what.cost)
    if isinstance(verdict, health.Wait):
        until = verdict.until + (_SPREAD if verdict.sick else _BUSY_SPREAD) * random.random()
        raise PartnerQuiet(until, verdict.reason, sick=verdict.sick)
    _write(row, verdict.health)
    call = PartnerCall.objects.create(
        partner=what.partner,
        operation=what.operation,
        stream=what.stream,
        reference=what.subject,
        idempotency_key=what.key,
        outcome=CallOutcome.UNKNOWN,
        detail=selectors.UNDER_WAY,
    )
    return verdict, call


@transaction.atomic
def _end(what: Call, go: health.Go, call: PartnerCall, answer: Answer, *, took_ms: int) -> datetime | None:
    """Write down how it went; answers until when the partner is to be left alone."""
    if isinstance(answer, TooMany):
        # First, because it locks this row too, and all of the partner's in pk order.
        _be_quiet(what.partner, answer.until)
    row = selectors.lock_breaker(what.partner.pk, what.node_id)
    now = database_clock.now()
    after = health.settle(_read(row), now, go, went_well=_went_well(answer), gain=what.gain)
    _write(row, after)
    call.outcome, call.status, call.took_ms = _outcome(answer), answer.status, took_ms
    call.detail = answer.detail[:300] if isinstance(answer, Failed | Unsure) else _detail(answer)
    call.save(update_fields=["outcome", "status", "took_ms", "detail"])
    if call.outcome not in (CallOutcome.OK, CallOutcome.REFUSED):
        log.warning("partner_call_failed", operation=what.operation, partner=what.partner.code, detail=call.detail)
    if isinstance(answer, TooMany):
        return answer.until
    return after.open_until if after.open_until is not None and after.open_until > now else None


def _detail(answer: Answer) -> str:
    if isinstance(answer, Submitted | Found):
        return answer.reference
    if isinstance(answer, Refused):
        return answer.reason
    return "asked for quiet" if isinstance(answer, TooMany) else ""


def _outcome(answer: Answer) -> str:
    if isinstance(answer, Unsure):
        return CallOutcome.UNKNOWN
    if isinstance(answer, Failed | TooMany):
        return CallOutcome.FAILED
    return CallOutcome.REFUSED if isinstance(answer, Refused) else CallOutcome.OK


def _went_well(answer: Answer) -> bool | None:
    """A refusal and a request for quiet say nothing about the partner's health."""
    if isinstance(answer, Refused | TooMany):
        return None
    return not isinstance(answer, Failed | Unsure)


def _be_quiet(partner: Partner, until: datetime) -> None:
    """The partner as a whole asked for it, so all its nodes wait, also those never called so far."""
    links = PartnerNode.objects.filter(partner=partner).values_list("node_id", flat=True)
    Breaker.objects.bulk_create([Breaker(partner=partner, node_id=pk) for pk in links], ignore_conflicts=True)
    rows = Breaker.objects.select_for_update(no_key=True).filter(partner=partner).order_by("pk")
    Breaker.objects.filter(pk__in=[row.pk for row in rows]).update(wait_until=until)


def _read(row: Breaker) -> health.Health:
    return health.Health(**{name: getattr(row, name) for name in _COLUMNS}, under_way=tuple(row.under_way))


def _write(row: Breaker, state: health.Health) -> None:
    for name in _COLUMNS:
        setattr(row, name, getattr(state, name))
    row.under_way = list(state.under_way)
    row.save(update_fields=[*_COLUMNS, "under_way"])
