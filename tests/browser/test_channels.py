"""Connecting a shop and the page of a channel in a browser: light, dark, on a phone, with long names, and nothing that axe complains of."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page
from pytest_django import Settings

from apps.accounts.models import Role
from apps.channels.models import Channel
from tests.browser.conftest import log_in
from tests.browser.test_stock_on_channels import look
from tests.channels.fair_shop import FairShop, fair_order
from tests.channels.shops import shop_server
from tests.driving import work_it_off
from tests.factories import make_policy, make_stock

pytestmark = pytest.mark.django_db(transaction=True)
LONG = "The Fair of the United Kingdom of Great Britain and Northern Ireland, Wholesale"


@pytest.fixture
def fair(settings: Settings) -> Iterator[FairShop]:
    settings.CHANNEL_ADAPTER_PACKAGES = ["tests.channels.fairs"]
    with shop_server(FairShop()) as running:
        assert isinstance(running, FairShop)
        yield running


def test_a_shop_is_connected_in_a_browser_and_every_step_is_sound(page: Page, fair: FairShop, home: str):
    make_policy()
    make_stock(leeds={"A": 50})
    log_in(page, Role.OPERATIONS)
    look(page, "/channels/")
    look(page, "/channels/connect/")
    look(page, "/channels/connect/?kind=fair")
    page.get_by_label("Name", exact=True).fill(LONG)
    page.get_by_role("button", name="Begin").click()
    page.get_by_label("Address of the shop").fill(fair.url)
    fair.keys["good"] = ("orders:read",)
    page.get_by_label("Key of the API").fill("good")
    page.get_by_role("button", name="Save and try").click()
    page.get_by_text("These credentials lack what the channel needs.").wait_for()
    channel = Channel.objects.get()
    look(page, f"/channels/{channel.code}/connect/?step=credentials")
    fair.keys["good"] = ("orders:read", "orders:write")
    page.get_by_role("button", name="Try again").click()
    page.get_by_role("link", name="Go on").click()
    look(page, f"/channels/{channel.code}/connect/?step=webhooks")
    page.get_by_role("button", name="Register them for me").click()
    for step in ("catalog", "places"):
        look(page, f"/channels/{channel.code}/connect/?step={step}")
        page.get_by_role("button", name="Go on").click()
    look(page, f"/channels/{channel.code}/connect/?step=orders")
    page.get_by_role("button", name="Go live").click()
    page.get_by_text("Nothing has arrived yet.").wait_for()
    channel.refresh_from_db()
    assert fair.send(channel, fair_order()).status_code == 200
    page.get_by_text("Waiting").first.wait_for()
    work_it_off()
    page.get_by_text("Accepted").first.wait_for()
    look(page, f"/channels/{channel.code}/connect/")
    fair.registered[0]["active"] = False
    look(page, f"/channels/{channel.code}/")
    page.get_by_text("Switched off by the shop").wait_for()
    page.get_by_role("button", name="Switch them on again").click()
    assert fair.registered[0]["active"]
    look(page, "/channels/calendar/")
    look(page, "/channels/")
