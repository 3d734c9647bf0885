"""How many orders still go through while 200 callers without a key hold slow connections open.

``.venv/bin/python -m bench.slow_doors [--sockets 200] [--orders 300] [--turns 3] [--json]``. Orders are posted in turns, without
and with the slow sockets of ``bench.slow_sockets``, so that both see the same minutes; ``/health/live`` is asked all the while.
Exits 1 unless ``share_of_normal`` is 0.8 or more, no order was refused, and health always answered within a second.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import random
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from itertools import count
from typing import Any

from bench.bodies import order_body
from bench.harness import PROJECT, Yard, start_all, yard

SKUS = 200
GOAL = 0.8
HEALTH_S = 1.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sockets", type=int, default=200)
    parser.add_argument("--orders", type=int, default=600, help="in each turn")
    parser.add_argument("--turns", type=int, default=3, help="with the slow sockets; as many and one more without")
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with yard() as up:
        up.run("-m", "bench.order_path_setup", "0")
        start_all(up, with_partners=False)
        result = compare(up, options.sockets, options.orders, options.turns, options.clients)
    print(json.dumps(result) if options.json else "\n".join(f"{name:32} {value}" for name, value in result.items()))
    sys.exit(0 if result["holds"] else 1)


def compare(up: Yard, sockets: int, orders: int, turns: int, clients: int) -> dict[str, Any]:
    numbers = count(1)
    rate(up, numbers, 100, clients)
    normal, slow = [rate(up, numbers, orders, clients)], []
    live: list[float] = []
    for _ in range(turns):
        with slow_sockets(up.port, sockets), asking_health(up, live):
            slow.append(rate(up, numbers, orders, clients))
        normal.append(rate(up, numbers, orders, clients))
    share = statistics.mean(slow) / statistics.mean(normal)
    return {
        "slow_sockets": sockets,
        "orders_per_s_normal": round(statistics.mean(normal), 1),
        "orders_per_s_with_slow_sockets": round(statistics.mean(slow), 1),
        "share_of_normal": round(share, 2),
        "health_answers": len(live),
        "health_worst_ms": round(max(live) * 1000, 1),
        "holds": share >= GOAL and max(live) < HEALTH_S,
    }


def rate(up: Yard, numbers: Iterator[int], orders: int, clients: int) -> float:
    """Orders accepted per second; any other answer ends the bench."""
    lock, last = threading.Lock(), orders
    left = iter(range(last))

    def post() -> None:
        connection, chance = up.connect(), random.Random(1)
        while True:
            with lock:
                if next(left, None) is None:
                    return
                number = next(numbers)
            body = order_body(number, skus=SKUS, chance=chance)
            status, answer = up.request(connection, "POST", "/api/v1/orders", body, key=f"slow-{number}")
            if status != 201:
                raise SystemExit(f"{status}: {answer[:300]!r}")

    threads = [threading.Thread(target=post) for _ in range(clients)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return orders / (time.monotonic() - began)


@contextlib.contextmanager
def slow_sockets(port: int, sockets: int) -> Iterator[None]:
    argv = [sys.executable, "-m", "bench.slow_sockets", "--port", str(port), "--count", str(sockets)]
    with subprocess.Popen(argv, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as callers:
        assert callers.stdout
        callers.stdout.readline()
        # Opening them is work for a moment; what counts is holding them.
        time.sleep(2)
        yield
        assert callers.stdin
        callers.stdin.close()


@contextlib.contextmanager
def asking_health(up: Yard, seconds: list[float]) -> Iterator[None]:
    """Ask ``/health/live`` every tenth of a second, each time on a new connection, and keep how long it took."""
    over = threading.Event()

    def ask() -> None:
        while not over.wait(0.1):
            began = time.monotonic()
            connection = http.client.HTTPConnection("127.0.0.1", up.port, timeout=10)
            with contextlib.closing(connection):
                connection.request("GET", "/health/live")
                assert connection.getresponse().status == 200
            seconds.append(time.monotonic() - began)

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        yield
    finally:
        over.set()
        asking.join()


if __name__ == "__main__":
    main()
