"""Partners: what each can do, by its adapter's word and by trying it."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from apps.accounts.caller import Caller
from apps.casework.visibility import nodes, partners
from apps.console.channels.connect_views import day_of
from apps.console.integrations.ability_texts import ABILITIES
from apps.console.shell.access import StaffRequest, action, page
from apps.contracts.selectors import CapabilityProof, partner_proofs_of
from apps.contracts.services.proving_partners import request_partner_proof
from apps.integrations.errors import PartnerUnusable
from apps.integrations.framework.adapter import PartnerAdapter
from apps.integrations.framework.offers import Offer
from apps.integrations.models import Partner, PartnerPoll
from apps.integrations.selectors import adapter_of
from apps.integrations.services import request_updates_of
from apps.network.models import Capability, Node
from apps.orchestration.selectors import is_under_way
from apps.ui.language import translated

SCOPE = "network:write"


@dataclass(frozen=True, slots=True)
class Location:
    """One place that the partner runs. ``beyond``: what is ticked there and the contract does not offer: nobody asks for it."""

    node: Node
    partner_code: str
    beyond: list[str]


@page(SCOPE)
def all_partners(request: StaffRequest) -> HttpResponse:
    rows = partners(request.caller).prefetch_related("nodes").order_by("name", "pk")
    return render(request, "console/integrations/partners.html", {"rows": [_listed(row) for row in rows]})


@page(SCOPE)
def partner(request: StaffRequest, code: str) -> HttpResponse:
    row = find_partner(request.caller, code)
    adapter = _adapter(row)
    context = {
        "partner": row,
        "adapter": adapter,
        "ends": day_of(adapter.deprecated_on) if adapter else "",
        "locations": _locations(request.caller, row, adapter),
        "proofs": [(translated(ABILITIES[one.capability]), one) for one in _proofs(row)],
        "proving": is_under_way("prove_partners", row.pk),
        "callback_at": f"{settings.ORDERYARD['URL'].rstrip('/')}/hooks/3pl/{row.code}/",
        "calls_back": adapter is not None and adapter.declares(Offer.CALLBACKS),
        "polled": adapter is not None and adapter.declares(Offer.UPDATES),
        "poll": PartnerPoll.objects.filter(partner=row).first(),
    }
    return render(request, "console/integrations/partner.html", context)


@action(SCOPE)
def prove(request: StaffRequest, code: str) -> HttpResponse:
    """Have what the partner can do tried with the partner itself."""
    request_partner_proof(find_partner(request.caller, code), actor=request.caller.actor)
    messages.success(request, _("It is being tried with the partner; no order is put there. Look again in a minute."))
    return redirect("console:partner", code)


@action(SCOPE)
def ask(request: StaffRequest, code: str) -> HttpResponse:
    """Ask the partner now what has happened."""
    request_updates_of(find_partner(request.caller, code), actor=request.caller.actor)
    messages.success(request, _("The partner is asked now what has happened."))
    return redirect("console:partner", code)


def find_partner(caller: Caller, code: str) -> Partner:
    found = partners(caller).filter(code=code).first()
    if found is None:
        raise Http404(_("There is no such partner."))
    return found


def _adapter(row: Partner) -> PartnerAdapter | None:
    try:
        return adapter_of(row)
    except PartnerUnusable:
        return None


def _proofs(row: Partner) -> list[CapabilityProof]:
    return partner_proofs_of(row) if _adapter(row) else []


def _listed(row: Partner) -> dict[str, object]:
    adapter, proofs = _adapter(row), [one for one in _proofs(row) if one.claimed]
    return {
        "partner": row,
        "adapter": adapter,
        "locations": row.nodes.count(),
        "proven": sum(one.proven is True for one in proofs),
        "claimed": len(proofs),
        "wrong": sum(one.proven is False for one in proofs),
    }


def _locations(caller: Caller, row: Partner, adapter: PartnerAdapter | None) -> list[Location]:
    seen = nodes(caller).filter(partner_node__partner=row).select_related("partner_node").order_by("name", "pk")
    return [Location(one, one.partner_node.partner_code, _beyond(one, adapter)) for one in seen]


def _beyond(node: Node, adapter: PartnerAdapter | None) -> list[str]:
    ticked = [Capability(one) for one in node.capabilities]
    return [translated(ABILITIES[one]) for one in ticked if adapter is not None and not adapter.can(one)]
