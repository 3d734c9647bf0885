"""Goods brought back to tills."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from apps.casework.visibility import till_returns
from apps.channels.framework.adapter import Capability
from apps.channels.framework.registry import kinds_with
from apps.channels.models import Channel, TillReturn
from apps.channels.selectors import over_returned
from apps.console.shell.access import StaffRequest, page
from apps.core.process_cache import get_or_load
from apps.ui.paging import sheet


@dataclass(frozen=True, slots=True)
class Shown:
    """``lines``: each with its SKU, units and whether they are damaged; ``over``: SKUs of which more came back than was sold."""

    row: TillReturn
    lines: list[dict[str, Any]]
    over: list[str]


@page("orders:read")
def returns(request: StaffRequest) -> HttpResponse:
    """What came back, newest first, with the sale it is of, where that is known."""
    found = sheet(till_returns(request.caller).select_related("channel", "node", "order"), request.GET)
    over = over_returned({row.order_id for row in found.rows if row.order_id is not None})
    rows = [Shown(row, row.lines, sorted(over.get(row.order_id or 0, {}))) for row in found.rows]
    return render(request, "console/orders/returns.html", {"sheet": found, "rows": rows})


def has_tills() -> bool:
    """Whether anything is sold over a counter; as it was within the last minute."""
    return bool(get_or_load("console", "has_tills", _has_tills, seconds=60))


def _has_tills() -> bool:
    return Channel.objects.filter(kind__in=kinds_with(Capability.TILL)).exists()
