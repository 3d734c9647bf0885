"""The list of orders, and its export."""

from __future__ import annotations

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_noop

from apps.casework.states import CaseType
from apps.channels.models import Channel
from apps.console.models import SavedView
from apps.console.orders.listing import OrderFilters, filtered_orders, read_filters, rows_of
from apps.console.orders.returns_views import has_tills
from apps.console.shell.access import StaffRequest, page
from apps.console.shell.exporting import ORDER_COLUMNS, csv_lines, marked, order_cells
from apps.console.shell.visibility import nodes_for
from apps.core import clock
from apps.orders.states import HoldReason, OrderState
from apps.ui.language import choices, translated
from apps.ui.paging import sheet

TABS = (
    (gettext_noop("All"), ""),
    (gettext_noop("In progress"), "state=received,validated,routed,released"),
    (gettext_noop("On hold"), "hold=any"),
    (gettext_noop("With exceptions"), "case=any"),
    (gettext_noop("Shipped"), "state=shipped"),
    (gettext_noop("Delivered"), "state=delivered"),
    (gettext_noop("Cancelled"), "state=cancelled"),
)


@page("orders:read")
def orders(request: StaffRequest) -> HttpResponse:
    asked = read_filters(request.GET)
    found = sheet(filtered_orders(request.caller, asked), request.GET)
    context = {
        "asked": asked,
        "sheet": found,
        "rows": rows_of(found.rows),
        "tabs": [(translated(label), query) for label, query in TABS],
        "query_now": _query_of(request),
        "saved": SavedView.objects.filter(user=request.user, page="orders"),
        "filtered": asked != OrderFilters(),
        "has_tills": has_tills(),
        **_choices(request),
    }
    return render(request, "console/orders/page.html", context)


def _query_of(request: StaffRequest) -> str:
    """The filters in the address, without the place in the list or fields left empty."""
    kept = request.GET.copy()
    for name in list(kept):
        if name in ("before", "after") or not any(kept.getlist(name)):
            kept.pop(name)
    return kept.urlencode(safe=",")


def _choices(request: StaffRequest) -> dict[str, object]:
    return {
        "states": choices(OrderState.choices),
        "holds": choices(HoldReason.choices),
        "case_types": choices(CaseType.choices),
        "channels": Channel.objects.order_by("name").values_list("code", "name"),
        "nodes": nodes_for(request.caller).values_list("code", "name"),
    }


@page("orders:read")
def export(request: StaffRequest) -> StreamingHttpResponse:
    """The orders that fit, all of them (100,000 at most), as CSV."""
    rows = filtered_orders(request.caller, read_filters(request.GET))
    lines = csv_lines(ORDER_COLUMNS, order_cells(rows))
    answer = StreamingHttpResponse(marked(lines), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="orders-{clock.now():%Y%m%d-%H%M}.csv"'
    return answer
