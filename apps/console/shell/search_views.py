"""Ctrl-K."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from apps.console.shell.access import StaffRequest, page
from apps.console.shell.search import find


@page()
def search(request: StaffRequest) -> HttpResponse:
    term = request.GET.get("q", "").strip()
    return render(request, "console/shell/results.html", {"groups": find(request.caller, term), "term": term})
