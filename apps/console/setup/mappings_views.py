"""A channel's mapping changed from a page: edited as a table or as its document, tried on the messages that have come, proposed,
rolled back."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.casework.models import ApprovalRequest
from apps.casework.resolutions.direct.mappings import propose_mapping, propose_rollback, refuse_unless_everywhere
from apps.casework.states import ApprovalState
from apps.channels.errors import ContractInvalid, ReasonMissing, VersionMoved
from apps.channels.mapping.documents import lint
from apps.channels.models import ContractVersion
from apps.channels.services.contract_samples import Sample, contract_of, is_mapping_at_fault, read_sample
from apps.channels.services.contract_trials import try_contract
from apps.channels.services.contracts import ensure_contracts, refuse_unstorable
from apps.console.refusals import refusal_text
from apps.console.setup.mapping_choices import choices_for
from apps.console.setup.mapping_form import (
    MappingForm,
    changed,
    document_of,
    form_of,
    place_problems,
    place_sample,
    sent,
)
from apps.console.setup.mapping_messages import message_context, sample_of
from apps.console.shell.access import StaffRequest, action, page
from apps.console.shell.visibility import messages_for
from apps.core.errors import NotAllowed
from apps.core.strict_json import what_is_wrong
from apps.core.text import Text
from apps.core.transactions import in_transaction
from apps.orders.states import HoldReason

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
    return _shown(request, row, row.document, as_text=request.GET.get("view") == "document")


@page(SCOPE)
def fix(request: StaffRequest, ref: str) -> HttpResponse:
    """The mapping that reads this message, with the message beside it."""
    _require(request)
    message = get_object_or_404(messages_for(request.caller).select_related("channel"), public_id=ref)
    if not is_mapping_at_fault(message):
        messages.info(request, _("No mapping is at fault here; what to do stands beside the problem."))
        return redirect("console:inbox_message", message.public_id)
    ensure_contracts()
    row = contract_of(message)
    if row is None:
        raise Http404(_("No contract reads messages of this channel."))
    return redirect(f"{reverse('console:mapping_edit', args=[row.pk])}?message={message.public_id}")


@action(SCOPE)
def save(request: StaffRequest, pk: int) -> HttpResponse:
    """Show, try or propose what the form says; what is wrong with it stands beside what was typed."""
    _require(request)
    row, do = get_object_or_404(ContractVersion, pk=pk), request.POST.get("do", "")
    if "row" not in request.POST:
        return _save_text(request, row, do)
    form = sent(request.POST)
    if changed(form, do):
        return _shown(request, row, document_of(form, row.document), form=form)
    document = document_of(form, row.document)
    if do == "document":
        return _shown(request, row, document, as_text=True)
    if form.wrong:
        return _shown(request, row, document, form=form, checks=True, status=UNPROCESSABLE)
    return _done(request, row, document, do, form=form)


def _save_text(request: StaffRequest, row: ContractVersion, do: str) -> HttpResponse:
    text, upload = request.POST.get("document", "")[:LONGEST], request.FILES.get("file")
    if upload is not None:
        text = upload.read(LONGEST).decode("utf-8", errors="replace")
    try:
        document = _parsed(text, row)
    except ContractInvalid as refused:
        return _text_refused(request, row, text, refused)
    if do == "table":
        return _shown(request, row, document, checks=True)
    return _done(request, row, document, do, text=text)


def _done(
    request: StaffRequest,
    row: ContractVersion,
    document: dict[str, Any],
    do: str,
    *,
    form: MappingForm | None = None,
    text: str | None = None,
) -> HttpResponse:
    """Try it or propose it; anything else only shows it."""
    view: dict[str, Any] = {"form": form, "as_text": text is not None, "text": text}
    try:
        if do == "publish":
            return _propose(request, row, document)
        tried = _tried(document) if do == "try" else None
    except ContractInvalid as refused:
        if text is not None:
            return _text_refused(request, row, text, refused)
        return _shown(request, row, document, checks=True, status=UNPROCESSABLE, **view)
    except (ReasonMissing, VersionMoved) as refused:
        messages.error(request, refusal_text(refused))
        return _shown(request, row, document, status=UNPROCESSABLE, **view)
    return _shown(request, row, document, checks=True, tried=tried, **view)


def _tried(document: Mapping[str, Any]) -> dict[str, Any]:
    count, found = try_contract(document, last=TRIED)
    verdicts = Counter((one.was, one.would_be) for one in found).most_common()
    return {"count": count, "found": found[:SHOWN], "more": max(len(found) - SHOWN, 0), "verdicts": verdicts}


def _propose(request: StaffRequest, row: ContractVersion, document: dict[str, Any]) -> HttpResponse:
    """Before somebody else; where the policy asks nobody, it is published at once. Raises ContractInvalid, ReasonMissing and
    VersionMoved."""
    reason, caller, text = request.POST.get("reason", ""), request.caller, request.POST.get("active", "")
    seen = int(text) if text.isdecimal() else None
    proposal = in_transaction(
        lambda: propose_mapping(document, reason=reason, seen=seen, user=request.user, actor=caller.actor)
    )
    return _proposed(request, proposal, row.contract)


def _proposed(request: StaffRequest, proposal: ApprovalRequest, contract: str) -> HttpResponse:
    if proposal.state == ApprovalState.PENDING:
        messages.success(request, _("Proposed. It is published once somebody else has agreed."))
        return redirect("console:approval", proposal.public_id)
    fresh = ContractVersion.objects.get(contract=contract, active=True)
    messages.success(
        request, _("{version} is active. What is quarantined can be read again from the inbox.").format(version=fresh)
    )
    message = request.POST.get("sample", "")
    if sample_of(request, fresh, message):
        return redirect(f"{reverse('console:mapping_edit', args=[fresh.pk])}?message={message}")
    return redirect(reverse("console:contract", args=[fresh.pk]))


def _parsed(text: str, row: ContractVersion) -> dict[str, Any]:
    """Raises ContractInvalid where it is no document of this contract."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        said = what_is_wrong("recursion limit" if isinstance(error, RecursionError) else str(error))
        raise _invalid(_("the text"), Text("is no JSON ({problem})", problem=said)) from error
    if not isinstance(document, dict) or document.get("contract") != row.contract:
        raise _invalid("contract", Text("must be {contract}", contract=row.contract))
    refuse_unstorable(document)
    return document


