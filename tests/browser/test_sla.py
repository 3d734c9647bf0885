"""The SLA pages in a browser: the board follows along, the policy is edited by hand, and nobody is shut out."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from apps.accounts.models import Role
from apps.core import clock
from apps.core.process_cache import clear_process_cache
from apps.orders.models import Order
from apps.sla.models import SlaPolicyVersion, SlaTimer
from apps.sla.services import ensure_sla
from tests.browser.conftest import log_in
from tests.browser.test_console import grave_issues
from tests.driving import work_it_off
from tests.factories import make_order
from tests.sla.timing import fire

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def timed(order: Order) -> Order:
    """An order whose clocks run at a node, and one that is held."""
    ensure_sla()
    clear_process_cache()
    made = make_order(lines={"A": 1}, external_number="#2001")
    work_it_off()
    return made


def test_a_breach_appears_while_somebody_watches(page: Page, timed: Order):
    log_in(page, Role.LEAD)
    page.goto("/sla/")
    expect(page.get_by_role("heading", name="What breaches next")).to_be_visible()
    expect(page.get_by_text("Late already")).to_have_count(0)

    past = clock.now() - timedelta(minutes=3)
    SlaTimer.objects.filter(stage="pick_start", stream=timed.public_id).update(due_at=past, next_at=past)
    fire()

    expect(page.get_by_role("heading", name="Late already")).to_be_visible(timeout=25_000)
    expect(page.get_by_text("Late by 3 m")).to_be_visible()


def test_a_rule_is_added_previewed_and_published_without_a_developer(page: Page, timed: Order):
    log_in(page, Role.OPERATIONS)
    page.goto("/sla/policy/")
    page.get_by_role("button", name="Change it").click()
    page.get_by_role("link", name="Add a rule for Packing").click()
    page.get_by_label("Name").fill("Gold customers")
    page.get_by_label("Minutes").fill("20")
    page.get_by_label("Customer tiers").fill("gold")
    page.get_by_role("button", name="Keep in the draft").click()

    expect(page.get_by_text("Of customers gold")).to_be_visible()
    page.get_by_role("link", name="Last 24 hours").click()
    expect(page.locator(".sla-verdict")).to_contain_text("by this draft")
    page.get_by_role("button", name="Publish").click()
    page.get_by_label("retime them; some may be late at once").check()
    page.locator("#publish-draft").get_by_role("button", name="Publish").click()

    expect(page.get_by_text("Version 2 holds from now on.")).to_be_visible()
    assert SlaPolicyVersion.objects.get(state="active").retimes


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_of_sla_has_a_grave_barrier(page: Page, timed: Order, theme: str):
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    log_in(page, Role.OPERATIONS)
    past = clock.now() - timedelta(minutes=3)
    SlaTimer.objects.filter(stage="pick_start").update(due_at=past, next_at=past)
    fire()
    page.goto("/sla/policy/")
    page.get_by_role("button", name="Change it").click()
    page.wait_for_load_state("networkidle")

    for address in (
        "/sla/",
        "/sla/policy/",
        "/sla/policy/draft/",
        "/sla/policy/draft/rules/3/",
        "/sla/policy/draft/rules/11/",
    ):
        page.goto(address)
        page.wait_for_load_state("networkidle")
        assert grave_issues(page) == [], address


def test_nothing_is_cut_off_on_a_phone(page: Page, timed: Order):
    log_in(page, Role.OPERATIONS)
    page.set_viewport_size({"width": 375, "height": 800})

    for address in ("/sla/", "/sla/policy/"):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= 375, address
