"""Exceptions: problems that wait for a person."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from apps.casework.services import resolve_case
from apps.casework.states import STANDING, CaseState, CaseType, Severity
from apps.console.access import StaffRequest, action, back, page
from apps.console.errors import FormIncomplete
from apps.console.paging import sheet
from apps.console.people import people
from apps.console.sentences import sentence_of
from apps.console.visibility import case_or_404, cases_for
from apps.core.models import Event
from apps.core.retrying import in_transaction
from apps.orders.selectors import standing_holds

TABS = (("Waiting", ""), ("Resolved", CaseState.RESOLVED), ("Dismissed", CaseState.DISMISSED))
ENDED = (CaseState.RESOLVED, CaseState.DISMISSED)


@page("cases:read")
def cases(request: StaffRequest) -> HttpResponse:
    visible = cases_for(request.caller)
    state = request.GET.get("state", "")
    kind, severity = request.GET.get("type", ""), request.GET.get("severity", "")
    rows = visible.filter(state=state) if state in ENDED else visible.filter(state__in=STANDING)
    if kind in CaseType.values:
        rows = rows.filter(type=kind)
    if severity in Severity.values:
        rows = rows.filter(severity=severity)
    context = {
        "sheet": sheet(rows.select_related("order"), request.GET),
        "tabs": TABS,
        "state": state if state in ENDED else "",
        "type": kind,
        "severity": severity,
        "filtered": kind in CaseType.values or severity in Severity.values,
        "types": _by_type(request),
        "severities": Severity.choices,
    }
    return render(request, "console/cases/page.html", context)


def _by_type(request: StaffRequest) -> list[tuple[str, str, int]]:
    """(type, label, how many wait), those with most first; types without any come last."""
    rows = cases_for(request.caller).filter(state__in=STANDING).order_by().values_list("type")
    waiting: dict[str, int] = dict(rows.annotate(count=Count("pk")))
    found = [(value, str(label), waiting.get(value, 0)) for value, label in CaseType.choices]
    return sorted(found, key=lambda row: (-row[2], row[1]))


@page("cases:read")
def case(request: StaffRequest, ref: str) -> HttpResponse:
    row = case_or_404(request.caller, ref)
    mine = []
    if row.order:
        mine = list(Event.objects.filter(stream=row.order.public_id, subject_ref=row.public_id).order_by("-pk"))
    who = people(event.actor for event in mine)
    history = [
        (event, sentence_of(event.name, {"case": row.get_type_display()})[1], who[event.actor]) for event in mine
    ]
    context = {
        "case": row,
        "standing": row.state in STANDING,
        "may_write": "cases:write" in request.caller.scopes,
        "history": history,
        "holds": list(standing_holds(row.order_id)) if row.order_id else [],
        "detail": sorted(row.detail.items()),
        "caller": request.caller,
    }
    return render(request, "console/cases/case.html", context)


@action("cases:write")
def resolve(request: StaffRequest, ref: str) -> HttpResponse:
    row = case_or_404(request.caller, ref)
    resolution = request.POST.get("resolution", "").strip()
    dismiss = request.POST.get("verb") == "dismiss"
    if not resolution:
        raise FormIncomplete(problem="Say how it ended.")
    in_transaction(
        lambda: resolve_case(row.public_id, resolution=resolution, dismiss=dismiss, actor=request.caller.actor)
    )
    messages.success(request, "The exception is dismissed." if dismiss else "The exception is resolved.")
    return back(request, reverse("console:cases"))
