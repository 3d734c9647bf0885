"""The page of one exception, and what is done from it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.casework.models import ApprovalRequest, CaseAction, ExceptionCase, Queue
from apps.casework.related import Related, related_to
from apps.casework.resolutions import choose_resolution, preview, undo_action
from apps.casework.resolutions.direct.cases import merge_by_rule, resolve_by_word, wait_by_rule
from apps.casework.selectors import may_see, mentioned_in
from apps.casework.services import (
    KEEP,
    acknowledge_case,
    assign_cases,
    comment_case,
    link_cases,
    set_priority,
    take_case,
    watch_case,
)
from apps.casework.services.working import OwnerChange
from apps.console.cases.change_check import only_own_since, pulse_of_case
from apps.console.cases.changes import Stale, stale_of
from apps.console.cases.filters import query_of, standing_others
from apps.console.cases.forms import Typed, as_typed, typed_and_refused, typed_before
from apps.console.cases.links import onwards, page_of, snoozed, snoozes, with_values
from apps.console.cases.listing import queues, staff
from apps.console.cases.page import read_case_page
from apps.console.cases.params import read_posted_params, zone_of
from apps.console.cases.undo import label_of, taken_back, undo_of
from apps.console.refusals import refusal_text
from apps.console.shell.access import StaffRequest, action, back, page
from apps.console.shell.errors import FormIncomplete
from apps.console.shell.search import LONGEST
from apps.console.shell.visibility import case_or_404, cases_for
from apps.core import clock
from apps.core.errors import DomainError, StaleVersion
from apps.core.transactions import in_transaction

NO_CONTENT, PRECONDITION_FAILED, UNPROCESSABLE = 204, 412, 422
UNDO_S = 10
# Lets the page know that what has changed is this person's own doing, which they need not be notified of.
NO_NEWS = "Orderyard-No-News"


@page("cases:read")
def case(request: StaffRequest, ref: str) -> HttpResponse:
    """The page; asked with ``seen``, nothing where nothing has changed since."""
    row, seen = case_or_404(request.caller, ref), request.GET.get("seen", "")
    there = related_to(row)
    if seen == pulse_of_case(row, there):
        return HttpResponse(status=NO_CONTENT)
    answer = _page(request, row, there, query_of(request.GET), play="play" in request.GET)
    if seen and only_own_since(seen, row, there, str(request.caller.actor)):
        answer[NO_NEWS] = "1"
    return answer


def _page(
    request: StaffRequest,
    row: ExceptionCase,
    there: Related,
    query: str,
    *,
    play: bool,
    stale: Stale | None = None,
    typed: Typed | None = None,
) -> HttpResponse:
    shown = read_case_page(row, request.caller, request.user, there)
    typed = typed or typed_before(taken_back(row, request.GET.get("undone", ""), request.caller))
    shown.options = as_typed(shown.options, typed, row, request.caller)
    refused = typed.refused if typed else ""
    context = {
        "page": shown,
        "case": row,
        "pulse": pulse_of_case(row, there),
        "query": query,
        "about_page": page_of(row.subject_ref, request.caller.scopes),
        "case_address": onwards(row, query, play=play, stay=True),
        "play": play,
        "stale": stale,
        "filled": typed.code if typed else "",
        "typed_reason": typed.reason if typed else "",
        "refused": refused,
        "undo": undo_of(request.user),
        "snoozes": snoozes(),
        "people": staff(),
        "queues": queues(),
        "caller": request.caller,
    }
    status = PRECONDITION_FAILED if stale else UNPROCESSABLE if refused else 200
    return render(request, "console/cases/case.html", context, status=status)


@action("cases:write")
def choose(request: StaffRequest, ref: str) -> HttpResponse:
    """Do one of the resolutions: in ten seconds, so that it can be taken back, or by asking somebody else."""
    row, code = case_or_404(request.caller, ref), request.POST.get("code", "")
    params, reason = read_posted_params(request.POST), request.POST.get("reason", "").strip()[:500]

    def work() -> None:
        chosen = choose_resolution(
            row.pk,
            code=code,
            params=params,
            expected_version=_version(request),
            undo_s=UNDO_S,
            caller=request.caller,
            recommended=bool(request.POST.get("recommended")),
            reason=reason,
        )
        if isinstance(chosen, ApprovalRequest):
            messages.success(request, _("Proposed; it waits for somebody else's approval."))

    kept = partial(typed_and_refused, code, params, reason)
    return _settle(request, row, work, doing=label_of(code), kept=kept)


@page("cases:read")
def look_ahead(request: StaffRequest, ref: str) -> HttpResponse:
    """What would come of a resolution with these parameters. Changes nothing."""
    row = case_or_404(request.caller, ref)
    try:
        effect = preview(row, request.GET.get("code", ""), read_posted_params(request.GET), request.caller)
    except DomainError as refusal:
        return render(request, "console/cases/effect.html", {"refusal": refusal_text(refusal), "effect": None})
    return render(request, "console/cases/effect.html", {"refusal": "", "effect": effect})


@action("cases:write")
def undo(request: StaffRequest, ref: str) -> HttpResponse:
    """Back to the list it was pressed on; from a case to the one it was chosen for, as the form was filled in then."""
    row = CaseAction.objects.filter(public_id=ref, case__in=cases_for(request.caller)).select_related("case").first()
    if row is None:
        return back(request, reverse("console:cases"))
    try:
        in_transaction(lambda: undo_action(ref, actor=request.caller.actor))
        messages.success(request, _("Taken back; nothing was done."))
    except DomainError as refusal:
        messages.error(request, refusal_text(refusal))
    to = onwards(row.case, request.POST.get("list", ""), play=bool(request.POST.get("play")), stay=True)
    return back(request, with_values(to, undone=ref))


@action("cases:write")
def take(request: StaffRequest, ref: str) -> HttpResponse:
    row = case_or_404(request.caller, ref)
    return _settle(
        request, row, lambda: take_case(row.pk, user=request.user, actor=request.caller.actor), doing=_("Assign to me"),
        stay=True,
    )  # fmt: skip


@action("cases:write")
def acknowledge(request: StaffRequest, ref: str) -> HttpResponse:
    """Acknowledge the alert: it starts over."""
    row = case_or_404(request.caller, ref)
    return _settle(
        request, row, lambda: acknowledge_case(row.pk, actor=request.caller.actor), doing=_("Acknowledge"), stay=True
    )


@action("cases:write")
def assign(request: StaffRequest, ref: str) -> HttpResponse:
    """Another owner, queue or priority; what is left empty stays as it is."""
    row, posted = case_or_404(request.caller, ref), request.POST
    owner, queue = posted_owner(posted.get("owner", "")), Queue.objects.filter(code=posted.get("queue", "")).first()
    priority = posted.get("priority", "")

    def work() -> None:
        _refuse_stale(row, _version(request))
        if owner is not KEEP or queue is not None:
            assign_cases([row.pk], owner=owner, queue=queue, actor=request.caller.actor)
        if priority.isdigit() and int(priority) != row.priority:
            set_priority([row.pk], priority=int(priority), actor=request.caller.actor)

    return _settle(request, row, work, doing=_("Assign"), stay=True)


@action("cases:write")
def snooze(request: StaffRequest, ref: str) -> HttpResponse:
    row, posted = case_or_404(request.caller, ref), request.POST
    found = snoozed(posted.get("until", ""), clock.now(), zone_of(posted))
    if found is None:
        raise FormIncomplete(problem=_("Choose until when."))
    on, until = found
    note, version = posted.get("note", ""), _version(request)

    def work() -> None:
        wait_by_rule(row.pk, on=on, until=until, note=note, expected_version=version, caller=request.caller)
        said = (
            _("{order}: put aside. It comes back automatically.")
            if row.order
            else _("Put aside. It comes back automatically.")
        )
        messages.success(request, said.format(order=row.order.number if row.order else ""))

    return _settle(request, row, work, doing=_("Snooze"))


@action("cases:write")
def merge(request: StaffRequest, ref: str) -> HttpResponse:
    """Close this case into another one; or link the two, and leave both open."""
    row = case_or_404(request.caller, ref)
    into = _other_case(request, row)
    actor = request.caller.actor

    def link() -> None:
        link_cases(row.pk, other_id=into.pk, actor=actor)
        messages.success(request, _("Linked with “{case}”; both stay open.").format(case=into.sentence[:80]))

    if request.POST.get("verb") == "link":
        return _settle(request, row, link, doing=_("Link"), stay=True)

    def work() -> None:
        _refuse_stale(row, _version(request))
        merge_by_rule(into.pk, others=[row.pk], caller=request.caller)
        messages.success(request, _("Merged into “{case}”.").format(case=into.sentence[:80]))

    return _settle(request, row, work, doing=_("Merge"))


def _other_case(request: StaffRequest, row: ExceptionCase) -> ExceptionCase:
    """The one that was chosen, or the only one that what was searched for can mean. Raises FormIncomplete."""
    chosen, term = request.POST.get("into", "").strip(), request.POST.get("find", "").strip().replace("\x00", "")
    if chosen:
        into = cases_for(request.caller).filter(public_id=chosen).exclude(pk=row.pk).first()
        if into is None:
            raise FormIncomplete(problem=_("There is no other case with that id."))
        return into
    found = standing_others(request.caller, row, term[:LONGEST], most=2) if term else []
    if len(found) != 1:
        raise FormIncomplete(
            problem=_("Several cases fit; choose one of them.")
            if found
            else _("Choose the other case; nothing was merged.")
        )
    return found[0]


@action("cases:write")
def resolve(request: StaffRequest, ref: str) -> HttpResponse:
    """End it in words: settled elsewhere, or (``dismiss``) no problem after all."""
    row, posted = case_or_404(request.caller, ref), request.POST
    resolution, dismiss = posted.get("resolution", "").strip(), posted.get("verb") == "dismiss"
    reason, version = posted.get("reason", ""), _version(request)
    if not (resolution or reason):
        raise FormIncomplete(problem=_("Say how it ended."))

    def work() -> None:
        resolve_by_word(
            row.public_id,
            resolution=resolution or reason.replace("_", " ").capitalize(),
            reason_code=reason,
            dismiss=dismiss,
            expected_version=version,
            caller=request.caller,
        )
        messages.success(request, _("The exception is dismissed.") if dismiss else _("The exception is resolved."))

    return _settle(request, row, work, doing=_("Refuse") if dismiss else _("Resolve"))


@action("cases:write")
def comment(request: StaffRequest, ref: str) -> HttpResponse:
    row, body = case_or_404(request.caller, ref), request.POST.get("body", "")
    written = in_transaction(lambda: comment_case(row.pk, body=body, actor=request.caller.actor))
    found, unknown = mentioned_in(written.body)
    if unknown:
        names = ", ".join(f"@{name}" for name in unknown[:5])
        said = _("The comment is kept, but nobody here is called {names}: they were not notified.")
        messages.warning(request, said.format(names=names))
    if blind := [str(user) for user in found if not may_see(user, [row.pk])]:
        names = ", ".join(blind[:5])
        said = _("The comment is kept, but this is about a store that {names} does not see: not notified.")
        messages.warning(request, said.format(names=names))
    to = onwards(row, request.POST.get("list", ""), play=bool(request.POST.get("play")), stay=True)
    return redirect(f"{with_values(to, said=written.public_id)}#{written.public_id}")


@action("cases:read")
def presence(request: StaffRequest, ref: str) -> HttpResponse:
    """Say that this person has the page open; returns who else has, in words, or nothing."""
    row = case_or_404(request.caller, ref)
    names = [str(one) for one in watch_case(row.pk, user=request.user)]
    return render(request, "console/cases/presence.html", {"names": names})


def posted_owner(text: str) -> OwnerChange:
    """The owner a form names: somebody, nobody (None), or KEEP."""
    if text == "nobody":
        return None
    return User.objects.filter(Q(public_id=text), is_active=True).first() or KEEP


def _version(request: StaffRequest) -> int | None:
    text = request.POST.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _refuse_stale(row: ExceptionCase, seen: int | None) -> None:
    """For what no service compares: under the case's lock, so that nobody slips in between."""
    now_at = ExceptionCase.objects.select_for_update(no_key=True).values_list("version", flat=True).get(pk=row.pk)
    if seen is not None and seen != now_at:
        raise StaleVersion(current=now_at)


def _settle(
    request: StaffRequest,
    row: ExceptionCase,
    work: Callable[[], object],
    *,
    doing: str,
    stay: bool = False,
    kept: Callable[[DomainError], Typed] | None = None,
) -> HttpResponse:
    """Do it, then on to the next case, or stay; where somebody was faster, show what changed and keep what was typed.

    ``kept``: what was typed into a form that is shown again where it is refused.
    """
    query, play = request.POST.get("list", ""), bool(request.POST.get("play"))
    try:
        in_transaction(work)
    except StaleVersion:
        fresh = case_or_404(request.caller, row.public_id)
        stale = stale_of(
            fresh,
            _version(request) or 0,
            request.POST,
            doing=doing,
            address=request.path,
            own=str(request.caller.actor),
        )
        return _page(request, fresh, related_to(fresh), query, play=play, stale=stale)
    except DomainError as refusal:
        messages.error(request, refusal_text(refusal))
        if kept is not None:
            fresh = case_or_404(request.caller, row.public_id)
            return _page(request, fresh, related_to(fresh), query, play=play, typed=kept(refusal))
        stay = True
    return redirect(onwards(row, query, play=play, stay=stay))
