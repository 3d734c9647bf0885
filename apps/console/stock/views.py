"""Stock: what lies where, and the ledger behind every number."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from apps.casework.selectors import ABOUT_LEVEL
from apps.casework.states import STANDING, CaseType
from apps.console.shell.access import StaffRequest, page
from apps.console.shell.people import people
from apps.console.shell.visibility import cases_for, level_or_404, nodes_for
from apps.console.stock.grid import read_grid, read_ledger
from apps.inventory.states import StockWork
from apps.ui.language import choices


@page("inventory:read")
def stock(request: StaffRequest) -> HttpResponse:
    grid = read_grid(request.caller, request.GET)
    return render(
        request,
        "console/stock/page.html",
        {"grid": grid, "nodes": nodes_for(request.caller), "limited": bool(request.caller.nodes), **_work(request)},
    )


@page("inventory:read")
def level(request: StaffRequest, level_id: int) -> HttpResponse:
    row = level_or_404(request.caller, level_id)
    ledger = read_ledger(row, request.GET)
    who = people(line.movement.actor for line in ledger.lines)
    lines = [(line, who[line.movement.actor]) for line in ledger.lines]
    about = {"type": CaseType.STOCK_DISCREPANCY, "subject_ref": f"{ABOUT_LEVEL}{row.pk}", "state__in": STANDING}
    case = cases_for(request.caller).filter(**about).first() if row.doubted_at else None
    context = {"level": row, "ledger": ledger, "lines": lines, "case": case, **_work(request)}
    return render(request, "console/stock/level.html", context)


def _work(request: StaffRequest) -> dict[str, object]:
    return {"may_write": "inventory:write" in request.caller.scopes, "works": choices(StockWork.choices)}
