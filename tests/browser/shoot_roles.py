"""The pictures in the pages per role, taken from a running demo: ``make demo``, then ``python tests/browser/shoot_roles.py``."""

from __future__ import annotations

import argparse
import shutil
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

IMAGES = Path(__file__).resolve().parents[2] / "docs/images"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@dataclass(frozen=True, slots=True)
class Shot:
    """``follow``: what is clicked first, the first of them."""

    name: str
    who: str
    address: str
    follow: str = ""
    width: int = 1360
    height: int = 980


SHOTS = (
    Shot("agent-queue.png", "dana", "/exceptions/"),
    Shot("agent-case.png", "dana", "/exceptions/?type=address_invalid", ".case-link"),
    Shot("lead-approvals.png", "lee", "/approvals/"),
    Shot("manager-approval-phone.png", "maya", "/approvals/", ".approval-link", 375, 812),
    Shot("operations-limits.png", "oscar", "/configuration/limits/"),
    Shot("operations-sla.png", "oscar", "/sla/"),
)


def main() -> None:
    """Log in as each of the people and take their pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--password", default="orderyard-demo")
    options = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=chromium, args=FLAGS)
        for shot in SHOTS:
            take(browser, shot, options.url, options.password)
        browser.close()


def take(browser: Browser, shot: Shot, url: str, password: str) -> None:
    context = browser.new_context(base_url=url, viewport={"width": shot.width, "height": shot.height})
    page = context.new_page()
    log_in(page, shot.who, password)
    page.goto(shot.address)
    if shot.follow:
        page.locator(shot.follow).first.click()
    page.wait_for_load_state("networkidle")
    page.screenshot(path=IMAGES / shot.name)
    context.close()


def log_in(page: Page, who: str, password: str) -> None:
    page.goto("/admin/login/?next=/")
    page.get_by_label("Username").fill(who)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/")


if __name__ == "__main__":
    main()
