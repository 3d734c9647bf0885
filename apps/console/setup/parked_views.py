"""What was given up: jobs that stopped and deliveries whose attempts are spent. Why, and starting one, some or all again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.console.setup.dead_letter_texts import Diagnosis, diagnosis, last_calls
from apps.console.shell.access import StaffRequest, action, back, page
from apps.console.shell.errors import FormIncomplete
from apps.orchestration.called import names_of
from apps.orchestration.integration_health import CounterpartHealth, integrations_for
from apps.orchestration.models import Redrive
from apps.orchestration.redriving import redrive_by_rule, stop_redrive
from apps.orchestration.selectors import (
    DeadLetters,
    dead_deliveries,
    dead_runs,
    goes_on_at,
    redriven,
    redrives_for,
)
from apps.orchestration.services import retry_runs_by_rule
from apps.orders.models import Order
from apps.ui.locale import number
from apps.ui.paging import sheet, whole

SCOPE = "steps:retry"
MOST_DELIVERIES, MOST_JOBS = 50, 5


def _asked(params: Any) -> DeadLetters:
    """Which of them the address or the form names."""
    kind, _colon, code = params.get("called", "").partition(":")
    return DeadLetters(
        called_kind=kind[:8], called=code[:64], step=params.get("step", "")[:48], code=params.get("code", "")[:64]
    )


@page(SCOPE)
def parked(request: StaffRequest) -> HttpResponse:
    caller, which = request.caller, _asked(request.GET)
    everything = dead_runs(caller, DeadLetters())
    rows = dead_runs(caller, which).select_related("event")
    found = sheet(rows, request.GET)
    deliveries = dead_deliveries(caller, which)
    given_up = deliveries.count()
    health = {(one.kind, one.code): one for one in integrations_for(caller)}
    orders = Order.objects.filter(public_id__in={run.stream for run in found.rows if run.stream})
    context = {
        "sheet": found,
        "orders": {order.public_id: order for order in orders},
        "steps": sorted(everything.order_by().values_list("step").annotate(count=Count("pk"))),
        "step": which.step,
        "which": which,
        "filtered": which != DeadLetters(),
        "called_name": names_of({(which.called_kind, which.called)}).get(
            (which.called_kind, which.called), which.called
        ),
        "names": names_of({(run.called_kind, run.called) for run in found.rows if run.called}),
        "why": _diagnoses(found.rows, health),
        "deliveries": list(deliveries.select_related("endpoint").order_by("-pk")[:MOST_DELIVERIES]),
        "delivery_count": given_up,
        "all_count": rows.count() + given_up,
        "jobs": list(redrives_for(caller)[:MOST_JOBS]),
    }
    return render(request, "console/parked/page.html", context)


def _diagnoses(runs: Sequence[Any], health: dict[tuple[str, str], CounterpartHealth]) -> dict[int, Diagnosis]:
    calls = last_calls(runs)
    return {
        run.pk: diagnosis(calls.get(run.pk), run.error_code, health.get((run.called_kind, run.called))) for run in runs
    }


@action(SCOPE)
def retry(request: StaffRequest) -> HttpResponse:
    """Start the ticked runs again, or the one whose own button was pressed."""
    asked = request.POST.getlist("only") or request.POST.getlist("run")
    chosen = frozenset(pk for text in asked if (pk := whole(text)) is not None)
    if not chosen:
        raise FormIncomplete(problem=_("Tick at least one job."))
    mine = dead_runs(request.caller, DeadLetters(runs=chosen)).order_by("pk").values_list("pk", flat=True)
    started = retry_runs_by_rule(list(mine[:1000]), caller=request.caller)
    message = ngettext("{count} job retried.", "{count} jobs retried.", started)
    messages.success(request, message.format(count=number(started)))
    return back(request, reverse("console:parked"))


@action(SCOPE)
def retry_all(request: StaffRequest) -> HttpResponse:
    """Start all of those again that the filter names, part by part; or the one delivery whose button was pressed."""
    delivery = request.POST.get("delivery", "")
    which = DeadLetters(deliveries=frozenset({delivery})) if delivery else _asked(request.POST)
    return redirect("console:redrive", redrive_by_rule(which, caller=request.caller).public_id)


@page(SCOPE)
def job(request: StaffRequest, ref: str) -> HttpResponse:
    """How far the job is, and where what was started stands."""
    row = _job(request, ref)
    counts = redriven(row)
    context = {
        "job": row,
        "called_name": names_of({(row.called_kind, row.called)}).get((row.called_kind, row.called), row.called),
        "outcomes": counts,
        "next_at": goes_on_at(row),
        "under_way": row.state == "running" or bool({"due", "running"} & counts.keys()),
    }
    return render(request, "console/parked/job.html", context)


@action(SCOPE)
def stop(request: StaffRequest, ref: str) -> HttpResponse:
    """Start no more of it."""
    row = stop_redrive(_job(request, ref).public_id, actor=request.caller.actor)
    messages.success(request, _("Stopped. What was started already goes on."))
    return redirect("console:redrive", row.public_id)


def _job(request: StaffRequest, ref: str) -> Redrive:
    """Of a limited person: their own."""
    rows = redrives_for(request.caller) | Redrive.objects.filter(created_by=str(request.caller.actor))
    row = rows.filter(public_id=ref).first()
    if row is None:
        raise Http404(_("There is no such job."))
    return row
