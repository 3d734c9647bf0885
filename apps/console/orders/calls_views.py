"""The calls made for one order: drawn as a sequence, listed, and each with what was sent and answered, masked."""

from __future__ import annotations

import json

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from apps.casework.visibility import calls as calls_for
from apps.console.orders.calls_drawing import draw
from apps.console.shell.access import StaffRequest, page
from apps.console.shell.visibility import order_or_404
from apps.outbound.models import CallLog
from apps.ui.paging import whole

# More are seldom made for one order; the latest count.
MOST = 200


@page("orders:read")
def calls(request: StaffRequest, ref: str) -> HttpResponse:
    order = order_or_404(request.caller, ref)
    newest = list(calls_for(request.caller, order).order_by("-pk")[: MOST + 1])
    shown = newest[:MOST][::-1]
    asked = whole(request.GET.get("call", ""))
    chosen = next((row for row in shown if row.pk == asked), None)
    context = {
        "order": order,
        "calls": shown,
        "drawing": draw(shown),
        "truncated": len(newest) > MOST,
        "chosen": chosen,
        "bodies": _bodies(chosen),
        "here": reverse("console:order_calls", args=[order.public_id]),
    }
    return render(request, "console/order/calls.html", context)


def _bodies(call: CallLog | None) -> dict[str, str]:
    """What was sent and answered, as it is kept: masked."""
    return {"request": _laid_out(call.request), "response": _laid_out(call.response)} if call else {}


def _laid_out(text: str) -> str:
    """JSON on lines of its own; what was cut off, or is none, as it stands."""
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, indent=2)
    except ValueError:
        return text
