"""The workbench's lists: queues of exceptions, their export, and the way from one case to the next."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.console.cases.filters import filtered_cases, most_urgent, query_of, read_case_filters
from apps.console.cases.links import fixed_choices, snoozes, with_query
from apps.console.cases.listing import COLUMNS, case_cells, case_sheet, choices_of, pulse_of, shown_rows, tabs_of
from apps.console.cases.order import beyond
from apps.console.cases.undo import undo_of
from apps.console.shell.access import StaffRequest, page
from apps.console.shell.exporting import csv_lines, marked
from apps.console.shell.visibility import case_or_404
from apps.core import clock

NO_CONTENT = 204


@page("cases:read")
def cases(request: StaffRequest) -> HttpResponse:
    """The queue page; asked with ``seen``, nothing where nothing has changed since."""
    asked, query_now = read_case_filters(request.GET), query_of(request.GET)
    rows = filtered_cases(request.caller, request.user, asked)
    pulse, total = pulse_of(rows, ended=asked.ended)
    if request.GET.get("seen") == pulse:
        return HttpResponse(status=NO_CONTENT)
    found = case_sheet(rows, asked.sort, request.GET, total=total)
    context = {
        "asked": asked,
        "sheet": found,
        "rows": shown_rows(found.rows, request.user),
        "total": total,
        "tabs": tabs_of(request.caller, request.user, query_now),
        "query_now": query_now,
        "behind": f"?{query_now}" if query_now else "",
        "pulse": pulse,
        "may_write": "cases:write" in request.caller.scopes,
        "undo": undo_of(request.user),
        "snoozes": snoozes(),
        **fixed_choices(),
        **choices_of(request.caller),
    }
    return render(request, "console/cases/page.html", context)


@page("cases:read")
def export(request: StaffRequest) -> StreamingHttpResponse:
    """The cases that fit, sorted as on the page, as CSV that no spreadsheet runs."""
    asked = read_case_filters(request.GET)
    rows = filtered_cases(request.caller, request.user, asked)
    lines = csv_lines(COLUMNS, case_cells(rows, asked.sort))
    answer = StreamingHttpResponse(marked(lines), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="exceptions-{clock.now():%Y%m%d-%H%M}.csv"'
    return answer


@page("cases:read")
def play(request: StaffRequest) -> HttpResponse:
    """To the most urgent case of the list, leaving out the one just done; back to the list when none is left."""
    asked, query = read_case_filters(request.GET), query_of(request.GET)
    rows = filtered_cases(request.caller, request.user, asked)
    found = most_urgent(rows, request.user, asked.sort, leave_out=request.GET.getlist("done"))
    if found is None:
        messages.success(request, _("Nothing is left to do in this list."))
        return redirect(with_query(reverse("console:cases"), query))
    return redirect(with_query(reverse("console:case", args=[found.public_id]), query, play=True))


@page("cases:read")
def step(request: StaffRequest, ref: str, way: str) -> HttpResponse:
    """To the case after or before this one in the list the address describes."""
    if way not in ("next", "previous"):
        raise Http404(_("There is no such page."))
    case, asked, query = case_or_404(request.caller, ref), read_case_filters(request.GET), query_of(request.GET)
    rows = filtered_cases(request.caller, request.user, asked)
    found = beyond(rows.exclude(pk=case.pk), case.pk, asked.sort, forward=way == "next").first()
    if found is None:
        messages.info(
            request, _("This is the last case of the list.") if way == "next" else _("This is the first case.")
        )
    ref = found.public_id if found else ref
    return redirect(with_query(reverse("console:case", args=[ref]), query, play="play" in request.GET))
