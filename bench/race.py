"""Three hundred one-unit orders race for a hundred units in stock, through HTTP, three times over.

``.venv/bin/python -m bench.race [--orders 300] [--stock 100] [--clients 16] [--runs 3] [--json]``. Exits 1 unless, in
every run, exactly the stock is reserved and the counters are the sums of their rows.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
import time
from itertools import count

from bench.harness import Yard, start_all, yard

SETTLE_S = 90


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=300)
    parser.add_argument("--stock", type=int, default=100)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with yard() as up:
        up.run("-m", "bench.race_setup", str(options.stock), str(options.runs))
        start_all(up, with_partners=False)
        runs = [race(up, run, options.orders, options.clients) for run in range(options.runs)]
    good = all(run["reserved"] == min(options.stock, options.orders) and run["holds"] for run in runs)
    if options.json:
        print(json.dumps({"holds": good, "stock": options.stock, "orders": options.orders, "runs": runs}))
    else:
        for run in runs:
            print(run)
        print("holds" if good else "BROKEN")
    sys.exit(0 if good else 1)


def race(up: Yard, run: int, orders: int, clients: int) -> dict[str, object]:
    """One run on a SKU of its own; returns what was accepted, reserved, and whether counter and rows agree."""
    numbers, lock, accepted = count(), threading.Lock(), []

    def client() -> None:
        connection = up.connect()
        while True:
            with lock:
                number = next(numbers)
            if number >= orders:
                return
            status, answer = up.request(
                connection, "POST", "/api/v1/orders", _body(run, number), key=f"r{run}-{number}"
            )
            accepted.append(status)
            if status != 201:
                raise SystemExit(f"{status}: {answer[:300]!r}")

    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {"run": run + 1, "accepted": len(accepted), **_settled(up, run)}


def _settled(up: Yard, run: int) -> dict[str, object]:
    """Once nothing is due any more: the level's counter, the sum of its claims, and of its ledger."""
    deadline = time.monotonic() + SETTLE_S
    while time.monotonic() < deadline and _number(
        up, "SELECT count(*) FROM orchestration_steprun WHERE state <> 'done'"
    ):
        time.sleep(0.2)
    where = f"WHERE l.sku_id = (SELECT id FROM catalog_sku WHERE code = 'RACE-{run}')"
    counter = _number(up, f"SELECT sum(reserved) FROM inventory_stocklevel l {where}")
    rows = _number(
        up,
        f"SELECT coalesce(sum(r.quantity), 0) FROM inventory_reservation r JOIN inventory_stocklevel l ON l.id = r.level_id {where} "
        "AND r.state IN ('reserved', 'allocated')",
    )
    ledger = _number(
        up,
        f"SELECT sum(m.reserved_delta) FROM inventory_stockmovement m JOIN inventory_stocklevel l ON l.id = m.level_id {where}",
    )
    waiting = _number(up, "SELECT count(*) FROM casework_exceptioncase WHERE type = 'no_stock'")
    return {"reserved": counter, "claims": rows, "ledger": ledger, "cases": waiting, "holds": counter == rows == ledger}


def _number(up: Yard, sql: str) -> int:
    return int(str(up.query(sql)[0][0] or 0))


def _body(run: int, number: int) -> dict[str, object]:
    return {
        "channel": "bench",
        "external_id": f"race-{run}-{number}",
        "placed_at": "2026-11-20T10:00:00Z",
        "currency": "GBP",
        "shipping_address": {
            "name": "R",
            "line1": f"{number} High Street",
            "city": "Leeds",
            "postal_code": "LS1 1AA",
            "country": "GB",
        },
        "lines": [{"line_id": "1", "sku": f"RACE-{run}", "quantity": 1, "unit_price": 1000}],
    }


if __name__ == "__main__":
    main()
