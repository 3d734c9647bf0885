"""PostgreSQL stopped, and PostgreSQL frozen: what every door says meanwhile, how soon, and that all heals by itself."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import http.client
import json
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from itertools import count
from typing import NamedTuple

import psutil
import pytest

from bench.bodies import order_body
from bench.harness import API_KEY, Yard, start_all, yard
from tests.faults.test_servers_lost import doctor

pytestmark = [
    pytest.mark.faults,
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"),
]
SECRET = "whsec_YXdheQ=="
# Two seconds for the product, and what a loaded machine adds.
SOON_S = 2.0 + 1.0
HEALED_S = 60.0


class Said(NamedTuple):
    status: int
    headers: http.client.HTTPMessage
    body: str
    seconds: float


@pytest.fixture(scope="module")
def up() -> Iterator[Yard]:
    with yard(durable=False) as running:
        running.run("-m", "bench.order_path_setup", "0")
        running.run(
            "manage.py", "shell", "-v0", "-c",
            "from apps.channels.models import Channel\n"
            f"Channel.objects.create(code='away', name='Away', kind='shopify', secret='{SECRET}')",
        )  # fmt: skip
        start_all(running, with_partners=False)
        yield running


@contextlib.contextmanager
def stopped(up: Yard) -> Iterator[None]:
    up.servers.postgres.stop()
    try:
        yield
    finally:
        up.servers.postgres.start()


@contextlib.contextmanager
def frozen(up: Yard) -> Iterator[None]:
    """All of its processes, as a machine that hangs; connections stay open and say nothing."""
    root = psutil.Process(up.servers.postgres.pid)
    family = [root, *root.children(recursive=True)]
    for process in family:
        process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        for process in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGCONT)


AWAY = {"stopped": stopped, "frozen": frozen}


@pytest.fixture(params=sorted(AWAY))
def away(request: pytest.FixtureRequest) -> Callable[[Yard], contextlib.AbstractContextManager[None]]:
    return AWAY[request.param]


def ask(up: Yard, method: str, path: str, body: bytes | None = None, **headers: str) -> Said:
    began = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", up.port, timeout=20)
    with contextlib.closing(connection):
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        response = connection.getresponse()
        return Said(response.status, response.headers, response.read().decode(), time.monotonic() - began)


def order(up: Yard, number: int) -> Said:
    body = json.dumps(order_body(number, skus=200, chance=random.Random(number))).encode()
    said = {
        "Authorization": f"Bearer {API_KEY}",
        "Content_Type": "application/json",
        "Idempotency_Key": f"away-{number}",
    }
    return ask(up, "POST", "/api/v1/orders", body, **said)


def hook(up: Yard, number: int) -> Said:
    body = json.dumps({"id": number, "name": f"#{number}"}).encode()
    proof = base64.b64encode(hmac.new(SECRET.encode(), body, hashlib.sha256).digest()).decode()
    signed = {"X_Shopify_Hmac_Sha256": proof, "X_Shopify_Topic": "orders/create", "X_Shopify_Webhook_Id": f"w{number}"}
    return ask(up, "POST", "/hooks/shopify/away/", body, Content_Type="application/json", **signed)


def healed(up: Yard, first: int) -> None:
    """Both processes of the web server answer at every door again, six times in a row; nobody restarts anything."""
    deadline, in_a_row = time.monotonic() + HEALED_S, 0
    for number in count(first):
        page = ask(up, "GET", "/", Cookie="sessionid=" + "a" * 32)
        states = order(up, number).status, hook(up, number).status, page.status
        in_a_row = in_a_row + 1 if states == (201, 200, 302) else 0
        if in_a_row == 6:
            return
        assert set(states) <= {201, 200, 302, 503}
        assert time.monotonic() < deadline, f"did not heal: {states}"
        time.sleep(0.05)


def test_every_door_says_so_within_two_seconds_and_all_heals_by_itself(
    up: Yard, away: Callable[[Yard], contextlib.AbstractContextManager[None]]
) -> None:
    start = 10_000 if away is stopped else 20_000
    assert order(up, start).status == 201
    assert hook(up, start).status == 200
    with away(up):
        for turn in range(3):
            answers = {
                "api": order(up, start + 10 + turn),
                "hook": hook(up, start + 10 + turn),
                "api by a browser": ask(up, "GET", "/api/v1/orders", Cookie="sessionid=" + "a" * 32),
                "page": ask(up, "GET", "/", Cookie="sessionid=" + "a" * 32),
                "ready": ask(up, "GET", "/health/ready"),
            }
            live = ask(up, "GET", "/health/live")
            assert {door: said.status for door, said in answers.items()} == dict.fromkeys(answers, 503)
            assert all(said.headers["Retry-After"] for said in answers.values())
            assert {door: said.seconds for door, said in answers.items() if said.seconds > SOON_S} == {}
            for door in ("api", "hook", "api by a browser"):
                assert answers[door].headers["Content-Type"] == "application/problem+json", door
                assert json.loads(answers[door].body)["code"] == "unavailable"
            assert "The database can’t be reached" in answers["page"].body
            assert json.loads(answers["ready"].body)["reasons"] == ["the database does not answer"]
            assert (live.status, live.seconds < 1) == (200, True)
    healed(up, start + 100)


def test_many_at_once_are_told_as_soon(
    up: Yard, away: Callable[[Yard], contextlib.AbstractContextManager[None]]
) -> None:
    start = 30_000 if away is stopped else 40_000
    assert order(up, start).status == 201
    answers: list[Said] = []
    with away(up):
        threads = [
            threading.Thread(target=lambda number=number: answers.append(order(up, number)))
            for number in range(start + 10, start + 40)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert {said.status for said in answers} == {503}
    assert sorted(said.seconds for said in answers)[-1] < SOON_S + 1
    healed(up, start + 100)
    doctor(up)


def test_a_statement_that_takes_its_time_is_waited_for(up: Yard) -> None:
    """Longer than the silence after which PostgreSQL is asked for a sign of life."""
    code = "from django.db import connection; c = connection.cursor(); c.execute('SELECT pg_sleep(2.5), 41'); print(c.fetchone()[1])"
    up.env["ORDERYARD_PROCESS"] = "web"
    try:
        up.run("manage.py", "shell", "-v0", "-c", f"{code}; assert connection.connection.info.transaction_status == 0")
    finally:
        del up.env["ORDERYARD_PROCESS"]
