"""Calls to partners: what an adapter answers, in the terms of the discipline that all calls to other systems keep to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from apps.integrations.errors import PartnerQuiet
from apps.integrations.framework.base import Answer, Failed, Found, Refused, Submitted, TooMany, Unsure
from apps.outbound.errors import CounterpartQuiet, OutOfTime
from apps.outbound.services import Call, Verdict, make_call
from apps.outbound.states import CallOutcome

AnswerT = TypeVar("AnswerT", bound=Answer)
AnswerT_co = TypeVar("AnswerT_co", bound=Answer, covariant=True)


@dataclass(frozen=True, slots=True)
class Spoken(Generic[AnswerT_co]):
    """``quiet_until``: nothing more is to be sent before then."""

    answer: AnswerT_co
    quiet_until: datetime | None


def speak(
    call: Call, say: Callable[[], AnswerT], *, wanted: Callable[[], bool] | None = None
) -> Spoken[AnswerT | Failed]:
    """Make one call under the discipline. ``say`` does it; ``wanted`` is asked under lock right before.

    Raises PartnerQuiet when it is not the time, NoLongerWanted. Must run outside any transaction.
    """
    try:
        made = make_call(call, say, _judged, wanted=wanted)
    except CounterpartQuiet as quiet:
        raise PartnerQuiet(quiet.until, quiet.reason, sick=quiet.sick) from None
    except OutOfTime as late:
        return Spoken(Failed(None, f"not reached: {late}"), None)
    return Spoken(made.result, made.quiet_until)


def _judged(answer: Answer) -> Verdict:
    asks = isinstance(answer, TooMany)
    return Verdict(_outcome(answer), _went_well(answer), answer.status, _detail(answer), asks_for_quiet=asks)


def _detail(answer: Answer) -> str:
    if isinstance(answer, Failed | Unsure):
        return answer.detail
    if isinstance(answer, Submitted | Found):
        return answer.reference
    if isinstance(answer, Refused):
        return answer.reason
    return "asked for quiet" if isinstance(answer, TooMany) else ""


def _outcome(answer: Answer) -> CallOutcome:
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
