"""What the forms of a case offer while somebody types: SKUs of the catalog, other cases."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from apps.catalog.finding import matching_skus
from apps.catalog.models import Sku
from apps.console.cases.filters import standing_others
from apps.console.cases.page import mergeable
from apps.console.shell.access import StaffRequest, page
from apps.console.shell.search import LONGEST
from apps.console.shell.visibility import case_or_404

MOST_SKUS = 12
MOST_CASES = 10


@page("cases:read")
def skus(request: StaffRequest, ref: str) -> HttpResponse:
    """SKUs that are sold, by the beginning of their code or words of their name."""
    case_or_404(request.caller, ref)
    term = _term(request.GET.get("p.sku", ""))
    found = matching_skus(Sku.objects.filter(active=True), term, most=MOST_SKUS) if term else []
    return render(request, "console/cases/sku_options.html", {"skus": found})


@page("cases:write")
def others(request: StaffRequest, ref: str) -> HttpResponse:
    """Cases this one could go into: those that are near it until something is searched for."""
    case, term = case_or_404(request.caller, ref), _term(request.GET.get("find", ""))
    found = standing_others(request.caller, case, term, most=MOST_CASES) if term else mergeable(case, request.caller)
    return render(request, "console/cases/others.html", {"others": found, "case": case, "term": term})


def _term(text: str) -> str:
    return text.strip().replace("\x00", "")[:LONGEST]
