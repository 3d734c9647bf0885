"""The inbox: every message as it came, and what became of it."""

from __future__ import annotations

import json

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.casework.models import CaseKind, ExceptionCase
from apps.casework.resolutions.direct.cases import read_again_by_rule, read_all_again_by_rule
from apps.casework.states import CaseType
from apps.channels.models import Channel, ContractVersion, InboxMessage, Verdict
from apps.channels.selectors import contracts_of
from apps.channels.services.contract_samples import is_mapping_at_fault, lacks_place
from apps.channels.services.replay import REPLAYABLE
from apps.console.setup.mapping_messages import may_map
from apps.console.shell.access import StaffRequest, action, back, page
from apps.console.shell.visibility import cases_for, messages_for
from apps.core.refused_webhooks import Refused, refused_of
from apps.core.strict_json import load_bounded
from apps.integrations.models import Partner
from apps.ui.language import choices
from apps.ui.paging import sheet

MOST_SHOWN = 200_000


@page("inbox:read")
def inbox(request: StaffRequest) -> HttpResponse:
    verdict, channel = request.GET.get("verdict", ""), request.GET.get("channel", "")
    q = request.GET.get("q", "").strip().replace("\x00", "")[:128]
    rows: QuerySet[InboxMessage] = (
        messages_for(request.caller).select_related("channel").defer("body", "headers", "problems")
    )
    if verdict in Verdict.values:
        rows = rows.filter(verdict=verdict)
    if channel:
        rows = rows.filter(channel__code=channel)
    if q:
        rows = rows.filter(external_id=q, channel__in=Channel.objects.all())
    context = {
        "sheet": sheet(rows, request.GET),
        "verdict": verdict if verdict in Verdict.values else "",
        "verdicts": choices(Verdict.choices),
        "channel": channel,
        "channels": Channel.objects.order_by("name").values_list("code", "name"),
        "q": q,
        "refused": _refused(request),
        "filtered": bool(verdict or channel or q),
        "may_replay": verdict == Verdict.QUARANTINED and "inbox:replay" in request.caller.scopes,
    }
    return render(request, "console/inbox/page.html", context)


def _refused(request: StaffRequest) -> list[tuple[str, Refused]]:
    """Messages that are not here because their signature did not hold; for those who look after every channel."""
    if request.caller.nodes:
        return []
    names = {f"channel:{code}": name for code, name in Channel.objects.values_list("code", "name")}
    names |= {f"partner:{code}": name for code, name in Partner.objects.values_list("code", "name")}
    return [(names[one.source], one) for one in refused_of() if one.source in names]


@page("inbox:read")
def inbox_message(request: StaffRequest, ref: str) -> HttpResponse:
    message = _message_or_404(request, ref)
    body, readable = _pretty(bytes(message.body))
    case = _case_of(request, message)
    context = {
        "message": message,
        "body": body,
        "readable": readable,
        "size": len(message.body),
        "headers": sorted(message.headers.items()),
        "case": case,
        "playbook": CaseKind.objects.filter(code=case.type).values_list("playbook", flat=True).first() if case else "",
        "contracts": _contracts_of(request, message),
        **_mending(request, message),
        "may_replay": message.verdict in REPLAYABLE and "inbox:replay" in request.caller.scopes,
    }
    return render(request, "console/inbox/message.html", context)


def _mending(request: StaffRequest, message: InboxMessage) -> dict[str, bool]:
    """Where what is wrong is mended: at the mapping, or at a location and the names a channel has for those."""
    quarantined, scopes = message.verdict == Verdict.QUARANTINED, request.caller.scopes
    placeless = quarantined and lacks_place(message)
    return {
        "may_map": quarantined and is_mapping_at_fault(message) and may_map(request.caller),
        "may_add_place": placeless and "network:write" in scopes,
        "may_name_place": placeless and "channels:write" in scopes,
    }


def _case_of(request: StaffRequest, message: InboxMessage) -> ExceptionCase | None:
    """The case that stands about the message, or else the last that did."""
    rows = cases_for(request.caller).filter(type=CaseType.MESSAGE_QUARANTINED, subject_ref=message.public_id)
    return rows.order_by("-pk").first()


def _contracts_of(request: StaffRequest, message: InboxMessage) -> list[ContractVersion]:
    """What messages of its channel are read by now, for those who may look at contracts."""
    if "channels:write" not in request.caller.scopes:
        return []
    return contracts_of(message.channel)


@action("inbox:replay")
def replay(request: StaffRequest, ref: str) -> HttpResponse:
    """Read the message again, with the contract as it is now."""
    message = _message_or_404(request, ref)
    read_again_by_rule(message.public_id, caller=request.caller)
    messages.success(request, _("The message is being read again."))
    return back(request, reverse("console:inbox_message", args=[ref]))


@action("inbox:replay")
def replay_all(request: StaffRequest) -> HttpResponse:
    """Read what is quarantined again, of one channel or of all, the oldest first."""
    rows = messages_for(request.caller).filter(verdict=Verdict.QUARANTINED)
    if channel := request.POST.get("channel", "")[:64]:
        rows = rows.filter(channel__code=channel)
    job = read_all_again_by_rule(rows, channel=channel, caller=request.caller)
    return redirect("console:replay_job", job.public_id)


def _message_or_404(request: StaffRequest, ref: str) -> InboxMessage:
    message = messages_for(request.caller).select_related("channel").filter(public_id=ref).first()
    if message is None:
        raise Http404(_("There is no such message."))
    return message


def _pretty(body: bytes) -> tuple[str, bool]:
    """The body laid out for reading, and whether it is JSON; bytes that are no text are shown as what they are."""
    text = body[:MOST_SHOWN].decode("utf-8", errors="backslashreplace")
    try:
        return json.dumps(load_bounded(body), indent=2, ensure_ascii=False)[:MOST_SHOWN], True
    except ValueError:
        return text, False
