"""The configuration screens show somebody limited to places their own, and nothing that is set up for the whole shop."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import NoReverseMatch, reverse

from apps.accounts.models import Role
from apps.catalog.models import Sku
from apps.core import clock
from apps.core.process_cache import clear_process_cache
from apps.network.models import CarrierService, Node, NodeDowntime
from tests.console.conftest import LogIn
from tests.console.shell.test_readers import said_by
from tests.factories import NodeFactory, UserFactory, make_carrier, make_policy, make_stock

pytestmark = pytest.mark.django_db
OTHERS = ("King&#x27;s Vault", "King&#39;s Vault", "King's Vault", "zz-vault", "73.31", "7331", "Großmarkt", "gm-9")


@pytest.fixture(autouse=True)
def _places() -> None:
    make_policy()
    make_carrier()
    NodeFactory(code="leeds", name="Leeds Yard")
    vault = NodeFactory(code="zz-vault", name="King's Vault", handling_minor=7331)
    NodeFactory(code="gm-9", name="Großmarkt")
    make_stock(leeds={"A": 1})
    now = clock.now()
    for node in (vault, Node.objects.get(code="leeds")):
        NodeDowntime.objects.create(node=node, starts_at=now, ends_at=now + timedelta(days=1), reason="stocktake")
    vault.name = "King's Vault"
    vault.save()
    clear_process_cache()


def screens() -> Iterator[str]:
    """Every list, and the form, history and deletion of every row, on the configuration screens."""
    for model in admin.site._registry:
        base = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        yield reverse(f"{base}_changelist")
        yield reverse(f"{base}_changelist") + "?q=vault"
        for row in model._default_manager.all()[:6]:
            for page in ("change", "history", "delete"):
                try:
                    yield reverse(f"{base}_{page}", args=[row.pk])
                except NoReverseMatch:
                    continue
    yield from ("/admin/", "/admin/search/?s=vault", "/admin/network/")


@pytest.mark.parametrize("role", [Role.AGENT, Role.MANAGER, Role.ADMIN])
def test_no_configuration_screen_names_another_place(log_in: LogIn, role: str):
    client = log_in(role, nodes=["leeds"])

    answers = {address: client.get(address, follow=True) for address in screens()}

    assert sum(answer.status_code == 200 for answer in answers.values()) > 8
    said = {address: said_by(answer) for address, answer in answers.items()}
    assert {address: name for address, text in said.items() for name in OTHERS if name in text} == {}


def test_another_places_row_is_not_there_under_any_page(log_in: LogIn):
    client, vault = log_in(Role.MANAGER, nodes=["leeds"]), Node.objects.get(code="zz-vault")

    for page in ("change", "history"):
        answer = client.get(reverse(f"admin:network_node_{page}", args=[vault.pk]), follow=True)
        assert "7331" not in said_by(answer), page
        assert answer.status_code in (403, 404) or answer.request["PATH_INFO"] == "/admin/", page
    version = vault.history.latest().pk
    address = f"/admin/network/node/{vault.pk}/history/{version}/"
    assert client.get(address, follow=True).status_code in (403, 404)


def test_rates_and_other_setup_of_the_whole_shop_are_closed_to_a_stores_manager(log_in: LogIn):
    service = CarrierService.objects.all()[0]
    address = reverse("admin:network_carrierservice_change", args=[service.pk])

    assert log_in(Role.MANAGER, nodes=["leeds"]).get(address).status_code == 403
    assert log_in(Role.MANAGER).get(address).status_code == 200


def test_a_stores_manager_still_opens_the_own_place_and_the_catalog(log_in: LogIn):
    client = log_in(Role.MANAGER, nodes=["leeds"])
    own, sku = Node.objects.get(code="leeds"), Sku.objects.all()[0]

    assert "Leeds Yard" in client.get(reverse("admin:network_node_change", args=[own.pk])).content.decode()
    assert "Leeds Yard" in client.get(reverse("admin:network_nodedowntime_changelist")).content.decode()
    assert client.get(reverse("admin:catalog_sku_change", args=[sku.pk])).status_code == 200


def test_names_are_hidden_however_a_page_spells_them():
    client = Client()
    client.force_login(UserFactory(role="manager", nodes=["leeds"], first_name="King's Vault & Großmarkt <gm-9>"))

    text = client.get("/").content.decode()

    assert [name for name in OTHERS if name in text] == []
    assert "another location &amp; another location &lt;another location&gt;" in text
