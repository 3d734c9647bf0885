"""The demo's five shops sell the same shelves: what each lists is put into the sandbox, and taken in over the API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
from django.conf import settings

from apps.demo import shop
from apps.demo.http_client import FrontDoor

# Channel → the simulated shop behind it.
SHOPS = {"shop-uk": "shopify", "woo-outlet": "woo", "amazon-uk": "amazon", "ebay-uk": "ebay", "etsy": "etsy"}


def fill_shelves() -> None:
    """Have each simulated shop list the products, with none to sell until it is sent how many there are."""
    with httpx.Client(base_url=settings.ORDERYARD["SANDBOX_URL"], timeout=30) as sandbox:
        for name in SHOPS.values():
            sandbox.post(f"/_catalog/{name}", json={"items": list(_items())}).raise_for_status()


def _items() -> Iterator[dict[str, Any]]:
    for number, product in enumerate(shop.PRODUCTS):
        yield {
            "sku": product.code,
            "title": product.name,
            "price": f"{product.price / 100:.2f}",
            "weight_g": product.weight_g,
            "barcode": f"50{number:011}",
            "available": 0,
        }


def read_catalogs(door: FrontDoor) -> set[str]:
    """Ask for every shop's catalog; a second run of the demo finds them read. Returns the ids of the imports."""
    started = set()
    done = {one["channel"] for one in door.get("catalog-imports", limit=100)["items"]}
    for channel in door.get("channels", limit=100)["items"]:
        if channel["code"] in SHOPS and channel["id"] not in done:
            answer = door.post("catalog-imports", {"channel": channel["id"]}, key=f"demo-catalog-{channel['id']}")
            started |= {answer.json()["id"]} if answer.is_success else set()
    return started


def take_catalogs_in(door: FrontDoor, started: set[str]) -> None:
    """Whatever was read and compared of these is what the shop's owner wants; an import that somebody else started is theirs."""
    for run in door.get("catalog-imports", state="ready", limit=100)["items"] if started else []:
        if run["id"] in started:
            door.post(f"catalog-imports/{run['id']}/apply", {})
            started.discard(run["id"])
