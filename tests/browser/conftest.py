"""The console in a real browser: Debian's Chromium, driven by Playwright, with nothing but this machine behind it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

from apps.accounts.models import Role
from apps.casework.models import ExceptionCase
from apps.casework.services import ensure_casework
from apps.orders.models import Order
from tests.driving import again, work_it_off
from tests.factories import ChannelFactory, UserFactory, make_carrier, make_order, make_policy, make_stock

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PASSWORD = "a-long-enough-password"
# Playwright's own loop runs in this thread; the tests still talk to the database in plain words.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium() -> str:
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no Chromium here: `make setup-browser` installs Debian's")
    return found


@pytest.fixture(scope="session")
def _playwright(chromium: str) -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def browser(_playwright: Playwright, chromium: str) -> Iterator[Browser]:
    browser = _playwright.chromium.launch(executable_path=chromium, args=FLAGS)
    yield browser
    browser.close()


class Watch:
    """What a page should never do: complain in its console, fail, or ask another host."""

    def __init__(self, home: str) -> None:
        self.home = home
        self.complaints: list[str] = []
        self.foreign: list[str] = []

    def over(self, page: Page) -> None:
        page.on("console", lambda said: said.type == "error" and self.complaints.append(said.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self._note(request.url))

    def _note(self, url: str) -> None:
        if not url.startswith((self.home, "data:", "blob:")):
            self.foreign.append(url)


@pytest.fixture
def home(live_server: Any, settings: Any) -> str:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = settings.SECURE_SSL_REDIRECT = False
    return str(live_server.url)


@pytest.fixture
def context(browser: Browser, home: str) -> Iterator[BrowserContext]:
    context = browser.new_context(base_url=home, viewport={"width": 1280, "height": 900}, color_scheme="light")
    context.set_default_timeout(20_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, home: str) -> Iterator[Page]:
    """A page of somebody who is not logged in yet; at its end it must have been quiet and stayed at home."""
    page, watch = context.new_page(), Watch(home)
    watch.over(page)
    yield page
    assert watch.complaints == []
    assert watch.foreign == []


@pytest.fixture
def lead(page: Page) -> Page:
    """The page of a CS lead who has logged in."""
    log_in(page, Role.LEAD)
    return page


def log_in(page: Page, role: str) -> None:
    user = UserFactory(username=f"the-{role}", first_name="Lee", last_name="Okafor", role=role)
    user.set_password(PASSWORD)
    user.save()
    page.goto("/admin/login/?next=/")
    page.get_by_label("Username").fill(user.username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/")


@pytest.fixture
def order(home: str) -> Order:
    """An order on its way: two of A from Leeds, where York could have."""
    ChannelFactory()
    make_policy()
    make_stock(leeds={"A": 50}, york={"A": 5}, hull={"A": 1})
    make_carrier()
    order = make_order(lines={"A": 2}, external_number="#1001")
    make_order(lines={"NOBODY-KNOWS": 1}, external_number="#1002")
    work_it_off()
    return again(order)


@pytest.fixture
def cases(home: str) -> list[ExceptionCase]:
    """Ten orders whose claimed price is another one than their lines come to."""
    ChannelFactory()
    make_policy()
    make_stock(leeds={"A": 500, "B": 5})
    make_carrier()
    ensure_casework()
    for number in range(10):
        make_order(lines={"A": 1 + number}, external_number=f"#10{number}", totals={"total": 1000 * number + 900})
    work_it_off()
    return list(ExceptionCase.objects.filter(type="price_mismatch").order_by("pk"))
