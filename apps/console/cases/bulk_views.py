"""Several exceptions at once: give them to somebody, put them aside, settle those that are alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.casework.models import ExceptionCase, Queue
from apps.casework.resolutions.bulk import Group, apply_in_bulk, recommended_for, undo_in_bulk
from apps.casework.resolutions.direct.cases import resolve_by_word, wait_by_rule
from apps.casework.services import KEEP, assign_cases
from apps.console.cases.batch import offers_of, said_of
from apps.console.cases.links import snoozed
from apps.console.cases.params import zone_of
from apps.console.cases.views import UNDO_S, posted_owner
from apps.console.refusals import refusal_text
from apps.console.shell.access import StaffRequest, action, back, page
from apps.console.shell.errors import FormIncomplete
from apps.console.shell.visibility import cases_for
from apps.core import clock
from apps.core.errors import DomainError
from apps.core.transactions import in_transaction
from apps.ui.locale import number

MOST = 100
MOST_REASONS = 3
Work = Callable[[ExceptionCase], object]
# What is said when so many are done.
Said = Callable[[int], str]


@action("cases:write")
def bulk(request: StaffRequest) -> HttpResponse:
    """Each case in a transaction of its own: one that is refused leaves the others done, and says why."""
    refs = request.POST.getlist("case")[: MOST + 1]
    if not refs or len(refs) > MOST:
        raise FormIncomplete(problem=_("Choose between one and {count} cases.").format(count=MOST))
    cases = list(cases_for(request.caller).filter(public_id__in=refs).select_related("order").order_by("pk"))
    verb, _colon, rest = request.POST.get("verb", "").partition(":")
    if verb == "recommended":
        return _recommended(request, cases, rest)
    message, work = _verb(request, cases, verb, rest)
    done, refusals = _each(cases, work)
    if done:
        messages.success(request, message(done))
    for sentence, count in _most_common(refusals):
        messages.error(request, _left(count, sentence))
    return back(request, reverse("console:cases"))


def _each(cases: list[ExceptionCase], work: Work) -> tuple[int, list[DomainError]]:
    done, refusals = 0, list[DomainError]()
    for case in cases:
        try:
            in_transaction(partial(work, case))
            done += 1
        except DomainError as refusal:
            refusals.append(refusal)
    return done, refusals


def _most_common(refusals: Iterable[DomainError]) -> list[tuple[str, int]]:
    """(why, how many), those that concern most."""
    return Counter(map(refusal_text, refusals)).most_common(MOST_REASONS)


@page("cases:write")
def plan(request: StaffRequest) -> HttpResponse:
    """What is recommended for the chosen cases, as buttons that name action, count and total. Changes nothing."""
    refs = request.GET.getlist("case")[:MOST]
    cases = list(cases_for(request.caller).filter(public_id__in=refs).select_related("order").order_by("pk"))
    groups = recommended_for(cases, request.caller)
    left = len(cases) - sum(len(group.advice) for group in groups)
    return render(request, "console/cases/bulk_plan.html", {"offers": offers_of(groups), "left": left})


def _recommended(request: StaffRequest, cases: list[ExceptionCase], seen: str) -> HttpResponse:
    """Apply what was shown (``seen``), or each one's recommendation; said with action, count and total."""
    if not seen:
        _refuse_unlike(cases)
    groups, applied = apply_in_bulk(cases, seen=seen, undo_s=UNDO_S, caller=request.caller)
    for group in groups:
        chosen = [one for one in group.advice if one in applied.chosen]
        if chosen:
            done = Group(group.code, False, tuple(chosen))
            messages.success(request, _("{what}: about to be done, unless you undo it.").format(what=said_of(done)))
    if applied.proposed:
        made = ngettext(
            "{count} proposal made; somebody else decides.",
            "{count} proposals made; somebody else decides.",
            applied.proposed,
        )
        messages.success(request, made.format(count=number(applied.proposed)))
    for sentence, count in _most_common(applied.refusals):
        messages.error(request, _left(count, sentence))
    if not groups:
        messages.error(request, _("Nothing can be recommended without a look at them."))
    return back(request, reverse("console:cases"))


@action("cases:write")
def undo(request: StaffRequest, batch: str) -> HttpResponse:
    """Take back all that was chosen together."""
    undone, refusals = undo_in_bulk(batch, actor=request.caller.actor)
    if undone:
        message = ngettext(
            "{count} case taken back; nothing was done.", "{count} cases taken back; nothing was done.", undone
        )
        messages.success(request, message.format(count=number(undone)))
    for sentence, count in _most_common(refusals):
        message = ngettext("{count} case: {why}", "{count} cases: {why}", count)
        messages.error(request, message.format(count=number(count), why=sentence))
    return back(request, reverse("console:cases"))


def _verb(request: StaffRequest, cases: list[ExceptionCase], verb: str, rest: str) -> tuple[Said, Work]:
    """(what is said when it is done, what is done to each). Raises FormIncomplete."""
    caller = request.caller
    if verb == "take":
        return _taken_message, lambda case: assign_cases([case.pk], owner=request.user, actor=caller.actor)
    if verb == "assign":
        return _assigned_message, _assigning(request)
    if verb == "snooze":
        return _waiting_message, _snoozing(request, rest)
    if verb != "close":
        raise FormIncomplete(problem=_("Choose what to do with them."))
    _refuse_unlike(cases)
    return _resolved_message, _closing(request)


def _left(count: int, why: str) -> str:
    message = ngettext("{count} case left as before: {why}", "{count} cases left as before: {why}", count)
    return message.format(count=number(count), why=why)


def _taken_message(count: int) -> str:
    message = ngettext("{count} case assigned to you.", "{count} cases assigned to you.", count)
    return message.format(count=number(count))


def _assigned_message(count: int) -> str:
    return ngettext("{count} case assigned.", "{count} cases assigned.", count).format(count=number(count))


def _waiting_message(count: int) -> str:
    return ngettext("{count} case put aside.", "{count} cases put aside.", count).format(count=number(count))


def _resolved_message(count: int) -> str:
    return ngettext("{count} case resolved.", "{count} cases resolved.", count).format(count=number(count))


def _refuse_unlike(cases: list[ExceptionCase]) -> None:
    if len({case.type for case in cases}) > 1:
        raise FormIncomplete(problem=_("They are not alike: choose cases of one type."))


def _assigning(request: StaffRequest) -> Work:
    owner = posted_owner(request.POST.get("owner", ""))
    queue = Queue.objects.filter(code=request.POST.get("queue", "")).first()
    if owner is KEEP and queue is None:
        raise FormIncomplete(problem=_("Choose somebody, or a queue."))
    return lambda case: assign_cases([case.pk], owner=owner, queue=queue, actor=request.caller.actor)


def _snoozing(request: StaffRequest, code: str) -> Work:
    found = snoozed(code, clock.now(), zone_of(request.POST))
    if found is None:
        raise FormIncomplete(problem=_("Choose until when."))
    on, until = found
    return lambda case: wait_by_rule(case.pk, on=on, until=until, caller=request.caller)


def _closing(request: StaffRequest) -> Work:
    resolution = request.POST.get("resolution", "").strip()
    if not resolution:
        raise FormIncomplete(problem=_("Say what was done."))
    return lambda case: resolve_by_word(case.public_id, resolution=resolution, caller=request.caller)
