"""Today: what is going on, and what needs somebody."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from apps.console.shell.access import StaffRequest, page
from apps.console.today.attention import read_today
from apps.console.today.figures import columns, columns_of_nodes, read_business


@page()
def home(request: StaffRequest) -> HttpResponse:
    today = read_today(request.caller, request.user)
    context = {
        "today": today,
        "caller": request.caller,
        "business": read_business(request.caller),
        "business_columns": columns(),
        "business_of_nodes": columns_of_nodes(),
    }
    return render(request, "console/home/page.html", context)
