"""A channel's mapping changed from a page: tried on the messages that have come, published as the next version, rolled back."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.casework.models import ApprovalRequest
from apps.casework.resolutions.direct.mappings import propose_mapping, propose_rollback, refuse_unless_everywhere
from apps.casework.states import ApprovalState
from apps.channels.errors import ContractInvalid, ReasonMissing
from apps.channels.models import ContractVersion
from apps.channels.services.contract_trials import try_contract
from apps.console.refusals import refusal_text
from apps.console.shell.access import StaffRequest, action, page
from apps.core.errors import NotAllowed
from apps.core.transactions import in_transaction

SCOPE = "channels:write"
TRIED, SHOWN = 200, 30
LONGEST = 400_000
UNPROCESSABLE = 422


def _require(request: StaffRequest) -> None:
    try:
        refuse_unless_everywhere(request.caller)
    except NotAllowed as refusal:
        said = _("A mapping holds for every channel of its kind; it is for operations to change.")
        raise PermissionDenied(said) from refusal


@page(SCOPE)
def edit(request: StaffRequest, pk: int) -> HttpResponse:
    """The next version, beginning from this one."""
    _require(request)
    row = get_object_or_404(ContractVersion, pk=pk)
    return _form(request, row, json.dumps(row.document, indent=2, ensure_ascii=False))


@action(SCOPE)
def save(request: StaffRequest, pk: int) -> HttpResponse:
    """Try the document, or publish it; what is wrong with it is listed beside what was typed."""
    _require(request)
    row, text = get_object_or_404(ContractVersion, pk=pk), request.POST.get("document", "")[:LONGEST]
    upload = request.FILES.get("file")
    if upload is not None:
        text = upload.read(LONGEST).decode("utf-8", errors="replace")
    try:
        document = _parsed(text, row)
        if request.POST.get("do") == "publish":
            return _propose(request, row, text, document)
        count, found = try_contract(document, last=TRIED)
    except ContractInvalid as refused:
        return _form(request, row, text, problems=refused.details.get("problems", []), status=UNPROCESSABLE)
    verdicts = Counter((one.was, one.would_be) for one in found).most_common()
    tried = {"count": count, "found": found[:SHOWN], "more": max(len(found) - SHOWN, 0), "verdicts": verdicts}
    return _form(request, row, text, tried=tried)


def _propose(request: StaffRequest, row: ContractVersion, text: str, document: dict[str, Any]) -> HttpResponse:
    """Before somebody else; where the policy asks nobody, it is published at once."""
    reason, caller = request.POST.get("reason", ""), request.caller
    try:
        proposal = in_transaction(
            lambda: propose_mapping(document, reason=reason, user=request.user, actor=caller.actor)
        )
    except ReasonMissing as refused:
        messages.error(request, refusal_text(refused))
        return _form(request, row, text, status=UNPROCESSABLE)
    return _proposed(request, proposal, row.contract)


def _proposed(request: StaffRequest, proposal: ApprovalRequest, contract: str) -> HttpResponse:
    if proposal.state == ApprovalState.PENDING:
        messages.success(request, _("Proposed. It is published once somebody else has agreed."))
        return redirect("console:approval", proposal.public_id)
    fresh = ContractVersion.objects.get(contract=contract, active=True)
    messages.success(
        request, _("{version} is active. What is quarantined can be read again from the inbox.").format(version=fresh)
    )
    return redirect(reverse("console:contract", args=[fresh.pk]))


def _parsed(text: str, row: ContractVersion) -> dict[str, Any]:
    """Raises ContractInvalid where it is no document of this contract."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        said = _("nested too deeply")
        if isinstance(error, json.JSONDecodeError):
            said = _("line {number}: {problem}").format(number=error.lineno, problem=error.msg)
        raise _invalid(_("the text"), _("is no JSON ({problem})").format(problem=said)) from error
    if not isinstance(document, dict) or document.get("contract") != row.contract:
        raise _invalid("contract", _("must be {contract}").format(contract=row.contract))
    return document


def _invalid(where: str, problem: str) -> ContractInvalid:
    return ContractInvalid(problems=[{"where": where, "problem": problem}], first=f"{where}: {problem}")


@action(SCOPE)
def restore(request: StaffRequest, pk: int) -> HttpResponse:
    """Propose that an earlier version be the active one again, as the next version."""
    _require(request)
    row, reason = get_object_or_404(ContractVersion, pk=pk), request.POST.get("reason", "")
    proposal = in_transaction(
        lambda: propose_rollback(row, reason=reason, user=request.user, actor=request.caller.actor)
    )
    return _proposed(request, proposal, row.contract)


def _form(
    request: StaffRequest,
    row: ContractVersion,
    text: str,
    *,
    problems: list[dict[str, str]] | None = None,
    tried: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "contract": row,
        "text": text,
        "problems": problems or [],
        "tried": tried,
        "reason": request.POST.get("reason", ""),
    }
    return render(request, "console/configuration/mapping_form.html", context, status=status)
