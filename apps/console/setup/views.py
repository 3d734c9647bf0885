"""Pages of configuration that are read rather than edited: a contract's mapping, a policy's rules."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render

from apps.casework.models import ApprovalRequest
from apps.casework.resolutions.direct.mappings import KIND as MAPPING
from apps.casework.states import ApprovalState
from apps.channels.models import ContractVersion
from apps.console.orders.decision_texts import decisions_said
from apps.console.setup.contract_texts import words_of
from apps.console.setup.policies_views import may_publish
from apps.console.setup.policy_form import differences
from apps.console.shell.access import StaffRequest, page
from apps.console.shell.people import people
from apps.routing.models import RoutingDecision, RoutingPolicyVersion
from apps.routing.planner import PolicyContent

RECENT, VERSIONS = 8, 50


@page("channels:write")
def contract(request: StaffRequest, pk: int) -> HttpResponse:
    """The mapping as one table."""
    row = get_object_or_404(ContractVersion, pk=pk)
    versions = ContractVersion.objects.filter(contract=row.contract).order_by("-number").defer("document")[:VERSIONS]
    context = {
        "contract": row,
        "document": row.document,
        "words": words_of(row),
        "versions": versions,
        "people": people(one.created_by for one in versions),
        "waiting": _waiting(row),
    }
    return render(request, "console/configuration/contract.html", context)


def _waiting(row: ContractVersion) -> ApprovalRequest | None:
    """The proposal for the next version that somebody has to decide."""
    pending = ApprovalRequest.objects.filter(kind=MAPPING, state=ApprovalState.PENDING)
    return pending.filter(payload__document__contract=row.contract).order_by("-pk").first()


@page("network:read")
def policy(request: StaffRequest, pk: int) -> HttpResponse:
    """The version in sentences, and what it changed."""
    row = get_object_or_404(RoutingPolicyVersion, pk=pk)
    earlier = RoutingPolicyVersion.objects.filter(channel=row.channel, number__lt=row.number).order_by("-number")
    before = earlier.first()
    decisions = RoutingDecision.objects.filter(policy=row).select_related("order").defer("question", "plan")
    used = list(decisions.order_by("-pk")[:RECENT]) if not request.caller.nodes else []
    context = {
        "policy": row,
        "content": PolicyContent.from_json(row.content),
        "before": before,
        "changes": differences(before.content, row.content) if before else [],
        "may_publish": may_publish(request.caller),
        "used": used,
        "said": decisions_said(used),
    }
    return render(request, "console/configuration/policy.html", context)
