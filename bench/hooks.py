"""Shopify webhooks at a steady rate: how soon they are acknowledged, and how soon a partner has the work.

``.venv/bin/python -m bench.hooks --rate 50 --seconds 20 [--json]`` for the first; for the second with ``--partners --rate 10``:
every node is then a simulated 3PL's, so that each order ends in calls to a partner that accepts, ships and delivers, and the
time runs from the order's acceptance to the partner's acknowledgement, at the database's clock. Without, the nodes are our own.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import hmac
import http.client
import json
import queue
import random
import threading
import time
from typing import Any

from bench import metronome
from bench.harness import Yard, quiet, start_all, yard
from orchestrator.embedded.demo_processes import sandbox, url_of
from orchestrator.embedded.ports import reserve

SECRET = "whsec_YmVuY2gtc2VjcmV0LW9mLXRoZS1ob29rcw=="
SENDERS = 8


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=50.0, help="webhooks a second")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--partners", action="store_true", help="the nodes are partners'")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with yard() as up, reserve(None, purpose="the partners", say=quiet) as listener:
        up.env["SANDBOX_URL"] = url_of(listener)
        up.start(sandbox(listener))
        up.run("-m", "bench.hooks_setup", *([up.env["SANDBOX_URL"]] if options.partners else []))
        start_all(up, with_partners=options.partners)
        send(up, count=100, rate=20.0, first=10**6)
        result = measure(up, options.rate, int(options.rate * options.seconds), partners=options.partners)
    print(json.dumps(result) if options.json else "\n".join(f"{name:32} {value}" for name, value in result.items()))


def measure(up: Yard, rate: float, count: int, *, partners: bool) -> dict[str, Any]:
    before = up.cpu()
    with metronome.listening() as beats:
        latencies = sorted(send(up, count=count, rate=rate, first=1))
        waited = wait_for_partner(up, count, "submitted_at" if partners else "created_at")
    after = up.cpu()
    parts = {name: round((after[name] - before[name]) * 1000 / count, 2) for name in after}
    return {
        "webhooks": count,
        "rate_per_s": rate,
        "acknowledged_p50_ms": round(latencies[len(latencies) // 2], 1),
        "acknowledged_p95_ms": round(latencies[int(len(latencies) * 0.95)], 1),
        "submitted_p50_s" if partners else "assigned_p50_s": waited[0],
        "submitted_p95_s" if partners else "assigned_p95_s": waited[1],
        "cpu_ms_per_order": {**parts, "total": round(sum(parts.values()), 2)},
        "machine_slowness": metronome.slowness(beats),
    }


def wait_for_partner(up: Yard, count: int, moment: str) -> tuple[float, float]:
    """Seconds from acceptance to that moment of its last fulfillment order, median and p95, once every order has got there."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        row = up.query(
            "SELECT count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY s), percentile_cont(0.95) WITHIN GROUP (ORDER BY s) "
            f"FROM (SELECT extract(epoch FROM max(f.{moment}) - min(o.received_at)) s FROM fulfillment_fulfillmentorder f "
            "JOIN orders_order o ON o.id = f.order_id WHERE o.external_id::bigint < 1000000 "
            f"GROUP BY o.id HAVING count(*) = count(f.{moment})) of_orders"
        )[0]
        if int(str(row[0])) >= count:
            return round(float(str(row[1])), 2), round(float(str(row[2])), 2)
        time.sleep(0.5)
    raise SystemExit(f"only {row[0]} of {count} orders reached the partner")


def send(up: Yard, *, count: int, rate: float, first: int) -> list[float]:
    """``count`` webhooks, one every 1/``rate`` s whatever the answers take; the latencies of the answers in ms."""
    turns: queue.Queue[int | None] = queue.Queue()
    latencies: list[float] = []

    def sender() -> None:
        connection = up.connect()
        while (number := turns.get()) is not None:
            body = json.dumps(_order(number)).encode()
            began = time.monotonic()
            status = _post(connection, body, number)
            latencies.append((time.monotonic() - began) * 1000)
            if status not in (200, 202):
                raise SystemExit(f"webhook {number}: {status}")

    threads = [threading.Thread(target=sender) for _ in range(SENDERS)]
    for thread in threads:
        thread.start()
    began = time.monotonic()
    for turn in range(count):
        time.sleep(max(0.0, began + turn / rate - time.monotonic()))
        turns.put(first + turn)
    for _ in threads:
        turns.put(None)
    for thread in threads:
        thread.join()
    return latencies


def _post(connection: http.client.HTTPConnection, body: bytes, number: int) -> int:
    proof = base64.b64encode(hmac.new(SECRET.encode(), body, hashlib.sha256).digest()).decode()
    headers = {
        "Content-Type": "application/json",
        "X-Shopify-Topic": "orders/create",
        "X-Shopify-Hmac-Sha256": proof,
        "X-Shopify-Webhook-Id": f"w-{number}",
    }
    connection.request("POST", "/hooks/shopify/hooks/", body, headers)
    response = connection.getresponse()
    response.read()
    return response.status


def _order(number: int) -> dict[str, Any]:
    """A paid Shopify order of one to three units of two SKUs."""
    chance = random.Random(number)
    lines = [
        {
            "id": n,
            "sku": f"B-{chance.randrange(200):04}",
            "title": "Good",
            "quantity": chance.randint(1, 3),
            "price": "12.50",
        }
        for n in (1, 2)
    ]
    total = sum(12.5 * line["quantity"] for line in lines)  # type: ignore[operator]
    return {
        "id": number, "name": f"#{number}", "created_at": "2026-11-02T09:00:00Z", "updated_at": "2026-11-02T09:00:00Z",
        "cancelled_at": None, "currency": "GBP", "financial_status": "paid", "taxes_included": True,
        "total_price": f"{total:.2f}", "total_tax": "0.00", "total_discounts": "0.00", "email": f"b{number}@example.test",
        "shipping_address": {
            "name": "Bench Buyer", "address1": f"{number} High Street", "city": "Leeds", "zip": "LS1 1AA", "country_code": "GB",
        },
        "line_items": lines, "shipping_lines": [],
    }  # fmt: skip


if __name__ == "__main__":
    main()
