"""A shop is asked again for all of its orders and nothing has changed: CPU of all processes, and what was written.

``.venv/bin/python -m bench.reconcile --orders 10000 [--json]``: the sandbox's Shopify has the orders, all of which are known
here at their newest version, and a reconciliation is measured from the request until it is finished. The sandbox itself runs beside
the product and is not counted. What all processes cost while they have nothing to do is measured before and given apart, because
how long it takes is the shop's matter: it answers a page at a time.
"""

from __future__ import annotations

import argparse
import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from bench import metronome
from bench.harness import Yard, settle, start_all, yard
from orchestrator.sandbox import start
from orchestrator.sandbox.shops.shopify import Shopify

# Half a minute of CPU for 10,000; fewer are held to the same for each.
LIMIT_MS, LONGEST_S = 30_000 / 10_000, 1_200.0
ORDERS_PER_MINUTE, IDLE_S = 2, 20.0
# How far it has come; and what a clock learns of orders meanwhile.
OWN = ("channels_channel", "orders_channelhabit")


def main() -> None:
    """Exits 1 where it takes more CPU than its limit, or writes anything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=10_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    sandbox = start(secret="sandbox-signs")
    shop = sandbox.shops["shopify"]
    assert isinstance(shop, Shopify)
    fill(shop, options.orders)
    try:
        with yard() as up:
            up.run("-m", "bench.reconcile_setup", f"{sandbox.url}/shopify", str(options.orders))
            start_all(up, with_partners=True)
            settle(up)
            result = {"orders": options.orders, **measure(up, options.orders)}
    finally:
        sandbox.stop()
    result["holds"] = result["cpu_ms_an_order"] <= LIMIT_MS and not result["written"]
    print(json.dumps(result) if options.json else "\n".join(f"{name:24} {value}" for name, value in result.items()))
    raise SystemExit(0 if result["holds"] else 1)


def fill(shop: Shopify, count: int) -> None:
    """Orders placed one after the other, the last an hour ago."""
    shop.strict = True
    shop.restores = shop.most_in_bucket = shop.bucket = 1e9
    last = datetime.now(UTC) - timedelta(hours=1)
    for number in range(1, count + 1):
        at = f"{last - timedelta(minutes=(count - number) / ORDERS_PER_MINUTE):%Y-%m-%dT%H:%M:%SZ}"
        shop.put(order(number, at))


def order(number: int, at: str) -> dict[str, Any]:
    return {
        "id": number, "name": f"#{number}", "created_at": at, "updated_at": at, "cancelled_at": None, "currency": "GBP",
        "financial_status": "paid", "taxes_included": True, "total_price": "20.00", "total_tax": "0.00",
        "total_discounts": "0.00", "email": f"pat.canary{number}@example.test",
        "shipping_address": {
            "name": "Pat Canary", "address1": f"{number} Canary Row", "city": "Leeds", "zip": "LS1 1AA", "country_code": "GB",
        },
        "line_items": [
            {"id": number * 10, "sku": f"B-{number % 200:04}", "title": "Thing", "quantity": 2, "price": "10.00"}
        ],
        "shipping_lines": [],
    }  # fmt: skip


def reconcile(up: Yard, count: int) -> None:
    """Ask for a reconciliation by the API and wait until it has looked at everything."""
    channel = str(up.query("SELECT public_id FROM channels_channel WHERE code = 'shop'")[0][0])
    since = datetime.now(UTC) - timedelta(days=1, minutes=count / ORDERS_PER_MINUTE)
    path = f"/api/v1/channels/{channel}/reconcile"
    status, said = up.request(up.connect(), "POST", path, {"since": since.isoformat()})
    if status != 200:
        raise SystemExit(f"the reconciliation was not begun: {status} {said[:300]!r}")
    began = time.monotonic()
    while not up.query("SELECT 1 FROM channels_channel WHERE code = 'shop' AND reconciling ? 'finished_at'"):
        if time.monotonic() - began > LONGEST_S:
            raise SystemExit("the reconciliation does not end")
        time.sleep(0.1)


def _orders(up: Yard) -> int:
    return int(str(up.query("SELECT count(*) FROM orders_order")[0][0]))


def measure(up: Yard, count: int) -> dict[str, Any]:
    idle = _idle(up)
    written, before, began = _written(up), up.cpu(), time.monotonic()
    with metronome.listening() as beats:
        reconcile(up, count)
    after, wall = up.cpu(), time.monotonic() - began
    settle(up)
    parts = {part: round(after[part] - before[part], 1) for part in after}
    total = sum(after.values()) - sum(before.values())
    own = total - idle * wall
    return {
        "known": _orders(up),
        "cpu_s": round(own, 1),
        "with_idling_cpu_s": round(total, 1),
        "idling_share_of_a_core": round(idle, 3),
        "parts": parts,
        "wall_s": round(wall, 1),
        "cpu_ms_an_order": round(own * 1_000 / count, 2),
        "written": {
            table: rows - written[table]
            for table, rows in _written(up).items()
            if rows != written[table] and not table.startswith(OWN)
        },
        "machine_slowness": metronome.slowness(beats),
    }


def _idle(up: Yard) -> float:
    """CPU seconds a second of all processes that have nothing to do."""
    before, began = sum(up.cpu().values()), time.monotonic()
    time.sleep(IDLE_S)
    return (sum(up.cpu().values()) - before) / (time.monotonic() - began)


def _written(up: Yard) -> dict[str, int]:
    """Rows of orders and of messages that were ever inserted, changed or deleted, by table."""
    # Counts of a session are reported once a second.
    time.sleep(1.5)
    rows = up.query(
        "SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_user_tables "
        "WHERE relname ~ '^(orders|channels|casework|inventory|fulfillment|routing)_'"
    )
    return {str(table): int(str(count)) for table, count in rows}


if __name__ == "__main__":
    main()
