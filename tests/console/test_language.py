"""Pages in the language of whoever reads them; what machines read stays English."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import translation

from apps.accounts.models import Role, User
from apps.casework.models import ExceptionCase
from apps.orders.models import Order
from tests.console.conftest import LogIn
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def german(log_in: LogIn) -> Client:
    return log_in(Role.LEAD, language="de")


@pytest.fixture
def english(log_in: LogIn) -> Client:
    return log_in(Role.LEAD)


def read(browser: Client, address: str, **headers: str) -> str:
    return browser.get(address, headers=headers).content.decode()


def test_a_person_reads_the_queue_in_the_language_they_chose(german: Client, case: ExceptionCase):
    page = read(german, reverse("console:cases"))

    assert '<html lang="de">' in page
    assert "<h1>Ausnahmen</h1>" in page
    assert "Exceptions" not in page


def test_an_order_its_states_and_what_happened_to_it_are_in_that_language(german: Client, released: Order):
    page = read(german, reverse("console:order", args=[released.public_id]))

    assert "Bestellung sperren" in page
    assert "Freigegeben" in page
    for word in ("Hold order", "Timeline", "Released", "Fulfillment order"):
        assert word not in page


def test_what_was_paid_by_and_what_changed_of_a_line_s_properties_are_in_words(german: Client, released: Order):
    line = released.lines.first()
    assert line is not None
    for method, properties in (("credit_card", {"Gravur": "A"}), ("gift_card+Klarna", {"Gravur": "B"})):
        released.payment_method, line.properties = method, properties
        released.save()
        line.save()

    page = read(german, reverse("console:order", args=[released.public_id]))

    facts, changes = (
        " ".join(page.partition(f'id="{part}"')[2].partition("</section>")[0].split()) for part in ("facts", "changes")
    )
    assert ", Geschenkkarte, Klarna</dd>" in facts
    assert "Kreditkarte" in changes
    assert "Gravur: A" in changes
    assert "Gravur: B" in changes
    assert "gift_card" not in page
    assert "credit_card" not in page


def test_a_case_its_kind_and_its_playbook_are_in_that_language(german: Client, case: ExceptionCase):
    page = read(german, reverse("console:case", args=[case.public_id]))

    assert "Unbekannte SKU" in page
    for word in ("Playbook", "Unknown SKU", "Snooze", "Assign", "What happened"):
        assert word not in page


def test_the_choice_is_made_on_ones_own_page_and_holds_at_once(english: Client):
    saved = english.post(reverse("console:me_save"), {"language": "de"}, follow=True).content.decode()

    assert "Gespeichert." in saved
    assert "<h1>Meine Einstellungen</h1>" in saved


def test_a_language_that_is_not_in_the_list_is_refused_and_nothing_is_changed(german: Client):
    german.post(reverse("console:me_save"), {"language": "xx", "time_zone": "Europe/Berlin"})

    assert User.objects.get().language == "de"
    assert User.objects.get().time_zone == ""


def test_a_colleague_served_by_the_same_thread_reads_their_own(german: Client, english: Client):
    pages = [read(browser, "/orders/") for browser in (german, english, german, english)]

    assert ["<h1>Bestellungen</h1>" in page for page in pages] == [True, False, True, False]
    assert ["<h1>Orders</h1>" in page for page in pages] == [False, True, False, True]
    assert translation.get_language() == settings.LANGUAGE_CODE


def test_what_is_drawn_once_for_many_is_drawn_once_for_each_language(german: Client, english: Client, released: Order):
    german_list, english_list = read(german, "/orders/"), read(english, "/orders/")

    assert "Freigegeben" in german_list
    assert "Freigegeben" not in english_list
    assert "Released" in english_list


def test_the_api_says_the_same_to_everybody(german: Client, english: Client, released: Order):
    missing = [browser.get("/api/v1/orders/nowhere/").json() for browser in (german, english)]
    found = [browser.get(f"/api/v1/orders/{released.public_id}/").json() for browser in (german, english)]

    assert missing[0] == missing[1]
    assert found[0] == found[1]


def test_before_logging_in_the_browser_is_asked(db: None):
    german = read(Client(), "/admin/login/", **{"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"})
    french = read(Client(), "/admin/login/", **{"Accept-Language": "fr"})

    assert "Anmelden" in german
    assert '<html lang="de">' in german
    assert "Log in" in french
    assert '<html lang="en">' in french


def test_what_a_person_chose_goes_before_what_their_browser_asks_for(english: Client, german: Client):
    page = read(german, "/orders/", **{"Accept-Language": "en"})

    assert '<html lang="de">' in page


def test_who_chose_nothing_reads_what_the_browser_asks_for(english: Client):
    assert "<h1>Bestellungen</h1>" in read(english, "/orders/", **{"Accept-Language": "de"})


def test_a_refusal_is_said_in_the_persons_language(log_in: LogIn):
    page = read(log_in(Role.AGENT, language="de"), reverse("console:mail"))

    assert "Kein Zugriff" in page


def test_what_others_wrote_stays_escaped_inside_a_translated_sentence(german: Client, released: Order):
    UserFactory(username="evil")
    Order.objects.filter(pk=released.pk).update(external_number="<script>alert(1)</script>")

    page = read(german, reverse("console:order", args=[released.public_id]))

    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page
