"""Why goods come from where they come, told in the language of whoever asks, from the one English record."""

from __future__ import annotations

import pytest

from apps.orders.models import Order
from apps.routing.models import RoutingDecision
from tests.console.conftest import LogIn

pytestmark = pytest.mark.django_db


def test_a_decision_and_its_verdicts_are_told_in_german_and_kept_in_english(log_in: LogIn, released: Order):
    page = log_in(language="de").get(f"/orders/{released.public_id}/").content.decode()

    assert RoutingDecision.objects.get().sentence.startswith("Ships from ")
    assert page.count("Versand von ") >= 2, "in the panel and on the timeline"
    assert "Kann Standard" in page
    for word in ("Ships from", "cheapest", "Can do", "No daily limit", "Room for"):
        assert word not in page


def test_the_api_and_an_english_page_read_the_record_as_it_is(log_in: LogIn, released: Order):
    said = RoutingDecision.objects.get().sentence

    page = log_in().get(f"/orders/{released.public_id}/").content.decode()
    answer = log_in(language="de").get(f"/api/v1/orders/{released.public_id}/decision")

    assert said in page
    assert answer.json()["sentence"] == said


def test_a_decision_that_would_be_told_otherwise_today_stays_as_it_was_told(log_in: LogIn, released: Order):
    RoutingDecision.objects.update(sentence="Ships from Leeds, as it was once worded.")

    page = log_in(language="de").get(f"/orders/{released.public_id}/").content.decode()

    assert "Ships from Leeds, as it was once worded." in page
