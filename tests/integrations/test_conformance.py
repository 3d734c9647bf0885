"""Our adapter, and one in a package of somebody else's, hold to what every partner adapter has to hold to."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from apps.core.adapter_folders import AdapterUnusable
from apps.integrations.errors import PartnerNotConfigured
from apps.integrations.framework.registry import adapter_choices, adapters
from apps.integrations.models import Partner
from apps.integrations.services import submit
from orchestrator.sandbox import Sandbox
from tests.conformance.partner import SECRET, PartnerConformance
from tests.factories import AGENT, UserFactory
from tests.integrations.toy_logistics import ToyLogistics, toy_logistics
from tests.partnering import requested_order, running_sandbox

PROJECT = Path(__file__).resolve().parents[2]
TEMPLATE = PROJECT / "tests/integrations/toy_partner"


@dataclass
class SandboxPartner:
    """The sandbox's partner acme."""

    sandbox: Sandbox

    @property
    def url(self) -> str:
        return f"{self.sandbox.url}/3pl/acme"

    @property
    def asked(self) -> Sequence[str]:
        return [request["operation"] for request in self.sandbox.three_pl.requests]

    def misbehave(self, mood: str) -> None:
        self.sandbox.misbehave("acme", mood or "normal", times=1)

    def taken(self) -> Sequence[str]:
        return [one.key for one in self.sandbox.three_pl.taken.values()]

    def is_stopped(self, key: str) -> bool:
        return all(one.state == "cancelled" for one in self.sandbox.three_pl.taken.values() if one.key == key)


class TestHttp3pl(PartnerConformance):
    kind = "http_3pl"

    @contextmanager
    def simulated(self) -> Iterator[SandboxPartner]:
        with running_sandbox(secret=SECRET) as running:
            yield SandboxPartner(running)

    def callback(self, what: str, key: str, reference: str) -> bytes:
        names = {
            "shipped": "shipment.created", "delivered": "shipment.delivered", "cancelled": "fulfillment.cancelled",
        }  # fmt: skip
        about: dict[str, Any] = {"fulfillment_order": key, "reference": reference, "shipment": "S-1"}
        if what == "shipped":
            about["parcels"] = [{"tracking_number": "T-1"}]
        return json.dumps({"type": names[what], "data": about}).encode()


