"""Callers who send slowly, without an end, in chunks or compressed, at the real web server."""

from __future__ import annotations

import base64
import contextlib
import gzip
import hashlib
import hmac
import http.client
import json
import random
import socket
import time
from collections.abc import Iterator

import pytest

from bench.bodies import order_body
from bench.harness import API_KEY, Yard, start_all, yard
from bench.slow_doors import slow_sockets

pytestmark = [
    pytest.mark.faults,
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"),
]
PATIENCE_S = 3
SECRET = "whsec_c2xvdy1jYWxsZXJz"


@pytest.fixture(scope="module")
def up() -> Iterator[Yard]:
    with yard(durable=False) as running:
        running.env["BODY_SECONDS"] = str(PATIENCE_S)
        running.run("-m", "bench.order_path_setup", "0")
        running.run(
            "manage.py", "shell", "-v0", "-c",
            "from apps.channels.models import Channel\n"
            f"Channel.objects.create(code='hooks', name='Hooks', kind='shopify', secret='{SECRET}')",
        )  # fmt: skip
        start_all(running, with_partners=False)
        yield running


def said(up: Yard, sent: bytes, *, wait_s: float = 20) -> tuple[int, dict[str, object], float]:
    """Send these bytes and nothing more: status, document and seconds of the answer."""
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", up.port), timeout=wait_s) as caller:
        caller.sendall(sent)
        response = http.client.HTTPResponse(caller)
        response.begin()
        return response.status, json.loads(response.read()), time.monotonic() - began


def head(path: str, *lines: str) -> bytes:
    common = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json", *lines]
    return "\r\n".join([*common, "", ""]).encode()


def in_chunks(body: bytes) -> bytes:
    parts = [body[start : start + 7] for start in range(0, len(body), 7)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def order(number: int) -> bytes:
    return json.dumps(order_body(number, skus=200, chance=random.Random(number))).encode()


def post_order(up: Yard, number: int) -> tuple[int, float]:
    began = time.monotonic()
    with contextlib.closing(up.connect()) as connection:
        status, _ = up.request(connection, "POST", "/api/v1/orders", json.loads(order(number)), key=f"s-{number}")
    return status, time.monotonic() - began


def test_an_order_in_chunks_is_taken_as_any_other(up: Yard) -> None:
    key = [f"Authorization: Bearer {API_KEY}", "Idempotency-Key: chunks-1"]
    status, document, _ = said(
        up, head("/api/v1/orders", *key, "Transfer-Encoding: chunked") + in_chunks(order(900_001))
    )

    assert (status, document["external_id"]) == (201, "bench-900001")


def test_a_hook_in_chunks_keeps_its_signature(up: Yard) -> None:
    body = json.dumps({"id": 77, "name": "#77"}).encode()
    proof = base64.b64encode(hmac.new(SECRET.encode(), body, hashlib.sha256).digest()).decode()
    signed = [f"X-Shopify-Hmac-Sha256: {proof}", "X-Shopify-Topic: orders/create", "X-Shopify-Webhook-Id: c-77"]
    status, document, _ = said(
        up, head("/hooks/shopify/hooks/", *signed, "Transfer-Encoding: chunked") + in_chunks(body)
    )

    assert status == 200, document


def test_a_compressed_body_is_refused_in_words_at_every_door(up: Yard) -> None:
    packed = gzip.compress(order(900_002))
    for path in ("/api/v1/orders", "/hooks/shopify/hooks/", "/api/v1/uploads"):
        status, document, _ = said(up, head(path, "Content-Encoding: gzip", f"Content-Length: {len(packed)}") + packed)
        assert (status, document["code"]) == (415, "encoding_not_read")
        assert "gzip is not read" in str(document["detail"])


def test_a_body_framed_wrongly_is_refused_in_words(up: Yard) -> None:
    status, document, _ = said(up, head("/hooks/shopify/hooks/", "Transfer-Encoding: chunked") + b"no chunk\r\n")
    assert (status, document["code"]) == (400, "body_unreadable")
    status, document, _ = said(up, head("/api/v1/orders", "Transfer-Encoding: gzip, chunked") + b"0\r\n\r\n")
    assert (status, document["code"]) == (415, "encoding_not_read")


def test_a_body_too_large_for_a_hook_is_refused_before_it_is_sent(up: Yard) -> None:
    status, document, seconds = said(up, head("/hooks/shopify/hooks/", "Content-Length: 3000000"))

    assert (status, document["code"]) == (413, "body_too_large")
    assert seconds < 2


def test_a_body_without_an_end_is_refused_at_the_limit(up: Yard) -> None:
    endless = in_chunks(b" " * 7)[: -len(b"0\r\n\r\n")] + b"100000\r\n" + b" " * 0x100000 + b"\r\n"
    status, document, _ = said(
        up, head("/hooks/shopify/hooks/", "Transfer-Encoding: chunked") + endless + endless + endless
    )

    assert (status, document["code"]) == (413, "body_too_large")


@pytest.mark.parametrize("path", ["/hooks/shopify/hooks/", "/api/v1/orders", "/admin/login/"])
def test_a_body_that_does_not_arrive_is_given_up_in_words(up: Yard, path: str) -> None:
    status, document, seconds = said(up, head(path, "Content-Length: 1000") + b"{")

    assert (status, document["code"]) == (408, "body_too_slow")
    assert PATIENCE_S - 0.5 < seconds < PATIENCE_S + 3


def test_two_hundred_slow_callers_leave_orders_and_health_alone(up: Yard) -> None:
    with slow_sockets(up.port, 200):
        answers = [post_order(up, 910_000 + number) for number in range(20)]
        with contextlib.closing(up.connect()) as connection:
            began = time.monotonic()
            connection.request("GET", "/health/live")
            live = connection.getresponse().status, time.monotonic() - began

    assert {status for status, _ in answers} == {201}
    assert sorted(seconds for _, seconds in answers)[10] < 1
    assert live[0] == 200
    assert live[1] < 2
