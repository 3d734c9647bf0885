"""One shop hangs, or fails: what that does to another, as ratios to minutes of the same run in which both are well.

``.venv/bin/python -m bench.outage --rate 10 --rounds 3 [--json]``: signed webhooks of two shops bring orders at a steady rate, each
shop is sent what is left, and some orders of the first are called off here, which it has to be configured with. Of the second shop it is
measured how soon an order is there after its webhook was posted, and how soon the shop shows what is left after a sale. The
first one is well, hangs, is well again, and fails, in several rounds: the machine is not as fast in one minute as in the next.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import hmac
import http.client
import itertools
import json
import random
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bench.harness import Yard, settle, start_all, yard
from bench.stock_out import SKUS, TimedShop, install_toy
from tests.channels.shops import Reply, shop_server

SECRET = "bench-secret-of-the-toy-shops"
PHASES = ("well", "hangs", "well", "fails")
LIMIT, SENDERS, HANGS_S, CALLED_OFF = 1.2, 6, 15.0, 4
# A ratio of so little time says more of the machine than of the shop.
NEGLIGIBLE_S = 0.15
_numbers = itertools.count(1)


class UnwellShop(TimedShop):
    """``mood``: well, hangs or fails."""

    mood = "well"

    def answer(self, method: str, path: str, query: dict[str, str], body: dict[str, Any]) -> Reply:
        if self.mood == "hangs":
            time.sleep(HANGS_S)
        return (503, {"error": "down"}, {}) if self.mood != "well" else super().answer(method, path, query, body)


def main() -> None:
    """Exits 1 where the second shop is served later than the limit allows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=10.0, help="orders a second, of both shops together")
    parser.add_argument("--seconds", type=float, default=10.0, help="of each phase")
    parser.add_argument("--rounds", type=int, default=3, help="of four phases")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    sick, well = UnwellShop(), UnwellShop()
    with shop_server(sick), shop_server(well), yard() as up:
        install_toy(up)
        up.run("-m", "bench.stock_out_setup", sick.url, well.url)
        up.query(f"UPDATE channels_channel SET secret = '{SECRET}', default_country = 'GB' WHERE kind = 'toy'")
        start_all(up, with_partners=True)
        while not all(len(shop.stock) == SKUS for shop in (sick, well)):
            time.sleep(0.2)
        run(up, sick, well, options.rate, 3.0, "well", Measured())
        found = {mood: Measured() for mood in PHASES}
        for mood in PHASES * options.rounds:
            run(up, sick, well, options.rate, options.seconds, mood, found[mood])
    result = verdict(found)
    print(json.dumps(result) if options.json else "\n".join(f"{name:24} {value}" for name, value in result.items()))
    raise SystemExit(0 if result["holds"] else 1)


@dataclass
class Measured:
    """Seconds of the second shop's orders and sales in one mood of the first, of all rounds together."""

    order_in: list[float] = field(default_factory=list)
    stock_out: list[float] = field(default_factory=list)
    lost: int = 0

    def p95(self) -> dict[str, float]:
        found = {"order_in": sorted(self.order_in), "stock_out": sorted(self.stock_out)}
        return {what: round(seconds[int(len(seconds) * 0.95)], 2) for what, seconds in found.items()}


def verdict(found: dict[str, Measured]) -> dict[str, Any]:
    """Each outage against the minutes in which both are well, which stand between the others in each round."""
    p95 = {mood: measured.p95() for mood, measured in found.items()}
    ratios = {
        f"{mood}_{what}": round(max(p95[mood][what], NEGLIGIBLE_S) / max(p95["well"][what], NEGLIGIBLE_S), 2)
        for mood in ("hangs", "fails")
        for what in ("order_in", "stock_out")
    }
    lost = sum(measured.lost for measured in found.values())
    return {"p95_s": p95, "ratios": ratios, "lost": lost, "holds": max(ratios.values()) <= LIMIT and not lost}


