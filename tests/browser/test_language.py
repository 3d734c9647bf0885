"""German is longer than English: pages still fit, and scripts write it too."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from apps.accounts.models import Role, User
from apps.casework.models import ExceptionCase
from apps.orders.models import Order
from tests.browser.conftest import log_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def german(page: Page) -> Page:
    """The page of a CS lead who chose Deutsch."""
    log_in(page, Role.LEAD)
    User.objects.update(language="de")
    return page


@pytest.mark.parametrize("width", [1280, 375])
def test_german_pages_do_not_scroll_sideways(german: Page, order: Order, width: int):
    case = ExceptionCase.objects.first()
    assert case is not None
    german.set_viewport_size({"width": width, "height": 900})

    for address in (
        "/",
        "/orders/",
        f"/orders/{order.public_id}/",
        "/exceptions/",
        f"/exceptions/{case.public_id}/",
        "/sla/",
        "/me/",
    ):
        german.goto(address)
        assert german.locator("html[lang=de]").count() == 1, address
        assert german.evaluate("document.documentElement.scrollWidth") <= width, address


def test_buttons_are_as_wide_as_their_words(german: Page, order: Order):
    german.set_viewport_size({"width": 1280, "height": 900})
    german.goto(f"/orders/{order.public_id}/")

    cut = german.evaluate(
        "Array.from(document.querySelectorAll('.btn, .chip')).filter(one => one.offsetParent && one.scrollWidth > one.clientWidth + 1)"
        ".map(one => one.textContent)"
    )

    assert cut == []


def test_scripts_write_in_the_language_of_the_page(german: Page, cases: list[ExceptionCase]):
    german.goto("/exceptions/")
    german.locator("#bulk [name=case]").first.check()

    assert german.locator("[data-chosen]").text_content() == "1 Fall gewählt"
    for time in german.locator("time[data-when]").all_text_contents():
        assert "ago" not in time
        assert "now" not in time
