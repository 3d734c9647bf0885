"""Stock: what lies where, and the ledger behind every number."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from apps.console.access import StaffRequest, page
from apps.console.people import people
from apps.console.stock_grid import read_grid, read_ledger
from apps.console.visibility import level_or_404, nodes_for


@page("inventory:read")
def stock(request: StaffRequest) -> HttpResponse:
    grid = read_grid(request.caller, request.GET)
    return render(request, "console/stock/page.html", {"grid": grid, "nodes": nodes_for(request.caller)})


@page("inventory:read")
def level(request: StaffRequest, level_id: int) -> HttpResponse:
    row = level_or_404(request.caller, level_id)
    ledger = read_ledger(row, request.GET)
    who = people(line.movement.actor for line in ledger.lines)
    lines = [(line, who[line.movement.actor]) for line in ledger.lines]
    return render(request, "console/stock/level.html", {"level": row, "ledger": ledger, "lines": lines})
