"""A sentence of the record is English; whoever reads it in another language is shown it in that one."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime

import pytest
from django.utils import translation

from apps.core.money import MoneyText, read_amount, show
from apps.core.text import Moment, Text
from apps.core.translated import translated

AT = datetime(2026, 12, 3, 14, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kept", "german"),
    [
        ("Leeds has 3 of MUG-1 but promised 5.", "Leeds hat 3 von MUG-1, hat aber 5 zugesagt."),
        # Two sentences; in the first an amount.
        (
            "The order is cancelled, worth £1,234.50, and its stock is free again. 2 locations are told to stop.",
            "wird storniert, und ihr Bestand ist wieder frei. 2 Standorte werden angewiesen",
        ),
        # Counted, with what is counted one and many.
        ("York could not find 1 unit; it is being routed elsewhere.", "York konnte 1 Stück nicht finden;"),
        ("York could not find 7 units; they are being routed elsewhere.", "York konnte 7 Stück nicht finden;"),
        # A detail that stands in a table.
        ("The payment is voided; nothing ships before it is in order.", "aufgehoben"),
        # What is wrong with a field of a message, and with how many more.
        (
            "line_items[0].price (a list) is not an amount (and 2 more)",
            "line_items[0].price (eine Liste) ist kein Betrag (und 2",
        ),
        (
            "In the message, created_at (text) has no time zone.",
            "In der Nachricht: created_at (Text) hat keine Zeitzone.",
        ),
        # A resolution and its effect, as a proposal has them.
        (
            "Merge into another case: The case is closed; nothing else changes.",
            "Mit einem anderen Fall zusammenführen: ",
        ),
        # A reason out of a list, with a note; inside a sentence too.
        ("Too expensive: Ask Mary first.", "Zu teuer: Ask Mary first."),
        # What the conformance kit found.
        (
            "The figures of 3 articles were read. An unknown article was refused on its own.",
            "Der Bestand von 3 Artikeln wurde gelesen. Ein unbekannter Artikel",
        ),
        # A name in which a sentence seems to end.
        ("St. Pancras Rd. Hub has 3 of MUG-1 but promised 5.", "St. Pancras Rd. Hub hat 3 von MUG-1"),
    ],
)
def test_a_kept_sentence_is_read_in_another_language(kept: str, german: str):
    with translation.override("de"):
        assert german in translated(kept)
    with translation.override("en"):
        assert translated(kept) == kept


@pytest.mark.parametrize(
    "written",
    [
        "Jack and Jill",
        "Called Mary at 3; she agrees.",
        "12,50 abc",
        "see #104-A: nothing?",
        "sku is wrong",
        "Leeds is missing",
    ],
)
def test_what_people_wrote_stays_as_they_wrote_it(written: str):
    with translation.override("de"):
        assert translated(written) == written


def test_amounts_and_moments_in_a_sentence_are_written_as_the_reader_writes_them():
    said = Text("{what}: it was due {when}.", what=show(123450, "EUR"), when=Moment(AT))

    for one in (said, Text.from_json(said.to_json()), str(said)):
        with translation.override("de"):
            assert "1.234,50" in translated(one)
            assert "3. Dez. 2026, 14:05" in translated(one)
        with translation.override("en"):
            assert translated(one) == said == "€1,234.50: it was due 3 Dec 2026, 14:05."


def test_an_amount_is_its_english_wherever_it_goes():
    amount = show(-120, "GBP")

    assert amount == "-£1.20"
    assert f"{amount}!" == "-£1.20!"
    assert type(pickle.loads(pickle.dumps(amount))) is str


@pytest.mark.parametrize(
    "amount",
    [
        MoneyText(5, "JPY"),
        MoneyText(-120, "GBP"),
        MoneyText(123456789, "USD"),
        MoneyText(12, "KWD"),
        MoneyText(0, "CHF"),
    ],
)
def test_an_amount_is_read_as_it_was_written(amount: MoneyText):
    found = read_amount(str(amount))

    assert found is not None
    assert (found.minor, found.currency) == (amount.minor, amount.currency)


@pytest.mark.parametrize("text", ["12", "12.5", "£12.5", "1,2 EUR", "£5 GBP", "EUR"])
def test_what_is_no_amount_is_not_read_as_one(text: str):
    assert read_amount(text) is None