def _invalid(where: str, problem: str) -> ContractInvalid:
    return ContractInvalid(problems=[{"where": where, "problem": problem}], first=Text.joined(": ", (where, problem)))


def _text_refused(request: StaffRequest, row: ContractVersion, text: str, refused: ContractInvalid) -> HttpResponse:
    problems = refused.details.get("problems", [])
    return _shown(request, row, {}, as_text=True, text=text, problems=problems, status=UNPROCESSABLE)


@action(SCOPE)
def restore(request: StaffRequest, pk: int) -> HttpResponse:
    """Propose that an earlier version be the active one again, as the next version."""
    _require(request)
    row, reason = get_object_or_404(ContractVersion, pk=pk), request.POST.get("reason", "")
    proposal = in_transaction(
        lambda: propose_rollback(row, reason=reason, user=request.user, actor=request.caller.actor)
    )
    return _proposed(request, proposal, row.contract)


def _shown(
    request: StaffRequest,
    row: ContractVersion,
    document: Mapping[str, Any],
    *,
    form: MappingForm | None = None,
    as_text: bool = False,
    text: str | None = None,
    problems: list[dict[str, str]] | None = None,
    checks: bool = False,
    tried: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    """``checks``: with what is wrong with the document beside its rows."""
    context: dict[str, Any] = {
        "contract": row,
        "active_number": ContractVersion.objects.filter(contract=row.contract, active=True)
        .values_list("number", flat=True)
        .first(),
        "tried": tried,
        "reason": request.POST.get("reason", ""),
        **message_context(request, row),
    }
    if as_text:
        shown = json.dumps(document, indent=2, ensure_ascii=False) if text is None else text
        context |= {"text": shown, "problems": problems or []}
        return render(request, "console/configuration/mapping_form.html", context, status=status)
    form = form or form_of(document)
    if checks:
        found = lint({**document, "version": 1}, hold_reasons=frozenset(HoldReason.values))
        place_problems(form, [{"where": one.where, "problem": one.problem} for one in found])
    message = context["message"]
    sample = read_sample(document, message) if message is not None else Sample()
    place_sample(form, sample)
    context |= {"form": form, "sample": sample, **choices_for(form)}
    return render(request, "console/configuration/mapping_table.html", context, status=status)
