"""How every shop, partner and webhook endpoint is, on one page that updates automatically."""

from __future__ import annotations

from collections import Counter

from django.http import HttpResponse
from django.shortcuts import render

from apps.accounts.caller import Caller
from apps.console.channels.connect_views import day_of
from apps.console.shell.access import StaffRequest, page
from apps.orchestration.integration_health import PARTNER, SHOP, CounterpartHealth, integrations_for
from apps.outbound.states import CounterpartKind
from apps.ui.addresses import url
from apps.ui.locale import percent

SCOPE = "network:read"


@page(SCOPE)
def health(request: StaffRequest) -> HttpResponse:
    rows = integrations_for(request.caller)
    kind = request.GET.get("kind", "")
    counted = Counter(row.kind for row in rows)
    shown = [row for row in rows if kind not in counted or row.kind == kind]
    context = {
        "rows": [(row, _page_of(row, request.caller), _good(row), _ends(row)) for row in shown],
        "kinds": [(one, counted[one]) for one in CounterpartKind.values if counted[one]],
        "kind": kind if kind in counted else "",
        "trouble": sum(row.needs_somebody for row in rows),
        "total": len(rows),
        "may_retry": "steps:retry" in request.caller.scopes,
    }
    return render(request, "console/integrations/health.html", context)


def _good(row: CounterpartHealth) -> str:
    """The share of calls that went well; empty: there were none."""
    good = row.calls.good_percent
    return "" if good is None else percent(good, 0 if good == int(good) else 1)


def _ends(row: CounterpartHealth) -> str:
    return day_of(row.contract.ends_on) if row.contract else ""


def _page_of(row: CounterpartHealth, caller: Caller) -> str:
    """The page of the counterpart; empty where this person has none."""
    if row.kind == SHOP:
        return url("console:channel", row.code) if "channels:write" in caller.scopes else ""
    if row.kind == PARTNER:
        return url("console:partner", row.code) if "network:write" in caller.scopes else ""
    return url("admin:webhooks_webhookendpoint_change", row.pk) if "webhooks:write" in caller.scopes else ""
