"""The calendar of contracts: which version is in use, when its vendor ends it, and what stops then."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from apps.console.channels.connect_views import SCOPE, day_of
from apps.console.shell.access import StaffRequest, page
from apps.core import clock
from apps.orchestration.contract_calendar import AHEAD, contracts


@page(SCOPE)
def calendar(request: StaffRequest) -> HttpResponse:
    today = clock.now().date()
    rows = [{"contract": one, "left": one.days_left(today), "on": day_of(one.ends_on)} for one in contracts()]
    context = {"rows": rows, "soon": max(AHEAD), "now": min(AHEAD)}
    return render(request, "console/channels/calendar.html", context)
