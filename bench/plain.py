"""The yardstick: the same order in the plainest Django, over HTTP on this machine.

``.venv/bin/python -m bench.plain --orders 1000 --clients 8 [--json]``. One view writes with the ORM, row by row, what an order
is at the least: header, lines, contacts, a claim and a ledger line for each line, the stock counter, an event; no checks, no
routing, no idempotency, no history, no shipment, nothing kept of how it was decided. What the product does more has to be
worth its ratio to this.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import subprocess
import sys
import threading
import time
from itertools import count
from typing import Any

from bench import metronome
from bench.bodies import order_body
from bench.harness import PROJECT, quiet, tree_cpu
from orchestrator.embedded.paths import throwaway_folder
from orchestrator.embedded.ports import free_port
from orchestrator.embedded.servers import servers

SKUS = 200


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=1000)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    result = yardstick(options.orders, options.clients)
    print(json.dumps(result) if options.json else "\n".join(f"{name:24} {value}" for name, value in result.items()))


def yardstick(orders: int, clients: int) -> dict[str, Any]:
    """What ``orders`` orders cost the plainest Django, on servers of its own."""
    with throwaway_folder() as folder, servers(folder, throwaway=False, say=quiet) as pair:
        port = free_port(None, purpose="the yardstick", say=quiet)
        argv = [sys.executable, "-m", "granian", "bench.plain_site:application", "--interface", "wsgi"]
        argv += ["--host", "127.0.0.1", "--port", str(port), "--http", "1", "--no-ws", "--log-level", "error"]
        argv += ["--workers", "2", "--blocking-threads", "3"]
        env = {"PLAIN_DATABASE": pair.database_url, "PATH": os.environ["PATH"]}
        subprocess.run([sys.executable, "-m", "bench.plain_site"], cwd=PROJECT, env=env, check=True)
        web = subprocess.Popen(argv, cwd=PROJECT, env=env)
        try:
            return measure(port, web.pid, pair.postgres.pid, orders, clients)
        finally:
            web.terminate()
            web.wait(20)


def measure(port: int, web: int, postgres: int | None, orders: int, clients: int) -> dict[str, Any]:
    _wait(port)
    drive(port, 200, clients, first=10**6)
    before, began = (tree_cpu(web), tree_cpu(postgres)), time.monotonic()
    with metronome.listening() as beats:
        drive(port, orders, clients, first=1)
    wall = time.monotonic() - began
    spent = [
        (after - was) * 1000 / orders for after, was in zip((tree_cpu(web), tree_cpu(postgres)), before, strict=True)
    ]
    return {
        "orders_per_s": round(orders / wall, 1),
        "cpu_ms_per_order": {"web": round(spent[0], 2), "postgres": round(spent[1], 2), "total": round(sum(spent), 2)},
        "machine_slowness": metronome.slowness(beats),
    }


def drive(port: int, orders: int, clients: int, *, first: int) -> None:
    import http.client

    numbers, lock = count(first), threading.Lock()

    def post() -> None:
        connection, chance = http.client.HTTPConnection("127.0.0.1", port, timeout=60), random.Random(1)
        while True:
            with lock:
                number = next(numbers)
            if number >= first + orders:
                return
            connection.request("POST", "/orders", json.dumps(order_body(number, skus=SKUS, chance=chance)))
            response = connection.getresponse()
            if response.status != 201:
                raise SystemExit(f"{response.status}: {response.read()[:300]!r}")
            response.read()

    threads = [threading.Thread(target=post) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _wait(port: int) -> None:
    import socket

    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise SystemExit("the yardstick's web server did not come up")


if __name__ == "__main__":
    main()