def run(up: Yard, sick: UnwellShop, well: UnwellShop, rate: float, seconds: float, mood: str, found: Measured) -> None:
    """One phase; at its end the first shop is well again and catches up."""
    begun = dict(well.stock)
    well.__dict__["moments"] = []
    sick.mood, posted, over = mood, {}, threading.Event()
    sales: list[tuple[float, str, int]] = []
    caller = threading.Thread(target=_call_off, args=(up, over))
    caller.start()
    _post_all(up, rate, int(rate * seconds), posted, sales)
    left = dict(begun)
    for _, sku, units in sales:
        left[sku] -= units
    until = time.monotonic() + 60
    while time.monotonic() < until and any(well.stock[sku] != left[sku] for _, sku, _ in sales):
        time.sleep(0.2)
    over.set()
    caller.join()
    sick.mood = "well"
    settle(up)
    delays, entered = _delays(sales, begun, well), _entered(up, posted)
    found.stock_out += delays
    found.order_in += entered
    found.lost += len(sales) - len(delays) + len(posted) - len(entered)


def _post_all(up: Yard, rate: float, count: int, posted: dict[int, float], sales: list[tuple[float, str, int]]) -> None:
    turns, lock, began = iter(range(count)), threading.Lock(), time.monotonic()

    def sender() -> None:
        connection = up.connect()
        while True:
            with lock:
                turn, number = next(turns, None), next(_numbers)
            if turn is None:
                return
            order = _order(number)
            time.sleep(max(0.0, began + turn / rate - time.monotonic()))
            with lock:
                if number % 2:
                    sales.extend((time.monotonic(), line["sku"], line["units"]) for line in order["items"])
                    posted[number] = time.time()
            _post(connection, number, json.dumps(order).encode())

    threads = [threading.Thread(target=sender) for _ in range(SENDERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _post(connection: http.client.HTTPConnection, number: int, body: bytes) -> None:
    proof = base64.b64encode(hmac.new(SECRET.encode(), body, hashlib.sha256).digest()).decode()
    headers = {
        "Content-Type": "application/json",
        "toy-topic": "order-placed",
        "toy-signature": proof,
        "toy-delivery": f"d-{number}",
    }
    connection.request("POST", f"/hooks/toy/shop{number % 2}/", body, headers)
    response = connection.getresponse()
    said = response.read()
    if response.status not in (200, 202):
        raise SystemExit(f"webhook {number}: {response.status} {said[:200]!r}")


def _order(number: int) -> dict[str, Any]:
    """Each shop sells goods of its own, of which every other SKU is."""
    chance, at = random.Random(number), datetime.now(UTC).isoformat()
    units = chance.randint(1, 3)
    return {
        "number": number, "state": "paid", "currency": "GBP", "total": f"{units * 10}.00", "placed_at": at,
        "changed_at": at,
        "recipient": {
            "name": "Pat Canary", "street": f"{number} Canary Row", "city": "Leeds", "postcode": "LS1 1AA", "country": "GB",
        },
        "items": [{"line": 1, "sku": f"B-{chance.randrange(SKUS // 2) * 2 + number % 2:04}", "units": units, "price": "10.00"}],
    }  # fmt: skip


def _call_off(up: Yard, over: threading.Event) -> None:
    """A few orders of the first shop a second, which are to be reported to it."""
    connection = up.connect()
    while not over.wait(1.0):
        rows = up.query(
            "SELECT public_id FROM orders_order WHERE channel = 'shop0' AND state = 'released' "
            f"ORDER BY id DESC LIMIT {CALLED_OFF}"
        )
        for (ref,) in rows:
            up.request(connection, "POST", f"/api/v1/orders/{ref}/cancel", {"reason": "customer"}, key=f"off-{ref}")


def _delays(sales: list[tuple[float, str, int]], begun: dict[str, int], shop: UnwellShop) -> list[float]:
    """Sorted seconds from each sale until the shop took a figure that counts it and all before it."""
    found, sold = [], dict.fromkeys(begun, 0)
    for at, sku, units in sorted(sales):
        sold[sku] += units
        moments = shop.__dict__["moments"]
        taken = next((when for when, one, shown in moments if one == sku and begun[sku] - shown >= sold[sku]), None)
        found += [taken - at] if taken is not None else []
    return sorted(found)


def _entered(up: Yard, posted: dict[int, float]) -> list[float]:
    """Sorted seconds from posting a webhook of the second shop until its order was there."""
    rows = up.query(
        "SELECT external_id, extract(epoch FROM received_at) FROM orders_order WHERE channel = 'shop1' "
        f"AND external_id = ANY('{{{','.join(map(str, posted))}}}')"
    )
    return sorted(float(str(at)) - posted[int(str(number))] for number, at in rows)


if __name__ == "__main__":
    main()
