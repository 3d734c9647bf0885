"""What a partner really does is found out by doing it, and an adapter that claims more is caught."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from apps.contracts.conformance.partner_kit import PartnerProof, tier
from apps.contracts.models import Proof
from apps.contracts.selectors import partner_proofs_of
from apps.contracts.services.proving_partners import prove_partner, request_partner_proof
from apps.integrations.adapters.http_3pl import ADAPTER
from apps.integrations.adapters.http_3pl.client import Http3pl
from apps.integrations.errors import PartnerUnusable
from apps.integrations.framework import registry
from apps.integrations.framework.base import CancelResponse, LookUpResponse, Message, Missing, Stopped, SubmitResponse
from apps.integrations.models import Partner
from apps.outbound.models import Breaker, CallLog
from orchestrator.sandbox import Sandbox
from orchestrator.sandbox.partners import Life
from tests.driving import work_it_off
from tests.factories import AGENT
from tests.partnering import make_partner, operations, running_sandbox

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sandbox(settings: Settings) -> Iterator[Sandbox]:
    with running_sandbox(life=Life(accept_s=0.05, ship_s=600, deliver_s=900)) as running:
        settings.ORDERYARD = settings.ORDERYARD | {"SANDBOX_URL": running.url}
        yield running


@pytest.fixture
def partner(sandbox: Sandbox) -> Partner:
    return make_partner(sandbox)


def by_ability(found: list[PartnerProof]) -> dict[str, PartnerProof]:
    return {one.ability: one for one in found}


def speaks(monkeypatch: pytest.MonkeyPatch, client: type[Http3pl], **changes: Any) -> None:
    """The partner is spoken to by another client than ours."""
    adapter = dataclasses.replace(ADAPTER, client=client, **changes)
    monkeypatch.setattr(registry, "adapters", lambda: {"http_3pl": adapter})
    monkeypatch.setattr("apps.integrations.selectors.adapters", lambda: {"http_3pl": adapter})


def test_our_own_contract_is_proven_at_the_sandbox_and_what_was_found_is_kept(sandbox: Sandbox, partner: Partner):
    out = StringIO()
    call_command("prove_partner", partner.code, stdout=out)

    lines = {line.split()[0]: line for line in out.getvalue().splitlines()}
    declared = {"submit", *map(str, ADAPTER.capabilities), *map(str, ADAPTER.offers)}
    assert set(lines) == declared
    assert [line for line in lines.values() if " proven " not in line] == []
    kept = {one.capability: one for one in partner_proofs_of(partner)}
    assert {name for name, one in kept.items() if one.proven and not one.live and one.at is not None} == declared
    assert "after a lost answer" in kept["look_up"].sentence
    # What was spoiled on purpose says nothing about the partner.
    assert not Breaker.objects.filter(counterpart__startswith="prf_").exists()
    assert not CallLog.objects.filter(counterpart=partner.code).exists()
    assert sandbox.moods.shown() == {}


class TakesTwice(Http3pl):
    """Sends each order under a key of its own, so that the partner can't know it again."""

    calls = 0

    def submit(self, message: Message, *, key: str) -> SubmitResponse:
        TakesTwice.calls += 1
        return super().submit(message, key=f"{key}-{TakesTwice.calls}")


class SaysMissing(Http3pl):
    """Takes whatever goes wrong for a no."""

    def look_up(self, key: str) -> LookUpResponse:
        said = super().look_up(key)
        return said if type(said).__name__ == "Found" else Missing(200)


class SaysStopped(Http3pl):
    """Says that it has stopped without having asked."""

    def cancel(self, reference: str, *, key: str) -> CancelResponse:
        return Stopped(200)


class Breaks(Http3pl):
    def cancel(self, reference: str, *, key: str) -> CancelResponse:
        raise KeyError("state")


@pytest.mark.parametrize(
    ("client", "ability", "why"),
    [
        (TakesTwice, "deduplicates", "made a second order"),
        (SaysMissing, "look_up", "a call that was spoiled (too_many) became Missing (200)"),
        (SaysStopped, "cancel", "stopped an order that it never had"),
        (Breaks, "cancel", "it broke: KeyError"),
    ],
)
def test_an_adapter_that_claims_more_than_is_done_is_caught(
    partner: Partner, monkeypatch: pytest.MonkeyPatch, client: type[Http3pl], ability: str, why: str
):
    speaks(monkeypatch, client)
    out = StringIO()
    with pytest.raises(CommandError, match="claims more than the partner does"):
        call_command("prove_partner", partner.code, stdout=out)

    [line] = [line for line in out.getvalue().splitlines() if line.startswith(f"{ability} ")]
    assert "NOT PROVEN" in line
    assert why in line
    row = Proof.objects.get(partner=partner, capability=ability)
    assert (row.proven, row.live) == (False, False)


def test_a_partner_that_does_more_than_its_adapter_declares_is_found_out(
    partner: Partner, monkeypatch: pytest.MonkeyPatch
):
    speaks(monkeypatch, Http3pl, capabilities=ADAPTER.capabilities - {"deduplicates"})
    found = prove_partner(partner, live=False, write=False)

    one = by_ability(found)["deduplicates"]
    assert (one.claimed, one.proven, one.claims_too_much) == (False, True, False)
    assert "deduplicates" in tier(found)


def test_the_partner_itself_is_only_read_unless_test_orders_are_allowed(sandbox: Sandbox, partner: Partner):
    found = by_ability(prove_partner(partner, live=True, write=False))

    assert set(operations(sandbox)) == {"look_up"}
    assert (found["look_up"].proven, found["callbacks"].proven) == (True, True)
    assert (found["submit"].proven, found["cancel"].proven) == (None, None)
    assert "only reading was asked for" in found["submit"].sentence
    assert {row.live for row in Proof.objects.filter(partner=partner)} == {True}

    found = by_ability(prove_partner(partner, live=True, write=True))
    assert (found["submit"].proven, found["cancel"].proven, found["accept_reject"].proven) == (True, True, None)
    assert sandbox.three_pl.taken


def test_a_partner_elsewhere_is_not_spoiled_by_mistake(partner: Partner, settings: Settings):
    settings.ORDERYARD = settings.ORDERYARD | {"SANDBOX_URL": "http://127.0.0.1:9"}

    with pytest.raises(CommandError, match="--live"):
        call_command("prove_partner", partner.code)
    with pytest.raises(CommandError, match="no partner nowhere"):
        call_command("prove_partner", "nowhere")
    assert not Proof.objects.exists()
    assert {one.proven for one in partner_proofs_of(partner)} == {None}


def test_what_is_asked_for_on_the_page_is_tried_by_a_worker(sandbox: Sandbox, partner: Partner):
    request_partner_proof(partner, actor=AGENT)
    assert not Proof.objects.exists()
    work_it_off()

    assert Proof.objects.get(partner=partner, capability="look_up").proven
    assert set(operations(sandbox)) == {"look_up"}
    Partner.objects.update(active=False)
    with pytest.raises(PartnerUnusable):
        request_partner_proof(Partner.objects.get(), actor=AGENT)
