"""Stock on channels in a browser: light, dark, on a phone, with long names, and nothing that axe complains of."""

from __future__ import annotations

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from apps.accounts.models import Role
from apps.channels.models import Channel
from apps.core import clock
from apps.listings.models import Listing, StockRule
from apps.listings.services.change_detection import follow_settings, follow_stock
from tests.browser.conftest import log_in
from tests.driving import work_it_off
from tests.factories import ChannelFactory, SkuFactory, make_stock

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def amazon(home: str) -> Channel:
    make_stock(leeds={"A": 12, "MUG-WITH-A-VERY-LONG-CODE-THAT-NEVER-ENDS-0000000001": 3}, york={"A": 5})
    made: Channel = ChannelFactory(code="amazon", name="Amazon of the United Kingdom and Northern Ireland", kind="api")
    for code in ("A", "MUG-WITH-A-VERY-LONG-CODE-THAT-NEVER-ENDS-0000000001"):
        title = "A cup with a handle, hand thrown, glazed in the colour of the sea in November" if code != "A" else ""
        Listing.objects.create(channel=made, sku=SkuFactory(code=code), external_id=code, code=code, title=title)
    StockRule.objects.create(channel=made, sku=SkuFactory(code="A"), buffer_units=2, cap=9)
    follow_stock()
    follow_settings()
    work_it_off()
    now = clock.now()
    Listing.objects.filter(code="A").update(sent=9, sent_at=now - timedelta(hours=2), shown=12, shown_at=now)
    Listing.objects.exclude(code="A").update(state="refused", refusal="inventory item is not stocked at the location")
    return made


def look(page: Page, path: str) -> None:
    for scheme, width in (("light", 1280), ("dark", 1280), ("light", 375)):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(path)
        page.wait_for_load_state("networkidle")
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{path} scrolls sideways by {wide} at {width}"


def test_every_page_is_sound_in_light_dark_and_on_a_phone(page: Page, amazon: Channel):
    log_in(page, Role.OPERATIONS)
    ref = Listing.objects.get(code="A").public_id
    look(page, "/stock/channels/")
    look(page, "/stock/channels/?channel=amazon&show=unknown")
    look(page, f"/stock/channels/listings/{ref}/")
    look(page, "/stock/channels/rules/amazon/")
    look(page, "/stock/channels/rules/amazon/edit/?sku=A")


def test_a_rule_is_tried_and_kept(page: Page, amazon: Channel):
    log_in(page, Role.OPERATIONS)
    page.goto("/stock/channels/rules/amazon/")
    page.get_by_role("link", name="New rule").click()
    page.get_by_label("SKU", exact=True).fill("A")
    page.get_by_label("Never show more than").fill("4")
    page.get_by_label("Why").fill("sold twice last week")
    page.get_by_role("button", name="Preview").click()
    assert page.locator("#changes").get_by_role("cell", name="4", exact=True).is_visible()
    page.get_by_role("button", name="Keep the rule").click()
    page.get_by_text("The rule is kept").wait_for()

    assert StockRule.objects.get().cap == 4
