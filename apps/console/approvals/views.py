"""The manager inbox: proposals that wait for somebody else's yes."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.casework.approvals.deciding import decide_approval
from apps.casework.approvals.proposing import withdraw_approval
from apps.casework.approvals.selectors import approvals_for
from apps.casework.models import ApprovalRequest
from apps.casework.states import ApprovalState
from apps.console.approvals.page import (
    MOST_SHOWN,
    approval_views,
    groups_of,
    read_approval_page,
    reasons_against,
    reasons_for,
    shelf,
    shelves_of,
    title_of,
)
from apps.console.refusals import refusal_text
from apps.console.shell.access import StaffRequest, action, page
from apps.console.shell.errors import FormIncomplete
from apps.core.errors import DomainError
from apps.core.transactions import in_transaction
from apps.ui.locale import money, number

NO_CONTENT = 204


@page("approvals:read")
def approvals(request: StaffRequest) -> HttpResponse:
    which = request.GET.get("show", "")
    rows = shelf(request.caller, which)[:MOST_SHOWN]
    views = approval_views(rows, request.caller, request.user)
    pulse = "-".join(
        str(part) for part in (len(views), sum(v.row.version for v in views), max((v.row.pk for v in views), default=0))
    )
    if request.GET.get("seen") == pulse:
        return HttpResponse(status=NO_CONTENT)
    context = {
        "views": views,
        "groups": groups_of(views) if which in ("", "pending") else [],
        "shelves": shelves_of(request.caller),
        "show": which,
        "pulse": pulse,
    }
    return render(request, "console/approvals/page.html", context)


@page("approvals:read")
def approval(request: StaffRequest, ref: str) -> HttpResponse:
    row = _found(request, ref)
    pulse = f"{row.version}-{row.state}"
    if request.GET.get("seen") == pulse:
        return HttpResponse(status=NO_CONTENT)
    context = {
        "page": read_approval_page(row, request.caller, request.user),
        "row": row,
        "pulse": pulse,
        "reasons_for": reasons_for(row.kind),
        "reasons_against": reasons_against(row.kind),
        "caller": request.caller,
    }
    return render(request, "console/approvals/approval.html", context)


@action("approvals:decide")
def decide(request: StaffRequest, ref: str) -> HttpResponse:
    row, posted = _found(request, ref), request.POST
    approve = posted.get("verb") == "approve"
    reason = _reason(request)
    try:
        decided = _decide(request, row, approve, reason, _version(posted.get("version", "")))
    except DomainError as refusal:
        messages.error(request, refusal_text(refusal))
        return redirect("console:approval", row.public_id)
    if decided.state == ApprovalState.PENDING:
        messages.success(request, _("You agreed. A second person has to agree too."))
    else:
        messages.success(request, _("Approved and done.") if approve else _("Rejected; who proposed it is notified."))
    return redirect(reverse("console:approvals"))


@action("approvals:decide")
def bulk(request: StaffRequest) -> HttpResponse:
    """Several of one kind at once. Each is decided separately: one that is refused leaves the others decided."""
    refs, approve = request.POST.getlist("approval")[:MOST_SHOWN], request.POST.get("verb") == "approve"
    rows = list(approvals_for(request.caller).filter(public_id__in=refs))
    if not rows:
        raise FormIncomplete(problem=_("Choose at least one proposal."))
    if len({(row.kind, row.currency) for row in rows}) > 1:
        raise FormIncomplete(problem=_("They are not of one kind; decide those of a kind together."))
    seen = dict(entry.rpartition(":")[::2] for entry in request.POST.getlist("seen"))
    done, reason = [], _reason(request)
    for row in rows:
        try:
            done.append(_decide(request, row, approve, reason, _version(seen.get(row.public_id, ""))))
        except DomainError as refusal:
            messages.error(request, f"{_called(row)}: {refusal_text(refusal)}")
    if done:
        total = sum(row.amount_minor for row in done)
        sentence = _approved(len(done)) if approve else _rejected(len(done))
        if done[0].currency:
            sentence = _("{what}, {amount} in all").format(what=sentence, amount=money(total, done[0].currency))
        messages.success(request, f"{sentence}.")
    return redirect(reverse("console:approvals"))


def _approved(count: int) -> str:
    return ngettext("{count} proposal approved", "{count} proposals approved", count).format(count=number(count))


def _rejected(count: int) -> str:
    return ngettext("{count} proposal rejected", "{count} proposals rejected", count).format(count=number(count))


def _called(row: ApprovalRequest) -> str:
    """One of several, so that it is found again: what is proposed, and for which order."""
    return f"{title_of(row)} ({row.order.number})" if row.order else title_of(row)


@action("approvals:read")
def withdraw(request: StaffRequest, ref: str) -> HttpResponse:
    row = _found(request, ref)
    in_transaction(lambda: withdraw_approval(row.public_id, actor=request.caller.actor))
    messages.success(request, _("Taken back; nobody is asked any more."))
    return redirect("console:approval", row.public_id)


def _decide(
    request: StaffRequest, row: ApprovalRequest, approve: bool, reason: str, version: int | None
) -> ApprovalRequest:
    # Not in one outer transaction: a proposal found overtaken is voided, and stays so although this is refused.
    return decide_approval(
        row.public_id,
        approve=approve,
        reason=reason,
        expected_version=version,
        user=request.user,
        caller=request.caller,
    )


def _found(request: StaffRequest, ref: str) -> ApprovalRequest:
    row = approvals_for(request.caller).filter(public_id=ref).first()
    if row is None:
        raise Http404(_("There is no such proposal."))
    return row


def _reason(request: StaffRequest) -> str:
    sentence = [request.POST.get(name, "").strip() for name in ("reason", "note")]
    return ": ".join(part for part in sentence if part)[:500]


def _version(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
