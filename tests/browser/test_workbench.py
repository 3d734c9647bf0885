"""The workbench as the people use it: keys alone, two at once, taking back, a phone."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, Route, expect

from apps.accounts.models import Role, User
from apps.casework.approvals.substitution import propose_substitution
from apps.casework.models import ApprovalRequest, CaseAction, CaseComment, ExceptionCase
from apps.casework.resolutions import perform_action
from apps.casework.services import assign_cases, comment_case, ensure_casework, set_clocks, watch_case
from apps.catalog.models import SubstituteRule
from apps.core import clock
from apps.core.actor import SYSTEM, Actor
from apps.orders.models import Hold, OrderLine
from tests.browser.conftest import log_in
from tests.driving import work_it_off
from tests.factories import (
    AGENT,
    SkuFactory,
    UserFactory,
    make_order,
    make_stock,
)

pytestmark = pytest.mark.django_db(transaction=True)
GRAVE = {"serious", "critical"}


def grave_issues(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found if one["impact"] in GRAVE]


def address_of(case: ExceptionCase, query: str = "") -> str:
    return f"/exceptions/{case.public_id}/{query}"


def perform_chosen() -> None:
    """What the steps do when the ten seconds are over."""
    for action in CaseAction.objects.filter(state="chosen").order_by("pk"):
        perform_action(action.pk, actor=SYSTEM)


def test_an_agent_clears_ten_cases_by_keyboard_alone(page: Page, cases: list[ExceptionCase]):
    log_in(page, Role.LEAD)
    page.goto("/exceptions/?type=price_mismatch")
    page.keyboard.press("p")
    for number in range(10):
        expect(page.locator("#apply-best")).to_be_visible()
        expect(page.locator("html[data-keys-quiet]")).to_have_count(0)
        here = page.url
        page.keyboard.press("1")
        page.wait_for_url(lambda url, here=here: url != here)
        expect(page.locator(".undo-toast")).to_be_visible()
        assert CaseAction.objects.count() == number + 1

    expect(page.get_by_text("Nothing is left to do in this list.")).to_be_visible()
    perform_chosen()
    assert not ExceptionCase.objects.filter(pk__in=[case.pk for case in cases], state="open").exists()


def test_a_key_pressed_before_the_scripts_have_come_is_done_when_they_have(page: Page, cases: list[ExceptionCase]):
    log_in(page, Role.LEAD)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/keys*.js", hold)
    with page.expect_request("**/keys*.js"):
        page.goto(address_of(cases[0]), wait_until="commit")
    expect(page.locator("#apply-best")).to_be_visible()
    page.keyboard.press("1")
    assert CaseAction.objects.count() == 0
    held[0].continue_()

    expect(page.locator(".undo-toast")).to_be_visible()
    assert CaseAction.objects.count() == 1


def test_one_goes_to_the_field_that_is_wrong_and_what_is_typed_stays_text(
    context: BrowserContext, cases: list[ExceptionCase]
):
    page = context.new_page()  # a browser notes a refusal (422) in its console
    address = {"name": "Pat", "line1": "1 High St", "city": "", "postal_code": "", "country": "GB"}
    make_order(lines={"A": 1}, external_number="#777", shipping_address=address)
    work_it_off()
    case = ExceptionCase.objects.get(type="address_invalid")
    log_in(page, Role.LEAD)
    page.goto(address_of(case))
    city = page.locator("[name$='.city']").first
    page.keyboard.press("1")
    expect(city).to_be_focused()
    page.keyboard.type("Has")
    assert CaseAction.objects.count() == 0
    assert ExceptionCase.objects.get(pk=case.pk).owner is None

    page.keyboard.press("Enter")
    expect(page.locator("[data-refused]")).to_be_visible()
    expect(page.locator("[name$='.postal_code']").first).to_be_focused()
    page.keyboard.type("LS1 1AA")
    page.keyboard.press("Enter")

    expect(page.locator(".undo-toast")).to_contain_text("#777")
    assert CaseAction.objects.count() == 1


def test_a_dialog_sent_empty_says_what_it_lacks_and_keeps_the_choice(page: Page, cases: list[ExceptionCase]):
    log_in(page, Role.LEAD)
    page.goto("/exceptions/?type=price_mismatch")
    page.locator("#bulk [name=case]").nth(0).check()
    page.locator("#bulk [name=case]").nth(1).check()
    page.get_by_role("button", name="Assign…").click()
    page.get_by_role("button", name="Assign", exact=True).click()
    expect(page.get_by_text("Choose somebody, or a queue.")).to_be_visible()
    expect(page.locator("#bulk-owner")).to_be_focused()

    page.locator("#bulk-owner").select_option(index=2)
    expect(page.get_by_text("Choose somebody, or a queue.")).to_be_hidden()
    page.get_by_role("button", name="Assign", exact=True).click()

    expect(page.get_by_text("2 cases assigned.")).to_be_visible()
    assert ExceptionCase.objects.filter(owner__isnull=False).count() == 2


def test_a_choice_is_taken_back_with_one_key(page: Page, cases: list[ExceptionCase]):
    log_in(page, Role.LEAD)
    page.goto(address_of(cases[0]))
    page.keyboard.press("1")
    expect(page.locator(".undo-toast")).to_contain_text("Undo")
    page.keyboard.press("z")

    expect(page.get_by_text("Taken back; nothing was done.")).to_be_visible()
    assert CaseAction.objects.get().state == "undone"
    expect(page.locator("#apply-best")).to_be_visible()


def test_a_stale_save_shows_what_changed_and_keeps_what_was_typed(context: BrowserContext, cases: list[ExceptionCase]):
    page = context.new_page()  # a browser notes a refusal (412) in its console
    log_in(page, Role.LEAD)
    # Somebody let the order go by hand; what is left is to say so.
    Hold.objects.update(released_at=clock.now(), released_by=str(AGENT))
    page.goto(address_of(cases[0]))
    page.keyboard.press("3")
    page.get_by_label("In your words").fill("It is the agreed price")
    reason = page.locator("#dismiss-reason")
    if reason.count():
        reason.select_option(index=1)
    assign_cases([cases[0].pk], owner=UserFactory(first_name="Dana", last_name="Reyes"), actor=AGENT)
    page.get_by_role("button", name="Dismiss", exact=True).click()

    stale = page.locator(".stale")
    expect(stale).to_contain_text("Nothing was saved")
    expect(stale).to_contain_text("Dana Reyes")
    expect(stale.get_by_label("What you typed")).to_have_value("It is the agreed price")
    assert grave_issues(page) == []
    stale.get_by_role("button", name="Do it anyway").click()
    expect(page.locator(".order-title")).to_contain_text("Dismissed")
    assert ExceptionCase.objects.get(pk=cases[0].pk).resolution == "It is the agreed price"


def test_a_draft_survives_a_reload_and_goes_with_the_comment(page: Page, cases: list[ExceptionCase]):
    UserFactory(username="dana", first_name="Dana", last_name="Reyes")
    log_in(page, Role.AGENT)
    page.goto(address_of(cases[0]))
    page.keyboard.press("c")
    page.keyboard.type("Half a thought")
    page.reload()
    body = page.locator("#comment-body")
    expect(body).to_have_value("Half a thought")

    body.press("End")
    body.press_sequentially(" @da")
    expect(page.locator("#mention-list")).to_contain_text("Dana Reyes")
    body.press("Enter")
    expect(body).to_have_value("Half a thought @dana ")
    body.press("Control+Enter")

    expect(page.locator("#case-story")).to_contain_text("Half a thought @dana")
    expect(body).to_have_value("")
    page.reload()
    expect(body).to_have_value("")
    assert [str(user) for user in CaseComment.objects.get().mentions.all()] == ["Dana Reyes"]


def test_single_keys_rest_while_typing_and_can_be_switched_off(page: Page, cases: list[ExceptionCase]):
    log_in(page, Role.LEAD)
    page.goto(address_of(cases[0]))
    page.keyboard.press("?")
    page.get_by_label("Single keys are on, in this browser").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("1")
    page.wait_for_timeout(300)
    assert not CaseAction.objects.exists()
    page.reload()
    page.keyboard.press("h")
    expect(page.locator("#snooze-dialog")).to_be_hidden()


def test_the_case_is_put_aside_with_two_keys_and_the_next_one_comes(page: Page, cases: list[ExceptionCase]):
    log_in(page, Role.LEAD)
    page.goto(address_of(cases[0], "?play=1&type=price_mismatch"))
    page.keyboard.press("h")
    expect(page.locator("#snooze-dialog")).to_be_visible()
    page.keyboard.press("5")

    page.wait_for_url(re.compile(f"^(?!.*{cases[0].public_id}).*play=1"))
    assert ExceptionCase.objects.get(pk=cases[0].pk).waiting_on == "customer"


def test_a_list_is_walked_chosen_from_and_assigned_with_keys(page: Page, cases: list[ExceptionCase]):
    log_in(page, Role.AGENT)
    page.goto("/exceptions/?type=price_mismatch")
    for key in ("j", "x", "j", "j", "x", "k", "x"):
        page.keyboard.press(key)
    expect(page.locator("[data-chosen]")).to_have_text("3 cases chosen")
    page.locator("#bulk [name=case]:checked").first.press("Enter")  # boxes choose, buttons act
    expect(page.locator("[data-chosen]")).to_have_text("3 cases chosen")
    assert not ExceptionCase.objects.exclude(owner=None).exists()
    page.keyboard.press("a")

    expect(page.get_by_text("3 cases assigned to you.")).to_be_visible()
    assert ExceptionCase.objects.filter(owner=User.objects.get(username="the-agent")).count() == 3
    page.keyboard.press("/")
    expect(page.locator("#f-q")).to_be_focused()


def test_a_list_shows_a_breach_by_itself_and_leaves_the_row_under_the_keys(page: Page, cases: list[ExceptionCase]):
    log_in(page, Role.AGENT)
    page.goto("/exceptions/?type=price_mismatch")
    page.evaluate("window.notReloaded = true")
    page.keyboard.press("j")
    focused = page.evaluate("document.activeElement.id")
    expect(page.locator(".case-row .tone-red", has_text="Late by")).to_have_count(0)

    late = clock.now() - timedelta(minutes=3)
    set_clocks({cases[4].pk: (late, late)}, actor=SYSTEM)

    expect(page.locator(".case-row .tone-red", has_text="Late by 3 m")).to_have_count(1, timeout=15_000)
    assert page.evaluate("window.notReloaded")
    assert page.evaluate("document.activeElement.id") == focused


def test_a_case_follows_what_colleagues_do_and_names_who_is_there(page: Page, cases: list[ExceptionCase]):
    log_in(page, Role.AGENT)
    page.goto(address_of(cases[0]))
    page.evaluate("window.notReloaded = true")
    page.locator("#comment-body").fill("In the middle of something")
    dana = UserFactory(first_name="Dana", last_name="Reyes")
    watch_case(cases[0].pk, user=dana)
    comment_case(cases[0].pk, body="I am on the phone with them", actor=AGENT)

    expect(page.locator("#case-story")).to_contain_text("I am on the phone with them", timeout=15_000)
    expect(page.locator("[data-presence]")).to_have_text("Dana Reyes is here", timeout=15_000)
    expect(page.locator("#comment-body")).to_have_value("In the middle of something")
    assert page.evaluate("window.notReloaded")


def test_a_comment_from_another_window_of_ones_own_is_no_news_while_one_types(page: Page, cases: list[ExceptionCase]):
    log_in(page, Role.AGENT)
    page.goto(address_of(cases[0]))
    page.locator("#assign-button").click()
    me = User.objects.get(username="the-agent")
    comment_case(cases[0].pk, body="Written elsewhere", actor=Actor("staff", me.public_id))
    page.wait_for_timeout(6_000)
    expect(page.locator("#news")).to_be_hidden()

    comment_case(cases[0].pk, body="A colleague's", actor=AGENT)
    expect(page.locator("#news")).to_be_visible(timeout=15_000)


def test_a_sku_is_looked_up_while_typing_and_another_case_is_searched_for(page: Page, cases: list[ExceptionCase]):
    SkuFactory(code="CUP-RED", name="Red cup")
    make_order(lines={"NOBODY-KNOWS": 1}, external_number="#500")
    work_it_off()
    log_in(page, Role.AGENT)
    page.goto(address_of(ExceptionCase.objects.get(order__external_number="#500")))
    page.locator("#map_sku-sku").press_sequentially("red")
    expect(page.locator("#map_sku-sku-list option")).to_have_attribute("value", "CUP-RED")
    page.locator("#map_sku-sku").fill("CUP-RED")
    expect(page.locator("#effect-map_sku")).to_contain_text("means CUP-RED")

    page.keyboard.press("Escape")
    page.locator("h1").click()
    page.keyboard.press("2")
    page.locator("#merge-find").press_sequentially("#104")
    expect(page.locator("#merge-others [type=radio]")).to_have_value(cases[4].public_id)
    page.keyboard.press("Enter")
    expect(page.locator("#merge-dialog")).to_be_visible()
    assert grave_issues(page) == []
    page.locator("#merge-others [type=radio]").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Merged into another case.")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_of_the_workbench_has_a_grave_barrier(page: Page, cases: list[ExceptionCase], theme: str):
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    proposal = substitution()
    log_in(page, Role.MANAGER)
    now = clock.now()
    set_clocks({cases[0].pk: (now - timedelta(minutes=5), now), cases[1].pk: (now + timedelta(1), None)}, actor=SYSTEM)
    for address in (
        "/exceptions/?severity=medium",
        address_of(cases[0]),
        "/approvals/",
        f"/approvals/{proposal.public_id}/",
    ):
        page.goto(address)
        assert grave_issues(page) == [], address
    page.locator("#approve-button").click()
    assert grave_issues(page) == []
    page.goto(address_of(cases[0]))
    for button in ("#snooze-button", "#assign-button", "#merge-button", "#dismiss-button", "#keys-button"):
        page.locator(button).click()
        assert grave_issues(page) == [], button
        page.keyboard.press("Escape")


def substitution() -> ApprovalRequest:
    """Mug B proposed in place of Mug A, which is gone."""
    ensure_casework()
    for code, price, cost in (("MUG-A", 1000, 600), ("MUG-B", 900, 500)):
        SkuFactory(code=code, name=f"Mug {code[-1]}", category="mugs", price_minor=price, cost_minor=cost)
    SubstituteRule.objects.create(category="mugs")
    make_stock(leeds={"MUG-A": 0, "MUG-B": 5})
    line = {"line_id": "1", "sku": "MUG-A", "title": "Mug A", "quantity": 2, "unit_price": 1000}
    order = make_order(lines=[line], external_number="#777")
    work_it_off()
    row = OrderLine.objects.get(order=order)
    return propose_substitution(row.pk, sku_code="MUG-B", reason="A is gone.", actor=AGENT)


def test_a_manager_approves_a_substitution_on_a_phone(page: Page, cases: list[ExceptionCase]):
    proposal = substitution()
    page.set_viewport_size({"width": 375, "height": 780})
    log_in(page, Role.MANAGER)
    page.goto("/approvals/")
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    page.get_by_role("link", name="Mug B instead of Mug A").click()
    sides = page.locator(".sides")
    expect(sides).to_contain_text("£10.00")
    expect(sides).to_contain_text("£9.00")
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    approve = page.locator("#approve-button")
    box = approve.bounding_box()
    assert box is not None
    assert box["height"] >= 44
    assert box["y"] + box["height"] <= 780
    approve.click()
    page.get_by_role("button", name="Approve", exact=True).click()

    expect(page.get_by_text("Approved and done.")).to_be_visible()
    proposal.refresh_from_db()
    assert proposal.state == "approved"
    assert OrderLine.objects.filter(order=proposal.order, sku__code="MUG-B").exists()


def test_the_maker_reads_why_not_and_has_nothing_to_press(page: Page, cases: list[ExceptionCase]):
    proposal = substitution()
    log_in(page, Role.MANAGER)
    maker = User.objects.get(username="the-manager")
    ApprovalRequest.objects.filter(pk=proposal.pk).update(made_by=f"staff:{maker.public_id}")
    page.goto(f"/approvals/{proposal.public_id}/")

    expect(page.locator(".decide .why-text")).to_contain_text("You proposed this yourself")
    expect(page.get_by_role("button", name="Approve")).to_have_attribute("aria-disabled", "true")
    page.keyboard.press("1")
    expect(page.locator("#approve-dialog")).to_have_count(0)


def test_every_page_of_the_workbench_fits_a_phone(page: Page, cases: list[ExceptionCase]):
    proposal = substitution()
    log_in(page, Role.MANAGER)
    page.set_viewport_size({"width": 375, "height": 780})
    for address in ("/exceptions/", address_of(cases[0]), "/approvals/", f"/approvals/{proposal.public_id}/"):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= 375, address


def test_a_tab_in_the_back_asks_nothing(page: Page, cases: list[ExceptionCase]):
    log_in(page, Role.AGENT)
    page.goto("/exceptions/")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.evaluate("Object.defineProperty(document, 'hidden', { get: function () { return true; } })")
    page.wait_for_timeout(6500)

    assert [url for url in asked if "/exceptions/" in url] == []
