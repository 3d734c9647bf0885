"""A shop's catalog read, compared and applied, and once more with nothing changed: CPU of all processes, memory of the workers.

``.venv/bin/python -m bench.catalog_in --variants 50000 [--json]``: a simulated shop gives its catalog in pages of 250.
"""

from __future__ import annotations

import argparse
import json
import time
from typing import Any

import psutil

from bench.harness import Yard, start_all, yard
from bench.stock_out import install_toy
from tests.channels.shops import shop_server
from tests.channels.toy_shop import ToyShop

# A minute of CPU for 50,000; fewer are held to the same for each.
LIMIT_MS, LONGEST_S = 60_000 / 50_000, 1_200.0


def main() -> None:
    """Exits 1 where the first import takes more CPU than its limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--variants", type=int, default=50_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    shop = ToyShop(page_size=250, articles=[article(number) for number in range(options.variants)])
    with shop_server(shop), yard() as up:
        install_toy(up)
        up.run("-m", "bench.stock_out_setup", shop.url)
        start_all(up, with_partners=True)
        first, again = take_in(up, "first"), take_in(up, "again")
    result = {"variants": options.variants, **first, **again}
    result["cpu_ms_a_variant"] = round(first["cpu_s_first"] * 1_000 / options.variants, 2)
    result["holds"] = result["cpu_ms_a_variant"] <= LIMIT_MS
    print(json.dumps(result) if options.json else "\n".join(f"{name:24} {value}" for name, value in result.items()))
    raise SystemExit(0 if result["holds"] else 1)


def article(number: int) -> dict[str, Any]:
    return {
        "id": number,
        "stock_id": f"inv-{number}",
        "sku": f"VARIANT-{number:06}",
        "title": f"A thing that somebody sells, number {number}",
        "options": {"Size": "M", "Colour": "blue"},
        "barcodes": [f"4{number:012}"],
        "grams": 100 + number % 900,
        "price": "12.50",
        "cost": "4.10",
        "currency": "GBP",
        "picture": f"https://pictures.example/{number}.webp",
        "tracked": True,
    }


def take_in(up: Yard, name: str) -> dict[str, Any]:
    """CPU seconds by part; ``rss``: the most that a worker held, in MB."""
    before, began, most = up.cpu(), time.monotonic(), 0
    channel = str(up.query("SELECT public_id FROM channels_channel WHERE code = 'shop0'")[0][0])
    _, body = up.request(up.connect(), "POST", "/api/v1/catalog-imports", {"channel": channel}, key=f"start-{name}")
    ref = json.loads(body)["id"]
    for state in ("ready", "done"):
        while (standing := _state(up, ref)) != state:
            if standing not in ("reading", "comparing", "applying", "ready") or time.monotonic() - began > LONGEST_S:
                raise SystemExit(f"the import is {standing}")
            most = max(most, _rss(up))
            time.sleep(0.2)
        if state == "ready":
            up.request(up.connect(), "POST", f"/api/v1/catalog-imports/{ref}/apply", {}, key=f"apply-{name}")
    after = up.cpu()
    parts = {part: round(after[part] - before[part], 1) for part in after}
    total = round(sum(parts.values()), 1)
    wall = round(time.monotonic() - began, 1)
    return {f"cpu_s_{name}": total, f"parts_{name}": parts, f"wall_s_{name}": wall, f"rss_mb_{name}": most}


def _state(up: Yard, ref: str) -> str:
    return str(up.query(f"SELECT state FROM listings_catalogimport WHERE public_id = '{ref}'")[0][0])


def _rss(up: Yard) -> int:
    workers = [child.pid for name, child in up.children.items() if name != "web"]
    found = [one for pid in workers for one in [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]]
    return max(one.memory_info().rss for one in found) // 2**20


if __name__ == "__main__":
    main()
