"""Today: what is going on, and what needs somebody."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from apps.console.access import StaffRequest, page
from apps.console.business import COLUMNS, OF_NODES, read_business
from apps.console.today import read_today


@page()
def home(request: StaffRequest) -> HttpResponse:
    today = read_today(request.caller, request.user)
    context = {
        "today": today,
        "caller": request.caller,
        "business": read_business(request.caller),
        "business_columns": COLUMNS,
        "business_of_nodes": OF_NODES,
    }
    return render(request, "console/home/page.html", context)
