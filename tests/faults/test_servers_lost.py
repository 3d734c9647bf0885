"""The real product on real servers, and what each loses when a process or a server is killed under load."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import psutil
import pytest

from bench.bodies import order_body
from bench.harness import API_KEY, Yard, start_all, yard

pytestmark = [
    pytest.mark.faults,
    # A killed process leaves sockets and files behind for the collector; that is what is being tested, not a leak of ours.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"),
]
PATIENCE_S = 90


@pytest.fixture(scope="module")
def up() -> Iterator[Yard]:
    """One running product for the whole file; every test leaves it whole."""
    with yard(durable=False) as running:
        running.run("-m", "bench.order_path_setup", "0")
        start_all(running, with_partners=False)
        with supervised(running):
            yield running


@contextlib.contextmanager
def supervised(up: Yard) -> Iterator[None]:
    """What ends is started again within a second, as it is everywhere the product runs."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.5):
            up.restart_dead()

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


class Customers:
    """Callers who give up waiting and try again with the same key until they are answered, as callers should."""

    def __init__(self, up: Yard, first: int, count: int, clients: int = 4) -> None:
        self._up, self._numbers, self._lock = up, iter(range(first, first + count)), threading.Lock()
        self.refused: list[tuple[int, str | None]] = []
        self.ids: dict[int, str] = {}
        self._threads = [threading.Thread(target=self._order) for _ in range(clients)]

    def __enter__(self) -> Customers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for thread in self._threads:
            thread.join()

    def _order(self) -> None:
        while True:
            with self._lock:
                number = next(self._numbers, None)
            if number is None:
                return
            body = json.dumps(order_body(number, skus=200, chance=random.Random(number)))
            deadline = time.monotonic() + PATIENCE_S
            while number not in self.ids and time.monotonic() < deadline:
                self._try(number, body)

    def _try(self, number: int, body: str) -> None:
        headers = {
            "Authorization": f"Bearer {API_KEY}",
            "Content-Type": "application/json",
            "Idempotency-Key": f"f{number}",
        }
        connection = http.client.HTTPConnection("127.0.0.1", self._up.port, timeout=20)
        with contextlib.closing(connection):
            try:
                connection.request("POST", "/api/v1/orders", body, headers)
                answer = connection.getresponse()
                said = answer.read()
            except (OSError, http.client.HTTPException):
                time.sleep(0.1)
                return
            if answer.status in (200, 201):
                self.ids[number] = json.loads(said)["id"]
            else:
                self.refused.append((answer.status, answer.headers["Retry-After"]))
                time.sleep(0.2)


def all_released(up: Yard, customers: Customers) -> None:
    """Every answered order exists once and gets to its nodes; the invariants hold."""
    wanted = set(customers.ids.values())
    deadline = time.monotonic() + PATIENCE_S
    states: dict[str, str] = {}
    while time.monotonic() < deadline:
        states = {str(ref): str(state) for ref, state in up.query("SELECT public_id, state FROM orders_order")}
        if all(states.get(ref) == "released" for ref in wanted):
            break
        time.sleep(0.3)
    assert {ref for ref in wanted if states.get(ref) != "released"} == set()
    twice = up.query("SELECT external_id FROM orders_order GROUP BY 1 HAVING count(*) > 1")
    assert twice == []
    doctor(up)


def doctor(up: Yard) -> None:
    answer = subprocess.run(
        [sys.executable, "manage.py", "doctor", "--canary", "Bench Buyer"],
        env={**os.environ, **up.env},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr[-500:]


def kill_children(up: Yard, name: str) -> None:
    for child in psutil.Process(up.children[name].pid).children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            child.send_signal(signal.SIGKILL)


def kill_whole(up: Yard, name: str) -> None:
    """The process and its children at once, so that the one can't replace the others."""
    root = psutil.Process(up.children[name].pid)
    for process in [root, *root.children(recursive=True)]:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGKILL)


def sessions_of_workers(up: Yard) -> set[object]:
    return {row[0] for row in up.query("SELECT pid FROM pg_stat_activity WHERE application_name = 'worker'")}


def test_a_worker_keeps_its_connection_from_one_task_to_the_next(up: Yard) -> None:
    """A connection of its own for each task cost a fifth of an order: Celery closes a forked worker's pool, if let."""
    with Customers(up, 1_000, 8) as some:
        pass
    all_released(up, some)
    first = sessions_of_workers(up)
    for number in range(2):
        with Customers(up, 1_100 + number, 1) as one:
            pass
        all_released(up, one)
    assert first
    assert first <= sessions_of_workers(up)


def test_row_07_web_processes_killed_under_load_lose_no_answered_order(up: Yard) -> None:
    with Customers(up, 10_000, 60) as customers:
        for _ in range(3):
            time.sleep(0.5)
            kill_children(up, "web")
    assert len(customers.ids) == 60
    all_released(up, customers)


def test_row_08_workers_killed_in_the_middle_leave_nothing_half_done(up: Yard) -> None:
    with Customers(up, 20_000, 60) as customers:
        time.sleep(0.5)
        kill_children(up, "worker")
        time.sleep(0.5)
        kill_whole(up, "worker")
    all_released(up, customers)


def test_row_10_without_the_broker_orders_are_still_taken_and_worked_off_when_it_is_back(up: Yard) -> None:
    up.servers.valkey.stop()
    try:
        with Customers(up, 30_000, 20) as customers:
            time.sleep(8)
        assert len(customers.ids) == 20
        assert customers.refused == []
    finally:
        up.servers.valkey.start()
    all_released(up, customers)


def test_row_11_a_flushed_broker_loses_nothing(up: Yard) -> None:
    import redis

    broker = redis.Redis.from_url(up.servers.redis_url)
    with Customers(up, 40_000, 40) as customers:
        for _ in range(5):
            broker.flushall()
            time.sleep(0.3)
    broker.close()
    all_released(up, customers)


def test_broker_killed_and_restarted_under_load_loses_nothing(up: Yard) -> None:
    with Customers(up, 45_000, 30) as customers:
        time.sleep(0.5)
        up.servers.valkey.kill()
        time.sleep(1)
        up.servers.valkey.start()
    all_released(up, customers)


def test_row_13_without_postgresql_callers_are_told_to_retry_and_the_rest_heals_by_itself(up: Yard) -> None:
    with Customers(up, 50_000, 20) as before:
        pass
    up.servers.postgres.stop()
    try:
        with Customers(up, 51_000, 10) as during:
            time.sleep(float(os.environ.get("ORDERYARD_OUTAGE_S", "15")))
            up.servers.postgres.start()
    finally:
        up.servers.postgres.start()
    assert during.refused
    assert {status for status, _ in during.refused} == {503}
    assert all(retry_after for _, retry_after in during.refused)
    assert len(during.ids) == 10
    all_released(up, before)
    all_released(up, during)
