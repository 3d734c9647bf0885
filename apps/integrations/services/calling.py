"""Calls to partners: what an adapter answers, in the terms of the discipline that all calls to other systems keep to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from apps.integrations.errors import PartnerQuiet
from apps.integrations.framework.base import Failed, Found, PartnerResponse, RateLimited, Refused, Submitted, Unsure
from apps.outbound.errors import CounterpartQuiet, DeadlineExceeded
from apps.outbound.services import Call, Verdict, make_call
from apps.outbound.states import CallOutcome

ResponseT = TypeVar("ResponseT", bound=PartnerResponse)
ResponseT_co = TypeVar("ResponseT_co", bound=PartnerResponse, covariant=True)


@dataclass(frozen=True, slots=True)
class CallResult(Generic[ResponseT_co]):
    """``quiet_until``: nothing more is to be sent before then."""

    response: ResponseT_co
    quiet_until: datetime | None


def call_partner(
    call: Call, say: Callable[[], ResponseT], *, wanted: Callable[[], bool] | None = None
) -> CallResult[ResponseT | Failed]:
    """Make one call under the discipline. ``say`` does it; ``wanted`` is asked under lock right before.

    Raises PartnerQuiet when it is not the time, NoLongerWanted. Must run outside any transaction.
    """
    try:
        made = make_call(call, say, _judged, wanted=wanted)
    except CounterpartQuiet as quiet:
        raise PartnerQuiet(quiet.until, quiet.reason, sick=quiet.sick) from None
    except DeadlineExceeded as late:
        return CallResult(Failed(None, f"not reached: {late}"), None)
    return CallResult(made.result, made.quiet_until)


def _judged(response: PartnerResponse) -> Verdict:
    asks = isinstance(response, RateLimited)
    return Verdict(_outcome(response), _went_well(response), response.status, _detail(response), asks_for_quiet=asks)


def _detail(response: PartnerResponse) -> str:
    if isinstance(response, Failed | Unsure):
        return response.detail
    if isinstance(response, Submitted | Found):
        return response.reference
    if isinstance(response, Refused):
        return response.reason
    return "asked for quiet" if isinstance(response, RateLimited) else ""


def _outcome(response: PartnerResponse) -> CallOutcome:
    if isinstance(response, Unsure):
        return CallOutcome.UNKNOWN
    if isinstance(response, Failed | RateLimited):
        return CallOutcome.FAILED
    return CallOutcome.REFUSED if isinstance(response, Refused) else CallOutcome.OK


def _went_well(response: PartnerResponse) -> bool | None:
    """A refusal and a request for quiet say nothing about the partner's health."""
    if isinstance(response, Refused | RateLimited):
        return None
    return not isinstance(response, Failed | Unsure)
