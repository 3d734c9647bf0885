"""The page of one order, and the buttons on it."""

from __future__ import annotations

import time

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from apps.casework.redaction import Redaction, redaction_for
from apps.casework.resolutions.direct.holds import release_hold_within_limits
from apps.casework.resolutions.direct.orders import do_to_order
from apps.console.approvals.proposed import say_done_or_proposed
from apps.console.orders import timeline
from apps.console.orders.decision_panel import explain_decision
from apps.console.orders.decision_texts import UNREADABLE
from apps.console.orders.page import OrderPage, pulse_of, read_order_page
from apps.console.shell.access import StaffRequest, action, back, page
from apps.console.shell.errors import FormIncomplete
from apps.console.shell.visibility import order_or_404
from apps.core.transactions import in_transaction
from apps.orders.models import Order
from apps.orders.services import place_hold
from apps.orders.states import HoldReason
from apps.routing.models import RoutingDecision
from apps.routing.planner import differences, replay
from apps.ui.language import choices, translated

NO_CONTENT = 204
CANCEL_REASONS = (
    gettext_noop("Customer changed their mind"),
    gettext_noop("Customer ordered twice"),
    gettext_noop("Cannot be fulfilled"),
    gettext_noop("Suspected fraud"),
    gettext_noop("Other"),
)


@page("orders:read")
def order(request: StaffRequest, ref: str) -> HttpResponse:
    """The page; asked with ``seen``, only its living part, or nothing where nothing has changed since."""
    row = order_or_404(request.caller, ref)
    pulse = pulse_of(row)
    seen = request.GET.get("seen")
    if seen == pulse:
        return HttpResponse(status=NO_CONTENT)
    found = read_order_page(row, request.caller)
    template = "console/order/page.html" if seen is None else "console/order/live.html"
    return render(request, template, _context(request, found, pulse))


def _context(request: StaffRequest, found: OrderPage, pulse: str) -> dict[str, object]:
    show = request.GET.get("show", "")
    show = show if show in dict(timeline.KINDS) else ""
    return {
        "page": found,
        "order": found.order,
        "pulse": pulse,
        "show": show,
        "shelves": timeline.counts(found.entries),
        "entries": timeline.of_kind(found.entries, show),
        **_why(found, request.GET.get("decision", ""), redaction_for(request.caller.nodes)),
        "hold_reasons": choices(HoldReason.choices),
        "cancel_reasons": [(reason, translated(reason)) for reason in CANCEL_REASONS],
        "here": reverse("console:order", args=[found.order.public_id]),
        "caller": request.caller,
    }


def _why(found: OrderPage, asked: str, redaction: Redaction) -> dict[str, object]:
    """The decision asked for, or the last; ``why`` None where its record can't be read any more."""
    if not found.decisions:
        return {"decision": None, "why": None}
    light = next((d for d in found.decisions if d.public_id == asked), found.decisions[0])
    decision = RoutingDecision.objects.select_related("policy", "network").get(pk=light.pk)
    try:
        return {"decision": decision, "why": explain_decision(decision, redaction)}
    except UNREADABLE:
        return {"decision": decision, "why": None}


@action("orders:hold")
def hold(request: StaffRequest, ref: str) -> HttpResponse:
    row = order_or_404(request.caller, ref)
    reason = request.POST.get("reason", "")
    if reason not in HoldReason.values:
        raise FormIncomplete(problem=_("Choose why the order is held."))
    note = request.POST.get("note", "").strip()
    in_transaction(lambda: place_hold(row.pk, reason=reason, note=note, actor=request.caller.actor))
    messages.success(request, _("The order is on hold; nothing moves until the hold is released."))
    return _to_order(request, row)


@action("orders:release")
def release(request: StaffRequest, ref: str) -> HttpResponse:
    row = order_or_404(request.caller, ref)
    reason, note = request.POST.get("reason", ""), request.POST.get("note", "").strip()
    made = in_transaction(lambda: release_hold_within_limits(row.pk, reason=reason, note=note, caller=request.caller))
    say_done_or_proposed(request, made, _("The hold is released."))
    return _to_order(request, row)


@action("orders:cancel")
def cancel(request: StaffRequest, ref: str) -> HttpResponse:
    row = order_or_404(request.caller, ref)
    said = [request.POST.get("reason", "").strip(), request.POST.get("note", "").strip()]
    reason = ": ".join(part for part in said if part)
    made = in_transaction(
        lambda: do_to_order(
            row.pk, code="cancel_order", params={"reason": reason}, reason=reason, caller=request.caller
        )
    )
    rest = _("What had not left is cancelled; a case asks what becomes of what has.")
    part = isinstance(made, Order) and made.rest_cancelled_at is not None
    say_done_or_proposed(request, made, rest if part else _("The order is cancelled."))
    return _to_order(request, row)


@action("orders:read")
def replay_decision(request: StaffRequest, ref: str, decision_ref: str) -> HttpResponse:
    """Decide again from the stored inputs, and say whether the answer is the same. Changes nothing."""
    row = order_or_404(request.caller, ref)
    rows = RoutingDecision.objects.select_related("policy", "network")
    decision = rows.filter(order=row, public_id=decision_ref).first()
    if decision is None:
        raise Http404(_("There is no such decision."))
    begun = time.perf_counter()
    try:
        different: tuple[str, ...] | None = differences(decision.plan, replay(decision.inputs))
    except UNREADABLE:
        different = None
    took_ms = (time.perf_counter() - begun) * 1000
    return render(request, "console/order/replayed.html", {"different": different, "took_ms": took_ms})


def _to_order(request: StaffRequest, row: Order) -> HttpResponse:
    return back(request, reverse("console:order", args=[row.public_id]))
