"""One order after another through HTTP to shipped: throughput, latency, CPU of every process, statements.

``.venv/bin/python -m bench.order_path --orders 2000 --clients 8 [--json]``. Clients post orders, one a call; a node's
software lists the fulfillment orders it may work on and confirms what has left, up to 25 shipments in one call, as they
lie ready (``--wave 1``: each in a call of its own). Before and after it the plainest Django takes orders in
(``bench.plain``), so that the cost can be given as a ratio as well: the same machine gives a core twice the speed in one
minute that it gives in the next. ``--no-plain`` leaves that out.
"""

from __future__ import annotations

import argparse
import json
import os
import queue
import random
import statistics
import threading
import time
from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

from bench import metronome, plain
from bench.harness import Yard, settle, start_all, yard

SKUS = 200
SHIPPERS = 4
# How often the node's software asks for new work once it has handled all it saw.
POLL_S = 1.0
PLAIN_ORDERS = 1000
LISTS = 80
LIST_FILTERS = (
    "",
    "&state=released",
    "&channel=bench",
    "&q=bench-1",
    "&sort=placed_at",
    "&has_hold=true",
    "&state=shipped,delivered",
)
TO_DO = "/api/v1/fulfillment-orders?state=accepted&limit=200&sort=created_at"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=2000)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--before", type=int, default=1000, help="orders already in the database")
    parser.add_argument("--wave", type=int, default=25, help="shipments confirmed in one call")
    parser.add_argument("--rounds", type=int, default=1, help="measure so often; the round that cost least is told")
    parser.add_argument("--no-plain", action="store_true", help="no yardstick before and after")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    yardsticks = [] if options.no_plain else [_plain(options.clients)]
    with yard() as up:
        up.run("-m", "bench.order_path_setup", str(options.before))
        start_all(up, with_partners=False)
        drive(up, 200, 8, first=10**9, wave=options.wave)
        settle(up)
        rounds = [measure(up, options.orders, options.clients, options.wave, n) for n in range(options.rounds)]
    result = min(rounds, key=total) | ({"totals_of_rounds": [total(one) for one in rounds]} if len(rounds) > 1 else {})
    if yardsticks:
        result |= compared(result, [*yardsticks, _plain(options.clients)])
    if options.json:
        print(json.dumps(result))
    else:
        show(result)


def total(result: Mapping[str, Any]) -> float:
    return float(result["cpu_ms_per_order"]["total"])


