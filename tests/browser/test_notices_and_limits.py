"""The bell, and the table of limits, as people use them."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from apps.accounts.models import Role, User
from apps.casework.models import ResolutionRule
from apps.casework.services import ensure_casework
from apps.notifications.services import notify_people
from tests.browser.conftest import log_in
from tests.factories import AGENT


def serious(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [one["id"] for one in found if one["impact"] in ("serious", "critical")]


def test_a_notice_arrives_is_followed_and_the_bell_falls_silent(page: Page):
    log_in(page, Role.AGENT)
    user = User.objects.get(username="the-agent")
    notify_people([user], text="Lee mentioned you.", link="/exceptions/", kind="mention", actor=AGENT)
    page.reload()

    page.get_by_role("link", name="Notices, 1 unread").click()
    page.get_by_role("link", name="Lee mentioned you.").click()

    expect(page.get_by_role("heading", name="Exceptions", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="Notices", exact=True)).to_be_visible()


def test_operations_change_a_limit_by_keyboard_alone(page: Page):
    ensure_casework()
    log_in(page, Role.OPERATIONS)
    page.goto("/configuration/limits/")

    page.get_by_role("link", name="Change who may accept the price claimed").focus()
    page.keyboard.press("Enter")
    agent = page.get_by_role("group", name="CS agent")
    agent.get_by_label("Up to").focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("12.50")
    page.keyboard.press("Enter")

    expect(page.get_by_role("status")).to_contain_text("It counts from now on")
    assert ResolutionRule.objects.get(resolution="accept_price", role="agent").most_minor == 1250


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("address", ["/notices/", "/configuration/limits/", "/configuration/limits/?edit=split"])
def test_everybody_can_use_them_on_a_phone_too(page: Page, scheme: str, address: str):
    ensure_casework()
    log_in(page, Role.OPERATIONS)
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    for width in (375, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(address)
        assert serious(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1")