class TestToy(PartnerConformance):
    """The template, copied into a package outside the product: no file of the product names it."""

    kind = "toy"
    settings_of_partner = {"account": "4711"}

    @pytest.fixture(autouse=True)
    def _copied(
        self, tmp_path_factory: pytest.TempPathFactory, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        package = tmp_path_factory.getbasetemp() / "somebodys_partners"
        if not package.exists():
            shutil.copytree(TEMPLATE, package / self.kind)
            (package / "__init__.py").touch()
        monkeypatch.syspath_prepend(package.parent)
        settings.PARTNER_ADAPTER_PACKAGES = [package.name]

    def simulated(self) -> AbstractContextManager[ToyLogistics]:
        return toy_logistics()

    def callback(self, what: str, key: str, reference: str) -> bytes:
        event = {"shipped": "sent", "delivered": "arrived", "cancelled": "dropped"}[what]
        return json.dumps({"parcel": reference, "key": key, "event": event, "number": "T-1"}).encode()

    def test_it_is_offered_like_any_other(self):
        assert ("toy", "Toy logistics") in adapter_choices()
        assert {"http_3pl", "toy"} <= set(adapters())

    def test_its_settings_and_token_reach_it(self, there: ToyLogistics, partner: Partner):
        self.handed_over()

        assert there.came[0].startswith("t0ken ")
        assert json.loads(there.came[0].removeprefix("t0ken "))["account"] == "4711"

    def test_settings_that_do_not_fit_are_said_before_anything_is_sent(self, there: ToyLogistics, partner: Partner):
        Partner.objects.update(settings={"insured": "perhaps"})
        _, row = requested_order(lines={"A": 2})

        with pytest.raises(PartnerNotConfigured, match=r"its settings are wrong \(account, insured\)"):
            submit(row.pk, actor=AGENT)
        assert there.asked == []

    def test_its_settings_are_explained_and_checked_on_the_form(self):
        client = Client()
        client.force_login(UserFactory(role="operations", is_staff=True))
        page = reverse("admin:integrations_partner_add")
        form = {
            "code": "t", "name": "T", "adapter": "toy", "active": "on", "base_url": "http://127.0.0.1:9",
            "nodes-TOTAL_FORMS": 0, "nodes-INITIAL_FORMS": 0,
        }  # fmt: skip

        text = client.get(page).content.decode()
        assert "Only for Toy logistics" in text
        assert "Our account number there." in text
        assert 'name="settings"' not in text
        for wrong, said in (({}, "Is missing."), ({"toy_account": "1" * 21}, "Is longer than 20 characters.")):
            assert said in client.post(page, form | wrong).content.decode()
        assert not Partner.objects.exists()
        assert client.post(page, form | {"toy_account": "4711", "toy_insured": "on"}).status_code == 302
        partner = Partner.objects.get()
        assert partner.settings == {"account": "4711", "insured": True}
        address = reverse("admin:integrations_partner_change", args=[partner.pk])
        assert 'value="4711"' in client.get(address).content.decode()
        assert client.post(address, form | {"toy_account": "4712"}).status_code == 302
        assert Partner.objects.get().settings == {"account": "4712", "insured": False}


GOOD = """
from apps.integrations.framework.adapter import PartnerAdapter
from apps.integrations.framework.base import PartnerClient
from apps.integrations.framework.offers import Offer
from apps.integrations.framework.signatures import StandardWebhooks
from apps.network.models import Capability
class Client(PartnerClient):
    def submit(self, message, *, key): ...
ADAPTER = PartnerAdapter(
    kind="{kind}", title="Broken", version="1", client=Client, signature=StandardWebhooks(),
    read_callback=lambda body: None, capabilities=frozenset({capabilities}), offers=frozenset({offers}),
)
"""


CALLS = "{Offer.CALLBACKS}"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "its folder's __init__.py has no ADAPTER = PartnerAdapter(...)"),
        ("import there_is_no_such_thing", "importing it fails with ModuleNotFoundError"),
        (GOOD.format(kind="another", capabilities="()", offers=CALLS), "of the kind another, which is not the folder's name"),
        (GOOD.format(kind="broken", capabilities="{Capability.LOOK_UP}", offers=CALLS), "it declares look_up, but its client has no look_up()"),
        (GOOD.format(kind="broken", capabilities="{Capability.EXPRESS}", offers=CALLS), "express is what a node can do"),
        (GOOD.format(kind="broken", capabilities="()", offers="{Offer.CALLBACKS, Offer.UPDATES}"), "it declares updates, but its client has no fetch_updates()"),
        (GOOD.format(kind="broken", capabilities="()", offers="()"), "it reads callbacks, but does not declare callbacks"),
        (GOOD.format(kind="http_3pl", capabilities="()", offers=CALLS), "there is another one of the kind http_3pl"),
    ],
)  # fmt: skip
def test_a_broken_folder_is_named_with_what_is_wrong(
    text: str, why: str, tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    package = tmp_path / f"partners_{tmp_path.name}"
    folder = package / ("http_3pl" if 'kind="http_3pl"' in text else "broken")
    folder.mkdir(parents=True)
    (package / "__init__.py").touch()
    (folder / "__init__.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    settings.PARTNER_ADAPTER_PACKAGES = [package.name]

    with pytest.raises(AdapterUnusable) as refused:
        adapters()
    assert f"{package.name}.{folder.name} can't be used" in str(refused.value)
    assert why in str(refused.value)


def test_the_guide_follows_the_template():
    """Each file of the folder that is copied has its step."""
    guide = (PROJECT / "docs/how-to/add-a-partner.md").read_text()

    assert f"cp -r {TEMPLATE.relative_to(PROJECT)} apps/integrations/adapters/" in guide
    assert [path.name for path in TEMPLATE.iterdir() if path.is_file() and f"`{path.name}`" not in guide] == []
