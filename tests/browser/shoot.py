"""The pictures in the README, taken from a running demo: ``make demo``, then ``python tests/browser/shoot.py``."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

IMAGES = Path(__file__).resolve().parents[2] / "docs/images"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
WIDTH = 1360


def main() -> None:
    """Log in, find the order, take the three pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--username", default="lee")
    parser.add_argument("--password", default="orderyard-demo")
    parser.add_argument("--order", default="", help="an order's number or id; empty: the newest released one")
    options = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=chromium, args=FLAGS)
        page = browser.new_page(base_url=options.url, viewport={"width": WIDTH, "height": 980})
        page.goto("/admin/login/?next=/")
        page.get_by_label("Username").fill(options.username)
        page.get_by_label("Password").fill(options.password)
        page.get_by_role("button", name="Log in").click()
        take(page, options.order)
        browser.close()


def take(page: Page, order: str) -> None:
    """``home.png``, ``order-page.png`` and ``routing-why.png`` in docs/images."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    page.goto("/")
    page.wait_for_timeout(400)
    page.screenshot(path=IMAGES / "home.png")
    page.goto(f"/orders/?q={order.replace('#', '%23')}" if order else "/orders/?state=released")
    page.locator("table.orders .row-link").first.click()
    page.wait_for_load_state("networkidle")
    page.set_viewport_size({"width": WIDTH, "height": 1180})
    page.screenshot(path=IMAGES / "order-page.png")
    # The bar at the top stays in sight while scrolling, and would stand in the middle of the panel.
    page.evaluate("document.querySelector('.oy-top').style.position = 'static'")
    page.locator("#why").screenshot(path=IMAGES / "routing-why.png")


if __name__ == "__main__":
    main()
