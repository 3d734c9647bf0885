"""Pages of configuration that are read rather than edited: a contract's mapping, a policy's rules."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render

from apps.channels.models import ContractVersion
from apps.console.access import StaffRequest, page
from apps.console.contract_words import words_of
from apps.routing.models import RoutingDecision, RoutingPolicyVersion
from apps.routing.planner import PolicyContent

RECENT = 8


@page("channels:write")
def contract(request: StaffRequest, pk: int) -> HttpResponse:
    """The mapping as one table."""
    row = get_object_or_404(ContractVersion, pk=pk)
    context = {"contract": row, "document": row.document, "words": words_of(row)}
    return render(request, "console/configuration/contract.html", context)


@page("network:read")
def policy(request: StaffRequest, pk: int) -> HttpResponse:
    """The version in sentences, and what it changed."""
    row = get_object_or_404(RoutingPolicyVersion, pk=pk)
    earlier = RoutingPolicyVersion.objects.filter(channel=row.channel, number__lt=row.number).order_by("-number")
    before = earlier.first()
    decisions = RoutingDecision.objects.filter(policy=row).select_related("order").defer("question", "plan")
    context = {
        "policy": row,
        "content": PolicyContent.from_json(row.content),
        "before": before,
        "changes": _changes(before, row) if before else [],
        "used": list(decisions.order_by("-pk")[:RECENT]) if not request.caller.nodes else [],
    }
    return render(request, "console/configuration/policy.html", context)


def _changes(before: RoutingPolicyVersion, after: RoutingPolicyVersion) -> list[tuple[str, Any, Any]]:
    """(setting, then, now) for what differs from the version before."""
    names = sorted(before.content.keys() | after.content.keys())
    pairs = [(name, before.content.get(name), after.content.get(name)) for name in names]
    return [(name.replace("_", " "), then, now) for name, then, now in pairs if then != now]
