"""Where channels' messages differ from their contracts, and taking a difference as it is."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from apps.casework.resolutions.direct.drift import accept_drift_by_rule
from apps.channels.models import Channel
from apps.console.channels.connect_views import SCOPE
from apps.console.setup.mapping_messages import may_map
from apps.console.shell.access import StaffRequest, action, back, page
from apps.console.shell.people import people
from apps.contracts.models import ContractDrift, DriftKind, DriftState
from apps.contracts.selectors import drifts, messages_kept
from apps.ui.language import choices
from apps.ui.paging import sheet

_TYPES = {
    "string": gettext_noop("a text"),
    "number": gettext_noop("a number"),
    "boolean": gettext_noop("true or false"),
    "object": gettext_noop("an object with fields of its own"),
    "array": gettext_noop("a list"),
}


@page(SCOPE)
def drift(request: StaffRequest) -> HttpResponse:
    """The open ones first asked for; of one channel, in one state, of one kind."""
    _require(request)
    state, channel = request.GET.get("state", DriftState.OPEN), request.GET.get("channel", "")
    kind = request.GET.get("kind", "")
    rows = drifts()
    if state in DriftState.values:
        rows = rows.filter(state=state)
    if kind in DriftKind.values:
        rows = rows.filter(kind=kind)
    if channel:
        rows = rows.filter(channel__code=channel)
    found = sheet(rows, request.GET)
    kept = messages_kept(found.rows)
    context: dict[str, Any] = {
        "sheet": found,
        "rows": [(row, kept.get(row.first_message_id, ""), _change(row)) for row in found.rows],
        "people": people(row.settled_by for row in found.rows if row.settled_by),
        "state": state if state in DriftState.values else "",
        "states": choices(DriftState.choices),
        "kind": kind if kind in DriftKind.values else "",
        "kinds": choices(DriftKind.choices),
        "channel": channel,
        "channels": Channel.objects.order_by("name").values_list("code", "name"),
    }
    return render(request, "console/channels/drift.html", context)


def _change(row: ContractDrift) -> tuple[str, str]:
    """Of what was there before and is now: in how many of how many messages, or of which type, in words."""
    if row.kind == DriftKind.RETYPED:
        return _(_TYPES[row.before]), _(_TYPES[row.word])
    seen, _slash, of = row.before.partition("/")
    return (seen, of) if row.kind != DriftKind.UNKNOWN_WORD else ("", "")


@action(SCOPE)
def accept(request: StaffRequest, ref: str) -> HttpResponse:
    """Take the difference as it is, with a reason."""
    _require(request)
    row = accept_drift_by_rule(ref, reason=request.POST.get("reason", ""), caller=request.caller)
    messages.success(request, _("Accepted: {path} is asked about no more.").format(path=row.path))
    return back(request, reverse("console:drift"))


def _require(request: StaffRequest) -> None:
    if not may_map(request.caller):
        raise PermissionDenied(_("A contract holds for every channel of its kind; it is for operations to look after."))
