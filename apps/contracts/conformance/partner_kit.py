"""Proving a partner's adapter: what it can do is found out by doing it, and compared with what it declares. Works outside of tests too."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from apps.contracts.conformance import partner_probes as probes
from apps.contracts.conformance.bench import NotProven, ProbeSkipped
from apps.contracts.conformance.partner_bench import PartnerBench
from apps.core.errors import DomainError
from apps.core.text import Text, within
from apps.integrations.framework.base import PartnerClient
from apps.integrations.framework.offers import METHODS, Offer
from apps.network.models import Capability

SUBMIT = "submit"
# What is tried; each returns a sentence about what was seen.
PROBES: Mapping[str, Callable[[PartnerBench], str]] = {
    SUBMIT: probes.submit,
    Capability.ACCEPT_REJECT: probes.accept_reject,
    Capability.LOOK_UP: probes.look_up,
    Capability.DEDUPLICATES: probes.deduplicates,
    Capability.CANCEL: probes.cancel,
    Capability.PARTIAL_CANCEL: probes.partial_cancel,
    Offer.CONFIRMS: probes.confirms,
    Offer.CALLBACKS: probes.callbacks,
    Offer.UPDATES: probes.updates,
    Offer.STOCK: probes.stock,
}
ABILITIES: tuple[str, ...] = (*PROBES, *(one for one in Offer if one not in PROBES))
# Found out by handing orders over alone, whether or not it is declared: a partner may do more than its adapter says.
_TRIED_ANYWAY: frozenset[str] = frozenset({Capability.DEDUPLICATES})


@dataclass(frozen=True, slots=True)
class PartnerProof:
    """``proven`` None: it could not be tried, and ``sentence`` says why."""

    ability: str
    claimed: bool
    proven: bool | None
    sentence: str

    @property
    def claims_too_much(self) -> bool:
        return self.claimed and self.proven is False


def prove_adapter(bench: PartnerBench) -> list[PartnerProof]:
    """Every ability there is, in the order of the page."""
    return [_prove(bench, one) for one in ABILITIES if one != SUBMIT or bench.adapter.takes_orders]


def tier(found: list[PartnerProof]) -> set[str]:
    """What the partner really does."""
    return {one.ability for one in found if one.proven}


def _claimed(bench: PartnerBench, ability: str) -> bool:
    return ability == SUBMIT or any(ability == one for one in (*bench.adapter.capabilities, *bench.adapter.offers))


def _prove(bench: PartnerBench, ability: str) -> PartnerProof:
    claimed, probe = _claimed(bench, ability), PROBES.get(ability)
    method = {str(one): name for one, name in METHODS.items()}.get(ability, "")
    missing = method and getattr(bench.adapter.client, method) is getattr(PartnerClient, method)
    if missing or not (claimed or (ability in _TRIED_ANYWAY and bench.adapter.takes_orders)):
        return PartnerProof(ability, claimed, False if claimed else None, Text("not declared"))
    if probe is None:
        return PartnerProof(ability, claimed, None, Text("the kit has no probe for it"))
    proven, sentence = _tried(bench, probe)
    return PartnerProof(ability, claimed, proven, within(sentence, 300))


def _tried(bench: PartnerBench, probe: Callable[[PartnerBench], str]) -> tuple[bool | None, str]:
    try:
        return True, probe(bench)
    except ProbeSkipped as why:
        return None, str(why)
    except NotProven as why:
        return False, str(why)
    except DomainError as why:
        return False, Text("it refused: {sentence}", sentence=why.sentence)
    except Exception as surprise:
        # A client raises nothing for what the other side did: whatever it raises is the finding.
        return False, Text("it broke: {fault}: {surprise}", fault=type(surprise).__name__, surprise=surprise)
    finally:
        if bench.faults is not None:
            bench.faults.heal()
