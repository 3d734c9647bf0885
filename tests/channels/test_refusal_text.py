"""What shops say of a refusal stands in cases, without the people in it."""

from __future__ import annotations

import pytest

from apps.channels.framework.refusal_text import LONGEST, shop_words


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Fulfillment order is closed", "Fulfillment order is closed."),
        ("Email pat.canary@example.test is invalid", "Email • is invalid."),
        ("Phone +44 113 496 0000 is taken.", "Phone • is taken."),
        ("Phone 0113 4960 0000 is taken.", "Phone • is taken."),
        ("Item 15518808539436 is not stocked", "Item 15518808539436 is not stocked."),
        ('Address "1 Canary Row" is not known', "Address • is not known."),
        ("Quantity 12345 of 2 is too many", "Quantity 12345 of 2 is too many."),
        ("The item can't be changed because it isn't stocked", "The item can't be changed because it isn't stocked."),
    ],
)
def test_its_words_are_kept_and_people_are_not(said: str, kept: str):
    assert shop_words([said]) == kept


def test_several_sentences_are_one_text_of_bounded_length():
    assert shop_words(["One", "", "Two. "]) == "One. Two."
    assert len(shop_words(["x" * 1000])) == LONGEST
