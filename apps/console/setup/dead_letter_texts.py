"""What went wrong with what was given up, in words: how the last call went, how whom it calls is now, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from apps.orchestration.integration_health import CounterpartHealth, Standing
from apps.outbound.models import CallLog
from apps.outbound.states import CallOutcome
from apps.ui.chips import word

_LEFT_ALONE = (Standing.OPEN, Standing.QUIET)
NOT_OURS = frozenset({401, 403})


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """``call``: the last one about it, where the log still has it."""

    call: CallLog | None
    last_call: str
    advice: str


def last_calls(runs: Sequence[Any]) -> dict[int, CallLog]:
    """The last call made for each run, by the run's pk: of what exactly it was about, else none."""
    about = {(run.stream, run.event.subject_ref): run.pk for run in runs if run.event.subject_ref}
    rows = CallLog.objects.filter(stream__in={stream for stream, _ref in about}).defer("request", "response")
    found = {}
    for row in rows.order_by("pk"):
        if pk := about.get((row.stream, row.reference)):
            found[pk] = row
    return found


def diagnosis(call: CallLog | None, code: str, health: CounterpartHealth | None) -> Diagnosis:
    return Diagnosis(call, _said(call), _advice(call, code, health))


def _said(call: CallLog | None) -> str:
    if call is None:
        return ""
    outcome = word("call", call.outcome)
    if call.status:
        return _("Last call to {name}: {outcome}, {status}.").format(
            name=call.name, outcome=outcome, status=call.status
        )
    return _("Last call to {name}: {outcome}.").format(name=call.name, outcome=outcome)


def _advice(call: CallLog | None, code: str, health: CounterpartHealth | None) -> str:
    if health is not None and health.standing in _LEFT_ALONE:
        return _("{name} is left alone at the moment; what is retried waits until it is called again.").format(
            name=health.name
        )
    if call is not None and call.status in NOT_OURS:
        return _("Its credentials are refused: put them right first, then retry.")
    if call is not None and call.outcome == CallOutcome.UNKNOWN:
        return _("Something was sent and no whole answer came. A retry asks first, or puts it before a person.")
    if code and code != "attempts_spent":
        return _("A rule refuses it: put right what it names, then retry.")
    return _("A retry is safe: every job first checks whether it has been done.")
