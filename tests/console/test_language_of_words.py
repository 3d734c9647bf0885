"""A colleague reads states, events, refusals, dates and amounts in their own language; files and machines get English."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from babel.messages.pofile import read_po
from django.conf import settings
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from apps.accounts.models import Role
from apps.casework.models import ExceptionCase
from apps.casework.services import comment_case
from apps.notifications.models import StaffNotice
from apps.notifications.services import mail_password_link
from apps.orders.models import Hold, Order
from tests.console.conftest import LogIn
from tests.driving import work_it_off
from tests.factories import AGENT, UserFactory

pytestmark = pytest.mark.django_db

GERMAN = {"language": "de"}
FILLED_IN = re.compile(r"%\(\w+\)s|\{\w*\}|%%")


def page_of(client: Client, order: Order) -> str:
    return client.get(reverse("console:order", args=[order.public_id])).content.decode()


def test_states_and_events_are_said_in_german(log_in: LogIn, released: Order):
    text = page_of(log_in(**GERMAN), released)

    assert "Standorte sind gewählt, und der Bestand ist reserviert." in text
    assert "Locations are chosen" not in text
    assert "Bezahlt" in text
    assert ">Paid<" not in text.replace("</svg>", ">")
    assert ">Freigegeben<" in text.replace("</svg>", ">")


def test_no_page_drawn_for_one_person_is_shown_to_another(log_in: LogIn, released: Order):
    german, english = log_in(Role.MANAGER, **GERMAN), log_in(Role.MANAGER)

    for client, seen, unseen in [(german, "Bestellungen", ">Orders<"), (english, ">Orders<", "Bestellungen")] * 2:
        for text in (client.get(reverse("console:home")).content.decode(), page_of(client, released)):
            assert seen in text
            assert unseen not in text


def test_a_refusal_is_said_in_german_and_changes_nothing(log_in: LogIn, released: Order):
    client = log_in(**GERMAN)

    answer = client.post(reverse("console:order_release", args=[released.public_id]), {"reason": "manual"})

    said = [str(message) for message in get_messages(answer.wsgi_request)]
    assert said == ["Die Bestellung hat keine bestehende Sperre „Von Hand gesperrt“."]
    assert not Hold.objects.exists()


def test_a_form_that_lacks_something_says_so_in_german(log_in: LogIn, released: Order):
    answer = log_in(**GERMAN).post(reverse("console:order_hold", args=[released.public_id]), {"reason": "nonsense"})

    assert [str(message) for message in get_messages(answer.wsgi_request)] == [
        "Wählen Sie, warum die Bestellung gesperrt wird."
    ]
    assert not Hold.objects.exists()


def test_what_is_not_there_is_missed_in_german(log_in: LogIn, shop: None):
    answer = log_in(**GERMAN).get(reverse("console:order", args=["ord_nothing"]))

    assert answer.status_code == 404
    assert "Seite nicht gefunden" in answer.content.decode()


@pytest.mark.parametrize(
    ("person", "moment", "amount"),
    [
        ({}, "1 Jul 2026, 22:30:00", "£1,234.50"),
        ({"language": "de"}, "1. Juli 2026, 22:30:00", "1.234,50\xa0£"),
        ({"language": "de", "locale": "en-GB"}, "1 Jul 2026, 22:30:00", "£1,234.50"),
        ({"locale": "de-DE"}, "1. Juli 2026, 22:30:00", "1.234,50\xa0£"),
        ({"locale": "en-US"}, "Jul 1, 2026, 22:30:00", "£1,234.50"),
    ],
)
def test_dates_and_amounts_are_written_as_the_person_writes_them(
    log_in: LogIn, released: Order, person: dict[str, str], moment: str, amount: str
):
    Order.objects.update(received_at="2026-07-01T22:30:00Z", total_minor=123_450, currency="GBP")

    text = page_of(log_in(**person), released)

    assert moment in text
    assert amount in text


def test_numbers_have_the_separators_of_the_language(log_in: LogIn, released: Order):
    person = log_in(**GERMAN)

    Order.objects.update(total_minor=12_345_678_90)

    assert "12.345.678,90" in person.get(reverse("console:orders")).content.decode()


def test_countries_are_called_what_the_reader_calls_them_and_sorted_so(log_in: LogIn, case: ExceptionCase):
    text = log_in(**GERMAN).get(reverse("console:cases")).content.decode()

    assert text.index(">Ägypten<") < text.index(">Belgien<")
    assert ">Egypt<" in log_in().get(reverse("console:cases")).content.decode()


def test_files_stay_english(log_in: LogIn, case: ExceptionCase):
    client = log_in(Role.MANAGER, **GERMAN)

    cases = b"".join(client.get(reverse("console:cases_export")).streaming_content).decode()  # type: ignore[attr-defined]
    orders = b"".join(client.get(reverse("console:orders_export")).streaming_content).decode()  # type: ignore[attr-defined]

    assert "Unknown SKU" in cases
    assert "Unbekannte SKU" not in cases
    assert "placed_at" in orders.splitlines()[0]
    assert "unknown_sku" in orders


def test_the_interface_for_machines_answers_in_english_even_to_a_german_browser(log_in: LogIn, released: Order):
    answer = log_in(Role.MANAGER, **GERMAN).get("/api/v1/orders/ord_nothing", headers={"Accept-Language": "de"})

    assert answer.json()["detail"] == "There is no order ord_nothing."


def test_a_notice_and_its_mail_are_in_the_language_of_each_person(case: ExceptionCase, mailoutbox: list[Any]):

    german = UserFactory(role=Role.LEAD, username="greta", email="greta@yard.example", **GERMAN)
    UserFactory(role=Role.LEAD, username="emma", email="emma@yard.example")

    comment_case(case.pk, body="@greta @emma please look", actor=AGENT)
    work_it_off()

    assert "hat Sie erwähnt" in StaffNotice.objects.get(user=german).text
    assert "mentioned you" in StaffNotice.objects.exclude(user=german).get().text
    by_address = {mail.to[0]: mail for mail in mailoutbox}
    assert by_address["greta@yard.example"].subject.startswith("Sie wurden erwähnt: ")
    assert "Sie werden wegen Ihrer Rolle benachrichtigt" in by_address["greta@yard.example"].body
    assert by_address["emma@yard.example"].subject.startswith("You were mentioned: ")
    assert "You are notified because of your role" in by_address["emma@yard.example"].body


def test_the_link_that_sets_a_password_is_mailed_in_german(mailoutbox: list[Any]):

    mail_password_link(UserFactory(email="greta@yard.example", **GERMAN).pk, invited=True)

    assert mailoutbox[0].subject.startswith("Ihr Zugang zu ")
    assert "Wählen Sie hier Ihr Passwort:" in mailoutbox[0].body


def test_no_translation_loses_what_is_filled_in():
    """A name in braces that is misspelled would be a fault where the sentence is drawn, one left out a sentence without it."""
    for catalog in Path(settings.LOCALE_PATHS[0]).glob("*/LC_MESSAGES/django.po"):
        with catalog.open("rb") as file:
            for message in read_po(file):
                english, translated = _texts(message.id), _texts(message.string)
                for there, here in zip(english, translated, strict=True) if all(translated) and all(english) else ():
                    assert sorted(FILLED_IN.findall(here)) == sorted(FILLED_IN.findall(there)), there


def _texts(text: Any) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


def test_a_reason_out_of_a_list_is_in_each_readers_language_and_the_note_beside_it_as_it_was_written(
    log_in: LogIn, released: Order
):
    picked = {"reason": "Customer ordered twice", "note": "Called Mary; sku is wrong"}

    log_in(Role.MANAGER, **GERMAN).post(reverse("console:order_cancel", args=[released.public_id]), picked)

    german, english = (page_of(log_in(Role.MANAGER, **who), released) for who in (GERMAN, {}))
    assert "Doppelt bestellt: Called Mary; sku is wrong" in german
    assert "Customer ordered twice" not in german
    assert "Customer ordered twice: Called Mary; sku is wrong" in english
