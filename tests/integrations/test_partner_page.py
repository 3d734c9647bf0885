"""What a partner can do, as claimed and as proven: on its page and by API."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from apps.accounts.models import Role
from apps.console.integrations.ability_texts import ABILITIES as ABILITY_TEXTS
from apps.contracts.conformance.partner_kit import ABILITIES
from apps.contracts.models import Proof
from apps.core.models import Event
from apps.integrations.framework.offers import OF_A_CONTRACT, Offer
from apps.integrations.models import Partner
from apps.network.models import Node
from orchestrator.sandbox import Sandbox
from tests.api.front_door import Door
from tests.driving import work_it_off
from tests.factories import UserFactory, make_key
from tests.partnering import make_partner, operations, submitted_order

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def partner(sandbox: Sandbox) -> Partner:
    return make_partner(sandbox)


@pytest.fixture
def browser() -> Client:
    client = Client()
    client.force_login(UserFactory(role=Role.OPERATIONS))
    return client


def shown(browser: Client, partner: Partner) -> str:
    return browser.get(reverse("console:partner", args=[partner.code])).content.decode()


def test_the_page_shows_what_is_declared_and_has_it_tried_with_the_partner_itself(
    sandbox: Sandbox, partner: Partner, browser: Client
):
    page = shown(browser, partner)
    assert page.count("declared, not proven yet") == 7
    assert f"/hooks/3pl/{partner.code}/" in page

    browser.post(reverse("console:partner_prove", args=[partner.code]))
    assert "It is being tried with the partner now" in shown(browser, partner)
    work_it_off()

    page = shown(browser, partner)
    assert "It is being tried" not in page
    assert "proven with the partner itself" in page
    assert "could not be tried" in page
    assert set(operations(sandbox)) == {"look_up"}, "no order was put there"


def test_whatever_a_partner_can_do_has_its_words():
    assert set(ABILITY_TEXTS) == set(ABILITIES) >= {*OF_A_CONTRACT, *Offer}


def test_a_claim_that_does_not_hold_is_seen_in_the_list_and_on_the_page(partner: Partner, browser: Client):
    Proof.objects.create(partner=partner, capability="cancel", proven=False, live=True, sentence="It stopped nothing.")

    assert "Not as declared" in browser.get(reverse("console:partners")).content.decode()
    page = shown(browser, partner)
    assert "not as declared" in page
    assert "It stopped nothing." in page


def test_what_is_ticked_at_a_location_beyond_the_contract_is_pointed_out(partner: Partner, browser: Client):
    assert "the contract does not offer it" not in shown(browser, partner)
    Node.objects.filter(code="P1").update(capabilities=["look_up", "partial_cancel", "express"])

    page = shown(browser, partner)
    assert "the contract does not offer it, so it is not asked for: Leaves out single units" in page


def test_a_partner_that_reports_nothing_can_be_asked_now(
    sandbox: Sandbox, partner: Partner, browser: Client, settings: Settings
):
    settings.PARTNER_ADAPTER_PACKAGES = ["tests.integrations.polled"]
    Partner.objects.update(adapter="quiet")
    submitted_order()
    assert "it has not answered yet" in shown(browser, partner)

    browser.post(reverse("console:partner_ask", args=[partner.code]))
    work_it_off()
    assert "it last answered" in shown(browser, partner)
    assert operations(sandbox) == ["submit", "look_up"]


def test_a_partner_whose_adapter_is_gone_says_so_and_is_not_tried(partner: Partner, browser: Client):
    Partner.objects.update(adapter="forgotten")

    page = shown(browser, partner)
    assert "Its adapter forgotten is not known here" in page
    assert reverse("console:partner_prove", args=[partner.code]) not in page
    browser.post(reverse("console:partner_prove", args=[partner.code]))
    assert not Event.objects.filter(name="partner.proof_due").exists()
    assert browser.get(reverse("console:partners")).status_code == 200


@pytest.mark.parametrize("role", [Role.AGENT, Role.LEAD])
def test_who_sets_nothing_up_has_nothing_tried(partner: Partner, role: Role):
    client = Client()
    client.force_login(UserFactory(role=role))

    assert client.get(reverse("console:partner", args=[partner.code])).status_code == 403
    assert client.post(reverse("console:partner_prove", args=[partner.code])).status_code == 403
    assert not Event.objects.filter(name="partner.proof_due").exists()


def test_the_api_says_the_same(partner: Partner):
    api = Door(make_key())
    assert [one["code"] for one in api.get("partners").data["items"]] == [partner.code]
    said = api.get(f"partners/{partner.code}").data
    assert (said["adapter"], said["version"], said["usable"], said["polled"]) == ("http_3pl", "1", True, False)
    assert said["nodes"] == ["P1"]
    assert {one["ability"] for one in said["abilities"] if one["claimed"]} == {
        "submit", "accept_reject", "look_up", "deduplicates", "cancel", "confirms", "callbacks",
    }  # fmt: skip
    assert {one["proven"] for one in said["abilities"]} == {None}

    assert api.post(f"partners/{partner.public_id}/prove", {}).status_code == 200
    work_it_off()
    proven = {one["ability"]: one for one in api.get(f"partners/{partner.public_id}").data["abilities"]}
    assert (proven["look_up"]["proven"], proven["look_up"]["live"]) == (True, True)
    assert proven["submit"]["proven"] is None
    assert api.get("partners/nowhere").data["code"] == "partner_not_found"


def test_a_key_of_one_location_sees_no_partner_that_runs_others_too(sandbox: Sandbox):
    make_partner(sandbox, nodes=("P1", "P2"))
    make_partner(sandbox, "solo", nodes=("P3",))
    limited = Door(make_key(nodes=["P1", "P3"]))

    assert [one["code"] for one in limited.get("partners").data["items"]] == ["solo"]
    assert limited.get("partners/acme").status_code == 404
    assert limited.post("partners/acme/prove", {}).status_code == 404
    assert not Event.objects.filter(name="partner.proof_due").exists()