def measure(up: Yard, orders: int, clients: int, wave: int, number: int = 0) -> dict[str, Any]:
    """``number``: of the round, so that its orders are new."""
    up.query("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
    up.query("SELECT pg_stat_statements_reset()")
    before, began = up.cpu(), time.monotonic()
    with metronome.listening() as beats:
        latencies, shipped_after = drive(up, orders, clients, first=1 + number * orders, wave=wave)
        wall = time.monotonic() - began
        # What follows a shipment (stock off the shelf, the order, its clocks, the shop) is part of what an order costs.
        settle(up)
    after = up.cpu()
    parts = {name: round((after[name] - before[name]) * 1000 / orders, 2) for name in after}
    statements = up.query(
        "SELECT sum(calls) FILTER (WHERE query !~* '^(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE)'), sum(calls) FROM pg_stat_statements "
        # What PostgreSQL asks itself to check foreign keys is not sent by anybody; its CPU is counted all the same.
        "WHERE query NOT LIKE '%pg_stat_statements%' AND query NOT LIKE 'SELECT % FOR KEY SHARE OF x'"
    )[0]
    latencies.sort()
    shipped_after.sort()
    return {
        "orders": orders,
        "clients": clients,
        "wave": wave,
        "orders_per_s": round(orders / wall, 1),
        "cpu_ms_per_order": {**parts, "total": round(sum(parts.values()), 2)},
        "machine_slowness": metronome.slowness(beats),
        "sql_per_order": round(int(str(statements[0])) / orders, 1),
        "sql_per_order_with_transaction_control": round(int(str(statements[1])) / orders, 1),
        "p50_ms": round(statistics.median(latencies), 1),
        "p95_ms": round(latencies[int(len(latencies) * 0.95)], 1),
        "accepted_to_assigned_p95_s": assigned_p95(up),
        "accepted_to_shipped_p95_s": round(shipped_after[int(len(shipped_after) * 0.95)], 2),
        "order_list_cpu_ms": order_list(up),
    }


def _plain(clients: int) -> float:
    return float(plain.yardstick(PLAIN_ORDERS, clients)["cpu_ms_per_order"]["total"])


def compared(result: Mapping[str, Any], yardsticks: Sequence[float]) -> dict[str, float]:
    """The cost held against the plainest Django's, of the same minutes on the same machine."""
    mean = statistics.mean(yardsticks)
    return {
        "plain_cpu_ms_per_order": round(mean, 2),
        "ratio_to_plain": round(result["cpu_ms_per_order"]["total"] / mean, 2),
    }


def order_list(up: Yard) -> float:
    """CPU milliseconds, web and PostgreSQL, for a page of the order list; plain, and with each of a few filters."""
    # For two seconds after a burst PostgreSQL and the workers still tidy up: that is no cost of a list.
    time.sleep(5)
    connection, before = up.connect(), up.cpu()
    for number in range(LISTS):
        query = LIST_FILTERS[number % len(LIST_FILTERS)]
        status, answer = up.request(connection, "GET", f"/api/v1/orders?limit=50{query}")
        if status != 200:
            raise SystemExit(f"{status}: {answer[:300]!r}")
    after = up.cpu()
    return round(sum(after[part] - before[part] for part in ("web", "postgres")) * 1000 / LISTS, 1)


def assigned_p95(up: Yard) -> float:
    """From the order's acceptance to its fulfillment order's, at the database's clock."""
    row = up.query(
        "SELECT percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM f.created_at - o.received_at)) "
        "FROM fulfillment_fulfillmentorder f JOIN orders_order o ON o.id = f.order_id "
        "WHERE o.external_id LIKE 'bench-%'"
    )[0]
    return round(float(str(row[0])), 2)


def drive(up: Yard, orders: int, clients: int, *, first: int, wave: int) -> tuple[list[float], list[float]]:
    """Post ``orders`` orders with ``clients`` threads and ship them all; latencies of the posts in ms, to shipped in s."""
    day = _Day(up, orders, first, wave)
    threads = [threading.Thread(target=day.post) for _ in range(clients)]
    threads += [threading.Thread(target=day.find_work)]
    threads += [threading.Thread(target=day.ship) for _ in range(SHIPPERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return day.latencies, day.shipped


class _Day:
    """What the clients and the node's software share."""

    def __init__(self, up: Yard, orders: int, first: int, wave: int) -> None:
        self.latencies: list[float] = []
        self.shipped: list[float] = []
        self._up, self._orders, self._last = up, orders, first + orders
        self._wave = wave
        self._numbers, self._lock = count(first), threading.Lock()
        self._posted: dict[str, float] = {}
        self._work: queue.Queue[dict[str, str] | None] = queue.Queue()
        self._already = shipped_orders(up)

    def post(self) -> None:
        """A client: one order after another until all are posted."""
        connection, chance = self._up.connect(), random.Random(threading.get_ident())
        while (number := self._next()) < self._last:
            body, began = _body(number, chance), time.monotonic()
            status, answer = self._up.request(connection, "POST", "/api/v1/orders", body, key=f"k-{number}")
            self.latencies.append((time.monotonic() - began) * 1000)
            if status != 201:
                raise SystemExit(f"{status}: {answer[:300]!r}")
            self._posted[json.loads(answer)["id"]] = began

    def _next(self) -> int:
        with self._lock:
            return next(self._numbers)

    def find_work(self) -> None:
        """The node's software: list what may be worked on, oldest first; again once it is worked off, until all have shipped."""
        connection, deadline = self._up.connect(), time.monotonic() + 120
        handled: set[str] = set()
        while time.monotonic() < deadline:
            _, answer = self._up.request(connection, "GET", TO_DO)
            fresh = [row for row in json.loads(answer)["items"] if row["id"] not in handled]
            for row in fresh:
                handled.add(row["id"])
                self._work.put(row)
            while self._work.qsize() > SHIPPERS:
                time.sleep(0.01)
            if not fresh:
                if shipped_orders(self._up) - self._already >= self._orders:
                    break
                time.sleep(POLL_S)
        for _ in range(SHIPPERS):
            self._work.put(None)

    def ship(self) -> None:
        """One of its connections: confirm one wave after another, or, where a wave is one, one shipment."""
        connection = self._up.connect()
        while (rows := self._next_wave()) is not None:
            if self._wave == 1:
                path, body, done = f"/api/v1/fulfillment-orders/{rows[0]['id']}/ship", departure(rows[0]), 201
            else:
                items = [{**departure(row), "fulfillment_order": row["id"]} for row in rows]
                path, body, done = "/api/v1/shipments", {"items": items}, 200
            status, answer = self._up.request(connection, "POST", path, body)
            if status != done or json.loads(answer).get("refused"):
                raise SystemExit(f"{status}: {answer[:300]!r}")
            arrived = time.monotonic()
            self.shipped += [arrived - self._posted[row["order"]] for row in rows if row["order"] in self._posted]

    def _next_wave(self) -> list[dict[str, str]] | None:
        """What lies ready, up to a wave; waits for the first. None: the day is over."""
        row = self._work.get()
        rows = []
        while row is not None:
            rows.append(row)
            if len(rows) == self._wave:
                return rows
            try:
                row = self._work.get_nowait()
            except queue.Empty:
                return rows
        if rows:
            self._work.put(None)
        return rows or None


def departure(row: dict[str, str]) -> dict[str, object]:
    return {"external_id": "1", "carrier": "c", "parcels": [{"tracking_number": row["id"][-12:]}]}


def shipped_orders(up: Yard) -> int:
    return int(str(up.query("SELECT count(*) FROM orders_order WHERE state IN ('shipped', 'delivered')")[0][0]))


def _body(number: int, chance: random.Random) -> dict[str, object]:
    from bench.bodies import order_body

    return order_body(number, skus=SKUS, chance=chance)


def show(result: Mapping[str, object]) -> None:
    for name, value in result.items():
        print(f"{name:42} {value}")


if __name__ == "__main__":
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    main()
