"""Several exceptions at once: give them to somebody, put them aside, settle those that are alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse

from apps.accounts.caller import Caller
from apps.casework.models import ExceptionCase, Queue
from apps.casework.resolutions import choose_resolution, options_for
from apps.casework.services import KEEP, assign_cases, resolve_case, wait_case
from apps.console.access import StaffRequest, action, back
from apps.console.errors import FormIncomplete
from apps.console.views.case import UNDO_S, posted_owner
from apps.console.visibility import cases_for
from apps.console.wording import plural
from apps.console.workbench_links import snoozed
from apps.console.workbench_params import zone_of
from apps.core import clock
from apps.core.errors import DomainError
from apps.core.retrying import in_transaction

MOST = 100
Work = Callable[[ExceptionCase], object]


@action("cases:write")
def bulk(request: StaffRequest) -> HttpResponse:
    """Each case in a transaction of its own: one that is refused leaves the others done, and says why."""
    refs = request.POST.getlist("case")[: MOST + 1]
    if not refs or len(refs) > MOST:
        raise FormIncomplete(problem=f"Choose between one and {MOST} cases.")
    cases = list(cases_for(request.caller).filter(public_id__in=refs).select_related("order").order_by("pk"))
    said, work = _verb(request, cases)
    done, refusals = _each(cases, work)
    if done:
        messages.success(request, f"{plural(done, 'case')} {said}.")
    for sentence, count in refusals.most_common(3):
        messages.error(request, f"{plural(count, 'case')} left as before: {sentence}")
    return back(request, reverse("console:cases"))


def _each(cases: list[ExceptionCase], work: Work) -> tuple[int, Counter[str]]:
    done, refusals = 0, Counter[str]()
    for case in cases:
        try:
            in_transaction(partial(work, case))
            done += 1
        except DomainError as refusal:
            refusals[refusal.sentence] += 1
    return done, refusals


def _verb(request: StaffRequest, cases: list[ExceptionCase]) -> tuple[str, Work]:
    """(what is said when it is done, what is done to each). Raises FormIncomplete."""
    verb, _, rest = request.POST.get("verb", "").partition(":")
    caller = request.caller
    if verb == "take":
        return "assigned to you", lambda case: assign_cases([case.pk], owner=request.user, actor=caller.actor)
    if verb == "assign":
        return "assigned", _assigning(request)
    if verb == "snooze":
        return "put aside", _snoozing(request, rest)
    if verb not in ("recommended", "close"):
        raise FormIncomplete(problem="Choose what to do with them.")
    _refuse_unlike(cases)
    if verb == "recommended":
        return f"about to be settled as recommended, in {UNDO_S} seconds", lambda case: _recommended(case, caller)
    return "resolved", _closing(request)


def _refuse_unlike(cases: list[ExceptionCase]) -> None:
    if len({case.type for case in cases}) > 1:
        raise FormIncomplete(problem="They are not alike: choose cases of one type.")


def _assigning(request: StaffRequest) -> Work:
    owner = posted_owner(request.POST.get("owner", ""))
    queue = Queue.objects.filter(code=request.POST.get("queue", "")).first()
    if owner is KEEP and queue is None:
        raise FormIncomplete(problem="Choose somebody, or a queue.")
    return lambda case: assign_cases([case.pk], owner=owner, queue=queue, actor=request.caller.actor)


def _snoozing(request: StaffRequest, code: str) -> Work:
    found = snoozed(code, clock.now(), zone_of(request.POST))
    if found is None:
        raise FormIncomplete(problem="Choose until when.")
    on, until = found
    return lambda case: wait_case(case.pk, on=on, until=until, actor=request.caller.actor)


def _closing(request: StaffRequest) -> Work:
    resolution = request.POST.get("resolution", "").strip()
    if not resolution:
        raise FormIncomplete(problem="Say what was done.")
    actor = request.caller.actor
    return lambda case: resolve_case(case.public_id, resolution=resolution, actor=actor)


def _recommended(case: ExceptionCase, caller: Caller) -> None:
    best = next((option for option in options_for(case, caller) if option.recommended and option.effect), None)
    if best is None:
        raise FormIncomplete(problem="nothing can be recommended without a look at it.")
    choose_resolution(
        case.pk,
        code=best.code,
        params={},
        expected_version=case.version,
        undo_s=UNDO_S,
        caller=caller,
        recommended=True,
    )
