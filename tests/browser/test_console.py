"""What only a browser can tell: keys, focus, contrast, dialogs, pages that follow their order."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from apps.accounts.models import Role, User
from apps.core.models import Event
from apps.orchestration.models import StepRun
from apps.orders.models import Order
from apps.orders.services import place_hold
from tests.browser.conftest import log_in
from tests.factories import AGENT

pytestmark = pytest.mark.django_db(transaction=True)
GRAVE = {"serious", "critical"}


def grave_issues(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found if one["impact"] in GRAVE]


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.id || document.activeElement.innerText"))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_order_page_has_no_grave_barrier(lead: Page, order: Order, theme: str):
    lead.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    lead.goto(f"/orders/{order.public_id}/")
    expect(lead.locator("html.dark")).to_have_count(int(theme == "dark"))

    assert grave_issues(lead) == []
    lead.locator("#hold-dialog-button").click()
    assert grave_issues(lead) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_other_page_has_one_either(page: Page, order: Order, theme: str):
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    page.goto("/admin/login/")
    assert grave_issues(page) == []
    log_in(page, Role.ADMIN)

    for address in ("/", "/orders/?hold=any", "/exceptions/", "/fulfillment/", "/stock/", "/inbox/", "/parked/"):
        page.goto(address)
        assert grave_issues(page) == [], address


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_setup_form_has_one(page: Page, order: Order, theme: str):
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    log_in(page, Role.ADMIN)
    me = User.objects.get(username="the-admin").pk

    for form in ("network/node/add", "casework/queuerule/add", "catalog/skualias/add", f"accounts/user/{me}/change"):
        page.goto(f"/admin/{form}/")
        assert grave_issues(page) == [], form


def test_an_order_is_opened_with_the_keyboard_alone(lead: Page, order: Order):
    lead.keyboard.press("Control+k")
    expect(lead.locator("#oy-palette-input")).to_be_focused()
    lead.keyboard.type("#1001")
    lead.keyboard.press("Enter")

    lead.wait_for_url(f"**/orders/{order.public_id}/")
    expect(lead.get_by_role("heading", level=1)).to_have_text("#1001")


def test_the_search_is_walked_with_arrows_and_left_with_escape(lead: Page, order: Order):
    lead.keyboard.press("Control+k")
    lead.keyboard.type("#100")
    options = lead.locator("#oy-palette-results [role=option]")
    expect(options).to_have_count(2)
    expect(options.nth(0)).to_have_attribute("aria-selected", "true")
    lead.keyboard.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")

    lead.keyboard.press("Escape")

    expect(lead.locator("#oy-palette")).to_be_hidden()


def test_the_first_tab_offers_to_skip_the_menu(lead: Page, order: Order):
    lead.goto("/orders/")
    lead.keyboard.press("Tab")
    assert focused(lead) == "Skip to content"

    lead.keyboard.press("Enter")

    expect(lead.locator("main")).to_be_focused()


def test_every_field_of_the_filters_shows_that_it_has_the_focus(lead: Page, order: Order):
    lead.goto("/orders/")
    lead.get_by_label("State").focus()
    ringed: dict[str, str] = {}
    for _ in range(12):
        lead.keyboard.press("Tab")
        name, ring = lead.evaluate(
            "(() => { const e = document.activeElement; return [e.name || '', getComputedStyle(e).outlineStyle]; })()"
        )
        ringed[name] = ring

    assert {"from", "to"} <= ringed.keys()
    assert set(ringed.values()) == {"solid"}


def test_a_dialog_keeps_the_focus_and_gives_it_back(lead: Page, order: Order):
    lead.goto(f"/orders/{order.public_id}/")
    lead.locator("#cancel-dialog-button").focus()
    lead.keyboard.press("Enter")
    expect(lead.locator("#cancel-dialog")).to_be_visible()
    for _ in range(8):
        lead.keyboard.press("Tab")
        assert lead.evaluate("document.activeElement === document.body || !!document.activeElement.closest('dialog')")

    lead.keyboard.press("Escape")

    expect(lead.locator("#cancel-dialog")).to_be_hidden()
    assert focused(lead) == "cancel-dialog-button"


def test_holding_an_order_takes_a_dialog_and_tells_that_it_is_done(lead: Page, order: Order):
    lead.goto(f"/orders/{order.public_id}/")
    lead.get_by_role("button", name="Hold", exact=True).click()
    lead.get_by_label("Note for colleagues").fill("Wait for the call")
    lead.get_by_role("button", name="Hold the order").click()

    expect(lead.get_by_role("status").first).to_contain_text("The order is on hold")
    expect(lead.locator("#cases")).to_contain_text("Wait for the call")


def test_the_page_follows_its_order_without_being_reloaded(lead: Page, order: Order):
    lead.goto(f"/orders/{order.public_id}/?show=event")
    lead.evaluate("window.notReloaded = true")
    expect(lead.locator(".order-title")).not_to_contain_text("On hold")

    place_hold(order.pk, reason="manual", note="from elsewhere", actor=AGENT)

    expect(lead.locator(".order-title")).to_contain_text("On hold")
    assert lead.evaluate("window.notReloaded")
    expect(lead.locator("#shelf-event")).to_have_attribute("aria-current", "true")


def test_the_timeline_is_narrowed_in_place_and_in_the_address(lead: Page, order: Order):
    lead.goto(f"/orders/{order.public_id}/")
    lead.locator("#shelf-decision").click()

    expect(lead.locator("#shelf-decision")).to_have_attribute("aria-current", "true")
    assert "show=decision" in lead.url
    expect(lead.locator("#timeline .entry", has_text="Routing decision")).to_have_count(1)


def test_a_decision_is_replayed_on_the_spot(lead: Page, order: Order):
    lead.goto(f"/orders/{order.public_id}/#why")
    lead.locator("#replay-button").click()

    expect(lead.locator("#replayed")).to_contain_text("Same answer")


def test_filters_stand_in_the_address_and_survive_a_visit_to_an_order(lead: Page, order: Order):
    lead.goto("/orders/")
    lead.get_by_label("State").select_option("released")
    lead.get_by_label("Location").select_option("leeds")
    lead.locator("#apply-filters").click()
    lead.wait_for_url("**/orders/?*state=released*")
    assert "node=leeds" in lead.url
    lead.get_by_role("link", name="#1001").click()
    lead.wait_for_url(f"**/orders/{order.public_id}/")

    lead.go_back()

    expect(lead.get_by_label("State")).to_have_value("released")
    expect(lead.locator("table.orders tbody tr")).to_have_count(1)


def test_every_page_fits_a_phone(page: Page, order: Order):
    log_in(page, Role.ADMIN)
    page.set_viewport_size({"width": 375, "height": 780})
    addresses = ["/", "/orders/", f"/orders/{order.public_id}/", "/exceptions/", "/fulfillment/", "/stock/", "/parked/"]
    for address in addresses:
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= 375, address


def test_the_menu_of_a_phone_opens_closes_and_gives_the_focus_back(lead: Page, order: Order):
    lead.set_viewport_size({"width": 375, "height": 780})
    lead.goto("/orders/")
    menu = lead.get_by_role("button", name="Open the menu")
    menu.click()
    expect(lead.locator(".oy-nav").get_by_role("link", name="Exceptions")).to_be_visible()

    lead.keyboard.press("Escape")

    expect(menu).to_be_focused()
    expect(menu).to_have_attribute("aria-expanded", "false")


def test_the_chosen_appearance_holds_on_the_configuration_screens_too(page: Page, order: Order):
    log_in(page, Role.ADMIN)
    page.locator(".oy-user summary").click()
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html.dark")).to_have_count(1)

    page.goto("/admin/network/node/")

    expect(page.locator("html.dark")).to_have_count(1)
    page.keyboard.press("Control+k")
    expect(page.locator("#oy-palette-input")).to_be_focused()


@pytest.mark.parametrize("address", ["/orders/", "/stock/", "/exceptions/"])
def test_a_slash_goes_to_the_search_of_the_list_unless_keys_are_switched_off(lead: Page, order: Order, address: str):
    lead.goto(address)
    lead.keyboard.press("/")
    expect(lead.locator("#f-q")).to_be_focused()
    expect(lead.locator("#f-q")).to_have_value("")

    lead.locator("details[data-menu] summary").first.click()
    lead.get_by_label("Single keys, such as / for search").uncheck()
    lead.reload()
    lead.keyboard.press("/")
    expect(lead.locator("#f-q")).not_to_be_focused()


def test_enter_on_a_ticked_step_starts_none_again(page: Page, order: Order):
    for event in Event.objects.order_by("pk")[:2]:
        StepRun.objects.create(
            event=event, step="route_order", stream=order.public_id, subject_id=order.pk, state="parked"
        )
    log_in(page, Role.OPERATIONS)
    page.goto("/parked/")
    page.locator("input[name=run]").first.check()
    page.locator("input[name=run]").first.press("Enter")
    page.reload()

    expect(page.locator("input[name=run]")).to_have_count(2)
    assert StepRun.objects.filter(state="parked").count() == 2
