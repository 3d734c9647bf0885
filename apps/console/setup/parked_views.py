"""Steps that stopped: what went wrong, and starting them again."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.console.shell.access import StaffRequest, action, back, page
from apps.console.shell.errors import FormIncomplete
from apps.orchestration.selectors import parked_runs
from apps.orchestration.services import retry_runs_by_rule
from apps.orders.models import Order
from apps.ui.locale import number
from apps.ui.paging import sheet, whole


@page("steps:retry")
def parked(request: StaffRequest) -> HttpResponse:
    rows = parked_runs().select_related("event")
    by_step = rows.order_by().values_list("step").annotate(count=Count("pk"))
    step = request.GET.get("step", "")
    found = sheet(rows.filter(step=step) if step else rows, request.GET)
    orders = Order.objects.filter(public_id__in={run.stream for run in found.rows if run.stream})
    context = {
        "sheet": found,
        "orders": {order.public_id: order for order in orders},
        "steps": sorted(by_step),
        "step": step,
    }
    return render(request, "console/parked/page.html", context)


@action("steps:retry")
def retry(request: StaffRequest) -> HttpResponse:
    """Start the ticked runs again, or the one whose own button was pressed."""
    asked = request.POST.getlist("only") or request.POST.getlist("run")
    chosen = [pk for text in asked if (pk := whole(text)) is not None]
    if not chosen:
        raise FormIncomplete(problem=_("Tick at least one job."))
    started = retry_runs_by_rule(chosen[:1000], caller=request.caller)
    message = ngettext("{count} job retried.", "{count} jobs retried.", started)
    messages.success(request, message.format(count=number(started)))
    return back(request, reverse("console:parked"))
