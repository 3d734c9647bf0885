"""The pictures in the README and the role pages, taken from a running demo: ``make demo``, then this script."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

IMAGES = Path(__file__).resolve().parents[2] / "docs/images"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
WIDTH = 1360
PHONE = 390
# CJK, and what comes after it.
FIRST_OF_OTHER_SCRIPTS = 0x2E80


def main() -> None:
    """Log in as each of the people and take their pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--username", default="lee")
    parser.add_argument("--password", default="orderyard-demo")
    parser.add_argument("--order", default="", help="an order's number or id; empty: the newest released one")
    options = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=chromium, args=FLAGS)
        page = log_in(browser, options.url, options.username, options.password, WIDTH)
        take(page, options.order)
        of_people(browser, options.url, options.password)
        browser.close()


def log_in(browser: Browser, url: str, username: str, password: str, width: int) -> Page:
    """A page of its own for this person."""
    page = browser.new_context(base_url=url, viewport={"width": width, "height": 980}).new_page()
    page.goto("/admin/login/?next=/")
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_load_state("networkidle")
    return page


def of_people(browser: Browser, url: str, password: str) -> None:
    """``queue.png``, ``case.png``, ``approval-phone.png``, ``sla.png`` and ``limits.png``."""
    agent = log_in(browser, url, "dana", password, WIDTH)
    shot(agent, "/exceptions/?owner=nobody", "queue.png")
    open_first(agent, ".case-link", drawn)
    agent.screenshot(path=IMAGES / "case.png")
    manager = log_in(browser, url, "nadia", password, PHONE)
    manager.goto("/approvals/")
    manager.locator(".approval-link").first.click()
    manager.wait_for_load_state("networkidle")
    manager.screenshot(path=IMAGES / "approval-phone.png")
    operations = log_in(browser, url, "oscar", password, WIDTH)
    shot(operations, "/sla/", "sla.png")
    shot(operations, "/configuration/limits/", "limits.png")


def open_first(page: Page, links: str, fits: Callable[[Page], bool]) -> None:
    """The first of a list's pages that fits, else the last one looked at."""
    for address in page.locator(links).evaluate_all("links => links.map(one => one.href)"):
        page.goto(address)
        page.wait_for_load_state("networkidle")
        if fits(page):
            return


def drawn(page: Page) -> bool:
    """Every letter is one that a machine without fonts for other scripts can draw."""
    return all(ord(letter) < FIRST_OF_OTHER_SCRIPTS for letter in page.locator("main").inner_text())


def untroubled(page: Page) -> bool:
    """An order as most are: nothing about it waits for a person."""
    return page.locator("#cases").count() == 0 and drawn(page)


def shot(page: Page, path: str, name: str) -> None:
    page.goto(path)
    page.wait_for_load_state("networkidle")
    page.screenshot(path=IMAGES / name)


def take(page: Page, order: str) -> None:
    """``home.png``, ``order-page.png`` and ``routing-why.png`` in docs/images."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    page.goto("/")
    page.wait_for_timeout(400)
    page.screenshot(path=IMAGES / "home.png")
    page.goto(f"/orders/?q={order.replace('#', '%23')}" if order else "/orders/?state=released")
    open_first(page, "table.orders .row-link", drawn if order else untroubled)
    page.set_viewport_size({"width": WIDTH, "height": 1180})
    page.screenshot(path=IMAGES / "order-page.png")
    # The bar at the top stays in sight while scrolling, and would stand in the middle of the panel.
    page.evaluate("document.querySelector('.oy-top').style.position = 'static'")
    page.locator("#why").screenshot(path=IMAGES / "routing-why.png")


if __name__ == "__main__":
    main()
