"""The configuration screens in the language of whoever reads them."""

from __future__ import annotations

import pytest
from django.test import Client

from apps.accounts.models import Role
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def german(client: Client) -> Client:
    client.force_login(UserFactory(role=Role.ADMIN, language="de"))
    return client


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ("channels/channel", ["Nimmt Bestellungen an", "Nur die Standorte dieser Gruppe bedienen seine Bestellungen."]),
        ("network/node", ["Postleitzahl", "Was für ein Standort es ist.", "Lager"]),
        ("catalog/sku", ["Nicht zusammen packen mit", "Was ein Kunde für ein Stück zahlt."]),
        ("casework/approvalpolicy", ["Was vorgeschlagen wird.", "Wer eine dieser Rollen hat, darf entscheiden."]),
    ],
)
def test_a_form_names_its_fields_and_explains_them_in_german(german: Client, form: str, words: list[str]):
    page = german.get(f"/admin/{form}/add/").content.decode()

    assert [word for word in words if word not in page] == []


def test_a_reason_picked_from_a_list_is_kept_as_the_word_every_language_knows(german: Client):
    page = german.get("/stock/work/").content.decode()

    assert '<option value="Stocktake">' in page
