"""Many orders in one body: how fast they are taken in, and what it costs.

``.venv/bin/python -m bench.bulk --orders 10000 [--json]``. One client hands the body in and asks the job how far it is
until every order exists; the workers check, route and release what is in already meanwhile, as in life. Then it waits
until those steps are done too, and a node's software confirms all shipments, a wave of 100 in a call.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from typing import Any

from bench import metronome
from bench.bodies import order_body
from bench.harness import Yard, settle, start_all, yard
from bench.order_path import TO_DO, departure, shipped_orders

SKUS = 200
WAVE = 100


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=10_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with yard() as up:
        up.run("-m", "bench.order_path_setup", "0")
        start_all(up, with_partners=False)
        take_in(up, 200, first=10**9)
        settle(up)
        ship_all(up)
        settle(up)
        result = measure(up, options.orders)
    print(json.dumps(result) if options.json else "\n".join(f"{name:32} {value}" for name, value in result.items()))


def measure(up: Yard, orders: int) -> dict[str, Any]:
    before, began = up.cpu(), time.monotonic()
    with metronome.listening() as beats:
        answered, counts = take_in(up, orders, first=1)
        accepted, after = time.monotonic() - began, up.cpu()
        settle(up)
        released, ready = time.monotonic() - began, up.cpu()
        ship_all(up)
        settle(up)
    shipped, last = time.monotonic() - began, up.cpu()
    return {
        "orders": orders,
        "counts": counts,
        "answered_after_s": round(answered, 2),
        "accepted_after_s": round(accepted, 2),
        "accepted_per_s": round(orders / accepted),
        "cpu_ms_per_order_until_accepted": per_order(before, after, orders),
        "released_after_s": round(released, 2),
        "cpu_ms_per_order_until_released": per_order(before, ready, orders),
        "shipped_after_s": round(shipped, 2),
        "cpu_ms_per_order_until_shipped": per_order(before, last, orders),
        "orders_shipped": shipped_orders(up),
        "machine_slowness": metronome.slowness(beats),
    }


def per_order(before: dict[str, float], after: dict[str, float], orders: int) -> dict[str, float]:
    """CPU milliseconds an order, by part and in all."""
    parts = {name: round((after[name] - before[name]) * 1000 / orders, 3) for name in after}
    return {**parts, "all": round(sum(parts.values()), 3)}


def take_in(up: Yard, orders: int, *, first: int) -> tuple[float, dict[str, int]]:
    """Hand a body in and wait until all of it is orders; returns when the server answered, and what became of the rows."""
    chance = random.Random(first)
    bodies = [order_body(first + n, skus=SKUS, chance=chance) for n in range(orders)]
    channel = bodies[0]["channel"]
    body = {"channel": channel, "orders": [{k: v for k, v in one.items() if k != "channel"} for one in bodies]}
    began, connection = time.monotonic(), up.connect()
    status, answer = up.request(connection, "POST", "/api/v1/orders/bulk", body, key=f"bulk-{first}")
    answered = time.monotonic() - began
    if status != 202:
        raise SystemExit(f"{status}: {answer[:500]!r}")
    job = json.loads(answer)["id"]
    while True:
        # Only what was refused is asked for: nothing, so that asking costs next to nothing.
        _, answer = up.request(connection, "GET", f"/api/v1/jobs/{job}?outcome=refused")
        job_state = json.loads(answer)
        if job_state["state"] == "done":
            return answered, job_state["counts"]
        time.sleep(0.05)


def ship_all(up: Yard) -> None:
    """List what may be worked on, oldest first, and confirm it wave by wave, until there is nothing left."""
    connection = up.connect()
    while rows := json.loads(up.request(connection, "GET", TO_DO)[1])["items"]:
        for at in range(0, len(rows), WAVE):
            items = [{**departure(row), "fulfillment_order": row["id"]} for row in rows[at : at + WAVE]]
            status, answer = up.request(connection, "POST", "/api/v1/shipments", {"items": items})
            if status != 200 or json.loads(answer)["refused"]:
                raise SystemExit(f"{status}: {answer[:500]!r}")


if __name__ == "__main__":
    main()
