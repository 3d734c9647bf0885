"""One exchange under a deadline, against servers that break it in their own ways."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from apps.outbound import client as exchanging
from apps.outbound.client import exchange
from apps.outbound.errors import IncompleteResponse, NotSent

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@contextmanager
def server(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that reads one request and leaves the rest to ``answer``."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listener.accept()
        with connection, suppress(OSError):
            connection.recv(65536)
            answer(connection)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    finally:
        listener.close()
        thread.join(timeout=5)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchanging, "DEADLINE_S", 0.4)


def ask(url: str) -> exchanging.Reply:
    return exchange("POST", url, headers={}, json={})


def trickle(connection: socket.socket) -> None:
    connection.sendall(HEAD + b"Content-Length: 1000\r\n\r\n")
    for _ in range(200):
        connection.sendall(b"x")
        time.sleep(0.05)


def slow_head(connection: socket.socket) -> None:
    for byte in HEAD * 10:
        connection.sendall(bytes([byte]))
        time.sleep(0.05)


def hang(connection: socket.socket) -> None:
    while connection.recv(65536):
        pass


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("answer", [hang, trickle, slow_head])
def test_ends_at_its_deadline_however_the_other_side_drags(answer: Callable[[socket.socket], None]):
    started = time.monotonic()
    with server(answer) as url, pytest.raises(IncompleteResponse) as cut:
        ask(url)

    assert cut.value.timed_out
    assert time.monotonic() - started < 3


def test_a_hanging_partner_is_given_up_after_ten_seconds():
    started = time.monotonic()
    with server(hang) as url, pytest.raises(IncompleteResponse):
        ask(url)

    assert 9 < time.monotonic() - started < 10.5


@pytest.mark.parametrize(
    "bytes_sent",
    [
        b"",
        b"HTTP/1.1 200",
        HEAD + b"Content-Length: 100\r\n\r\n{",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        HEAD + b"Content-Length: 400000\r\n\r\n" + b" " * 400_000,
        HEAD + b"Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
    ],
)
def test_half_an_answer_is_none(bytes_sent: bytes):
    with server(lambda connection: connection.sendall(bytes_sent)) as url, pytest.raises(IncompleteResponse) as cut:
        ask(url)

    assert not cut.value.timed_out


def test_a_closed_door_means_that_nothing_was_sent():
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with pytest.raises(NotSent):
        ask(f"http://127.0.0.1:{port}/")


def test_a_redirect_is_not_followed():
    moved = b"HTTP/1.1 307 Moved\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n"
    with server(lambda connection: connection.sendall(moved)) as url:
        assert ask(url).status == 307
