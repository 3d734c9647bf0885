"""Configuration screens in the reader's language: labels, what can be chosen, columns, filters and the history."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from django.utils import translation

from apps.accounts.models import Role, User
from apps.accounts.plainfields import name_in
from apps.casework.models import CaseKind, Queue
from apps.casework.services import ensure_casework
from apps.network.models import Node
from tests.console.conftest import LogIn
from tests.console.test_every_page_in_german import Page, english_on
from tests.factories import ChannelFactory

pytestmark = pytest.mark.django_db
# Screens of packages that have no words in German.
NOT_OURS = ("axes", "otp_totp", "otp_static")

# Names of pictures; a word that is the same in both languages, of which one text says more.
ICONS = ("search", "cancel", "Code")


@pytest.fixture
def german(log_in: LogIn, shop: None) -> Client:
    browser = log_in(Role.ADMIN, language="de")
    User.objects.update(is_superuser=True)
    ChannelFactory(shopify=True)
    ensure_casework()
    return browser


def screens() -> list[str]:
    models = [model for model in admin.site._registry if model._meta.app_label not in NOT_OURS]
    return [reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist") for model in models]


def shown(browser: Client, address: str) -> Page:
    return Page(browser.get(address).content.decode())


def test_no_list_and_no_form_says_in_english_what_the_catalog_has_in_german(german: Client):
    addresses = [*screens(), *(f"{address}add/" for address in screens())]

    found = english_on({address: shown(german, address) for address in addresses})

    codes = {*Queue.objects.values_list("code", flat=True), *CaseKind.objects.values_list("code", flat=True)}
    assert {text: address for text, address in found.items() if text not in {*codes, *ICONS}} == {}


def test_a_column_a_filter_and_the_history_say_choices_in_words_of_the_reader(german: Client):
    node = Node.objects.filter(kind="warehouse")[0]
    node.kind = "store"
    node.save()
    listed = shown(german, reverse("admin:network_node_changelist"))
    changes = shown(german, reverse("admin:network_node_history", args=[node.pk]))

    assert {"Lager", "Filiale"} <= listed.texts
    assert {"Lager", "Filiale"} <= changes.texts
    assert not {"Warehouse", "Store", "warehouse", "store"} & (listed.texts | changes.texts)


def test_the_history_says_what_a_field_of_several_values_holds_without_its_code(german: Client):
    channel = ChannelFactory()
    for held in (False, True):
        channel.settings = {"hold_new_orders": held, "pickup_locations": {"Tresen": "york"}}
        channel.save()

    changes = shown(german, reverse("admin:channels_channel_history", args=[channel.pk])).texts

    said = [text for text in changes if "Tresen: york" in text]
    assert any("ja" in text for text in said)
    assert any("nein" in text for text in said)
    assert not any(mark in text for text in said for mark in ("{", "'", "True", "False"))


def test_a_name_that_came_with_the_product_is_translated_until_it_is_given_another(german: Client):
    named, own = Queue.objects.order_by("pk")[:2]
    Queue.objects.filter(pk=own.pk).update(name="Desk of Ada")

    texts = shown(german, reverse("admin:casework_queue_changelist")).texts

    assert named.name not in texts
    assert "Desk of Ada" in texts


def test_what_one_reader_is_shown_in_german_the_next_is_shown_in_english(german: Client, log_in: LogIn):
    english = log_in(Role.ADMIN)
    address = reverse("admin:catalog_sku_add")

    first, second = shown(german, address).texts, shown(english, address).texts

    assert "Merkmale" in first
    assert "Attributes" in second
    assert not {"Attributes"} & first


def test_countries_are_chosen_and_named_in_the_language_of_whoever_looks(german: Client, log_in: LogIn):
    address = reverse("admin:network_node_add")

    assert {"Deutschland", "Österreich"} <= shown(german, address).texts
    assert {"Germany", "Austria"} <= shown(log_in(Role.ADMIN), address).texts
    with translation.override("de"):
        assert name_in("countries", "AT") == "Österreich"
    with translation.override("en"):
        assert name_in("countries", "AT") == "Austria"
