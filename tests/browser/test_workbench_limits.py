"""Limits as the people meet them: keys that decide one case and no other, several at once, proposals from any page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from apps.accounts.models import Role
from apps.casework.models import ApprovalRequest, CaseAction, ExceptionCase, ResolutionRule
from apps.orders.models import Order
from tests.browser.conftest import log_in
from tests.browser.test_workbench import address_of, grave_issues

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_key_pressed_twice_decides_the_case_it_was_pressed_on_and_not_the_next(
    page: Page, cases: list[ExceptionCase]
):
    log_in(page, Role.LEAD)
    # Of the page's clock, so that a slow machine does not press after the quiet moment.
    page.clock.install()
    page.goto("/exceptions/?type=price_mismatch")
    page.keyboard.press("p")
    expect(page.locator("#apply-best")).to_be_visible()
    here = page.url
    page.clock.pause_at(page.evaluate("Date.now() + 50"))

    page.keyboard.press("1")
    page.keyboard.press("1")
    page.wait_for_url(lambda url: url != here)
    page.keyboard.press("1")
    page.keyboard.press("3")

    expect(page.locator(".undo-toast")).to_be_visible()
    page.clock.resume()
    expect(page.locator("html[data-keys-quiet]")).to_have_count(0)
    expect(page.locator("dialog[open]")).to_have_count(0)
    assert CaseAction.objects.count() == 1
    page.keyboard.press("1")
    page.wait_for_url(lambda url: url != here)
    expect(page.locator("html[data-keys-quiet]")).to_have_count(0)


def test_one_on_a_proposal_goes_to_the_reason_it_lacks(page: Page, cases: list[ExceptionCase]):
    ResolutionRule.objects.filter(resolution="accept_price").update(most_minor=0, most_margin_loss_minor=0)
    log_in(page, Role.AGENT)
    page.goto(address_of(cases[0]))
    page.keyboard.press("1")

    expect(page.locator("#reason-accept_price")).to_be_focused()
    assert not ApprovalRequest.objects.exists()
    page.keyboard.type("The customer was told 9.00.")
    page.keyboard.press("Enter")

    expect(page.get_by_text("Proposed; it waits for somebody else")).to_be_visible()
    assert ApprovalRequest.objects.get().reason == "The customer was told 9.00."


def test_several_are_settled_by_a_button_that_names_them_and_one_undo(page: Page, cases: list[ExceptionCase]):
    ResolutionRule.objects.filter(resolution="accept_price").update(most_minor=None, most_margin_loss_minor=None)
    log_in(page, Role.LEAD)
    page.goto("/exceptions/?type=price_mismatch")
    for place in range(3):
        page.locator("#bulk [name=case]").nth(place).check()
    page.get_by_role("button", name="Resolve together").click()
    page.get_by_role("button", name=re.compile(r"^Accept the price of 3 orders, £3\.00$")).click()

    expect(page.locator(".undo-toast")).to_contain_text("3 cases")
    page.keyboard.press("z")
    expect(page.get_by_text("3 cases taken back; nothing was done.")).to_be_visible()
    assert set(CaseAction.objects.values_list("state", flat=True)) == {"undone"}


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (375, True)])
def test_the_pages_of_limits_and_proposals_fit_and_are_read_by_everybody(
    page: Page, cases: list[ExceptionCase], width: int, dark: bool, tmp_path: Path
):
    log_in(page, Role.OPERATIONS)
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme="dark" if dark else "light")
    order = Order.objects.order_by("-total_minor").first()
    assert order is not None
    ResolutionRule.objects.filter(resolution="cancel_order").update(most_minor=50_00)
    for name, address in (("limits", "/configuration/limits/"), ("order", f"/orders/{order.public_id}/")):
        page.goto(address)
        if name == "order":
            page.locator("#cancel-dialog-button").click()
            expect(page.get_by_role("button", name="Ask for approval")).to_be_visible()
        page.screenshot(path=tmp_path / f"{name}-{width}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        assert grave_issues(page) == []

    page.get_by_role("button", name="Ask for approval").click()
    expect(page.get_by_text("Nothing is done yet.")).to_be_visible()
    page.screenshot(path=tmp_path / f"proposed-{width}.png")
    page.get_by_role("link", name="Your proposal").click()
    expect(page.get_by_role("heading", name="Cancel the order")).to_be_visible()
    page.screenshot(path=tmp_path / f"proposal-{width}.png", full_page=True)
    assert grave_issues(page) == []

    page.goto("/exceptions/?type=price_mismatch")
    page.locator("#bulk [name=case]").nth(0).check()
    page.locator("#bulk [name=case]").nth(1).check()
    page.get_by_role("button", name="Resolve together").click()
    expect(page.locator("#bulk-plan button").first).to_be_visible()
    page.screenshot(path=tmp_path / f"bulk-{width}.png")
    assert grave_issues(page) == []
