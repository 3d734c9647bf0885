"""Proving a partner's adapter, against a simulated partner or the partner itself, and keeping what was found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction

from apps.channels.framework.exchange import Exchange
from apps.contracts.conformance.partner_bench import PartnerBench
from apps.contracts.conformance.partner_kit import PartnerProof, prove_adapter
from apps.contracts.errors import NotTheSandboxPartner
from apps.contracts.events import partner_proof_fact
from apps.contracts.models import Proof
from apps.core.actor import Actor
from apps.core.ids import new_id
from apps.core.outbox import record
from apps.core.text import Text
from apps.core.transactions import service
from apps.integrations.errors import PartnerUnusable
from apps.integrations.framework.base import PartnerClient, PartnerResponse
from apps.integrations.models import Partner
from apps.integrations.selectors import adapter_of, client_of
from apps.integrations.services.calling import call_partner
from apps.inventory.models import StockLevel
from apps.outbound.counterparts import Counterpart
from apps.outbound.models import Breaker
from apps.outbound.services import Call
from apps.outbound.states import CounterpartKind

ResponseT = TypeVar("ResponseT", bound=PartnerResponse)
_ALIAS, _SLOW_S = "prf", 0.2
_SOME_SKU = "TEST"


class SandboxPartnerFaults:
    """The sandbox's own handle: ``/_control`` and ``/_seen``. A simulated partner says in ``taken`` under which keys it has what
    would be shipped, one entry for each time."""

    def __init__(self, address: str, path: str) -> None:
        first, _, rest = path.strip("/").partition("/")
        self._http, self._kind = Exchange("sandbox", address), first
        self._name = rest.partition("/")[0] if first == "3pl" else first
        self.heal()

    def spoil(self, mode: str) -> None:
        seconds = _SLOW_S if mode == "slow" else 1 if mode == "too_many" else 0
        self._control(mode=mode, times=1, seconds=seconds)

    def heal(self) -> None:
        self._control(mode="normal")

    def taken(self, key: str) -> int:
        seen = self._http.ask("GET", "/_seen")[self._kind]
        if self._kind != "3pl":
            return list(seen["taken"]).count(key)
        return sum(max(len(one["shipments"]), 1) for one in seen["fulfillment_orders"] if one["key"] == key)

    def _control(self, **body: Any) -> None:
        self._http.ask("POST", "/_control", body={"partner": self._name, **body})


def prove_partner(partner: Partner, *, live: bool, write: bool) -> list[PartnerProof]:
    """Find out what the partner does, and keep it beside what its adapter declares. ``live``: against the partner itself, where
    orders are put only with ``write``. Raises NotTheSandboxPartner, PartnerUnusable."""
    adapter = adapter_of(partner)
    client_of(partner)
    bench = PartnerBench(
        adapter=adapter,
        ask=_asker(partner),
        location=partner.nodes.values_list("partner_code", flat=True).first() or "TEST",
        sku=StockLevel.objects.filter(node__partner_node__partner=partner).values_list("sku__code", flat=True).first()
        or _SOME_SKU,
        faults=None if live else _faults(partner),
        writes=write or not live,
        secret=partner.secret,
    )
    try:
        found = prove_adapter(bench)
    finally:
        Breaker.objects.filter(counterpart__startswith=f"{_ALIAS}_").delete()
    _keep(partner, found, live=live)
    return found


@service
def request_partner_proof(partner: Partner, *, actor: Actor) -> None:
    """Have tried what the partner does, with the partner itself and only by reading. Raises PartnerUnusable."""
    if not partner.active:
        raise PartnerUnusable(partner=partner.code, problem=Text("is switched off"))
    client_of(partner)
    record(partner_proof_fact(partner), actor=actor)


def _faults(partner: Partner) -> SandboxPartnerFaults:
    sandbox = settings.ORDERYARD["SANDBOX_URL"] or ""
    if not sandbox or not partner.base_url.startswith(f"{sandbox}/"):
        raise NotTheSandboxPartner(partner=partner.code)
    return SandboxPartnerFaults(sandbox, urlsplit(partner.base_url).path)


def _asker(partner: Partner) -> Any:
    def ask(operation: str, what: Callable[[PartnerClient], ResponseT]) -> Any:
        # By another name each time: what one probe has spoiled keeps no other, and no order, from being sent.
        whom = Counterpart(CounterpartKind.PARTNER, new_id(_ALIAS), partner.name)
        client = client_of(partner)
        return call_partner(Call(whom, operation), lambda: what(client)).response

    return ask


@transaction.atomic
def _keep(partner: Partner, found: list[PartnerProof], *, live: bool) -> None:
    Proof.objects.filter(partner=partner).delete()
    Proof.objects.bulk_create(
        [
            Proof(partner=partner, capability=one.ability, proven=one.proven, live=live, sentence=one.sentence[:300])
            for one in found
            if one.claimed or one.proven
        ]
    )
