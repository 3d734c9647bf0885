"""A sale in one channel, and how soon two other shops show what is left.

``.venv/bin/python -m bench.stock_out --rate 20 --seconds 30 [--json]``: orders come in by the API at a steady rate, workers and
beat run as in life, and two simulated shops that list every SKU take figures. The time of a sale runs from the moment its order is
posted to the moment the later of the two shops takes the first figure in which it is counted; the answer takes ``--shop-ms``.
"""

from __future__ import annotations

import argparse
import bisect
import json
import random
import shutil
import statistics
import threading
import time
from pathlib import Path
from typing import Any

from bench import metronome
from bench.bodies import order_body
from bench.harness import Yard, start_all, yard
from orchestrator.embedded.paths import PROJECT
from tests.channels.shops import Reply, shop_server
from tests.channels.toy_shop import ToyShop

UNITS, SKUS, SHOPS, SENDERS = 100_000, 200, 2, 4
LIMIT_S = 5.0


class TimedShop(ToyShop):
    """Keeps when it took which figure."""

    pause_s = 0.0

    def _act(self, method: str, path: str, query: dict[str, str], body: Any) -> Reply:
        if method == "PUT":
            time.sleep(self.pause_s)
        return super()._act(method, path, query, body)

    def _take(self, figure: dict[str, Any]) -> dict[str, Any]:
        answer = super()._take(figure)
        if answer["taken"]:
            self.__dict__.setdefault("moments", []).append((time.monotonic(), figure["article"], figure["available"]))
        return answer


def main() -> None:
    """Exits 1 where the 95th percentile is over the limit, or a sale was never sent."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=20.0, help="orders a second")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--shop-ms", type=float, default=100.0, help="what a call to a shop takes")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    shops = [TimedShop() for _ in range(SHOPS)]
    for shop in shops:
        shop.pause_s = options.shop_ms / 1000
    with shop_server(shops[0]), shop_server(shops[1]), yard() as up:
        install_toy(up)
        up.run("-m", "bench.stock_out_setup", *(shop.url for shop in shops))
        start_all(up, with_partners=True)
        _wait_until(
            lambda: all(len(shop.stock) == SKUS for shop in shops), "the shops were not sent their first figures"
        )
        result = measure(up, shops, options.rate, int(options.rate * options.seconds))
    result["holds"] = result["p95_s"] <= LIMIT_S and not result["never_sent"]
    print(json.dumps(result) if options.json else "\n".join(f"{name:24} {value}" for name, value in result.items()))
    raise SystemExit(0 if result["holds"] else 1)


def install_toy(up: Yard) -> None:
    """The adapter that channels of others are copied from, in a package of its own."""
    folder = Path(up.env["ORDERYARD_LOCAL"]) / "packages"
    shutil.copytree(PROJECT / "tests/channels/toy_channel", folder / "bench_channels/toy")
    (folder / "bench_channels/__init__.py").touch()
    up.env |= {"CHANNEL_ADAPTER_PACKAGES": "bench_channels", "PYTHONPATH": str(folder)}


def measure(up: Yard, shops: list[TimedShop], rate: float, count: int) -> dict[str, Any]:
    for shop in shops:
        shop.__dict__["moments"] = []
    before = up.cpu()
    with metronome.listening() as beats:
        sales = sell(up, rate, count)
        left = _left(sales)
        _wait_until(lambda: all(shop.stock[sku] == units for shop in shops for sku, units in left.items()), "")
    after = up.cpu()
    delays, never = delays_of(sales, shops)
    parts = {name: round((after[name] - before[name]) * 1000 / count, 2) for name in after}
    return {
        "orders": count,
        "rate_per_s": rate,
        "sales": len(sales),
        "p50_s": round(statistics.median(delays), 2),
        "p95_s": round(delays[int(len(delays) * 0.95)], 2),
        "worst_s": round(delays[-1], 2),
        "never_sent": never,
        "calls": sum(len(shop.asked("PUT")) for shop in shops),
        "figures": sum(len(shop.__dict__["moments"]) for shop in shops),
        "cpu_ms_per_order": {**parts, "total": round(sum(parts.values()), 2)},
        "machine_slowness": metronome.slowness(beats),
    }


Sale = tuple[float, str, int]


def sell(up: Yard, rate: float, count: int) -> list[Sale]:
    """When each line was posted, its SKU and units; posted at the rate whatever the answers take."""
    chance, sales, turns = random.Random(7), list[Sale](), iter(range(count))
    lock, began = threading.Lock(), time.monotonic()

    def sender() -> None:
        connection = up.connect()
        while True:
            with lock:
                turn = next(turns, None)
                if turn is None:
                    return
                body = order_body(turn, skus=SKUS, chance=chance)
            time.sleep(max(0.0, began + turn / rate - time.monotonic()))
            at = time.monotonic()
            with lock:
                sales.extend((at, str(line["sku"]), int(line["quantity"])) for line in body["lines"])  # type: ignore[attr-defined]
            status, answer = up.request(connection, "POST", "/api/v1/orders", body, key=f"stock-{turn}")
            if status != 201:
                raise SystemExit(f"order {turn}: {status} {answer[:200]!r}")

    threads = [threading.Thread(target=sender) for _ in range(SENDERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sales


def _left(sales: list[Sale]) -> dict[str, int]:
    left = dict.fromkeys({sku for _, sku, _ in sales}, UNITS)
    for _, sku, units in sales:
        left[sku] -= units
    return left


def delays_of(sales: list[Sale], shops: list[TimedShop]) -> tuple[list[float], int]:
    """Sorted seconds from each sale until the later shop took a figure that counts it and all before it; and of how many that
    never came."""
    shown: list[dict[str, tuple[list[int], list[float]]]] = []
    for shop in shops:
        of_shop: dict[str, tuple[list[int], list[float]]] = {}
        for at, sku, units in shop.__dict__["moments"]:
            sold, moments = of_shop.setdefault(sku, ([], []))
            sold.append(UNITS - units)
            moments.append(at)
        shown.append(of_shop)
    total: dict[str, int] = {}
    delays, never = list[float](), 0
    for at, sku, units in sorted(sales):
        total[sku] = total.get(sku, 0) + units
        taken = []
        for of_shop in shown:
            sold, moments = of_shop.get(sku, ([], []))
            place = bisect.bisect_left(sold, total[sku])
            taken.append(moments[place] if place < len(moments) else None)
        if None in taken:
            never += 1
        else:
            delays.append(max(one for one in taken if one is not None) - at)
    return sorted(delays), never


def _wait_until(holds: Any, otherwise: str, seconds: float = 60.0) -> None:
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            if otherwise:
                raise SystemExit(otherwise)
            return
        time.sleep(0.1)


if __name__ == "__main__":
    main()
