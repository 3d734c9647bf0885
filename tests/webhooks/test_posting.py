"""One request over a real, encrypted connection: the name is checked although the connection goes to the IP."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from apps.core import clock
from apps.outbound.guard import Target
from apps.webhooks import posting

BODY = '{"type":"case.opened"}'


class Subscriber(BaseHTTPRequestHandler):
    """Answers 204; at /slow a byte now and then, for ever."""

    got: list[tuple[str, str, bytes]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.got.append((self.headers["host"], self.path, body))
        try:
            while self.path == "/slow":
                self.wfile.write(b"H")
                self.wfile.flush()
                time.sleep(0.1)
        except OSError:
            return
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


@pytest.fixture
def port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Of a subscriber on this machine whose certificate is for erp.example."""
    openssl = shutil.which("openssl") or pytest.skip("no openssl here to make a certificate with")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    asked = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=erp.example"]
    files = ["-keyout", str(key), "-out", str(certificate), "-addext", "subjectAltName=DNS:erp.example"]
    subprocess.run([openssl, *asked, *files], check=True, capture_output=True)
    server = HTTPServer(("127.0.0.1", 0), Subscriber)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    trusted = ssl.create_default_context(cafile=str(certificate))
    monkeypatch.setattr(posting, "open_client", lambda: httpx.Client(verify=trusted, trust_env=False))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    Subscriber.got.clear()
    yield server.server_port
    server.shutdown()
    server.server_close()


def post(port: int, host: str = "erp.example", path: str = "/hooks?x=1") -> posting.Answer:
    return posting.post(Target("127.0.0.1", port, host, path), {"webhook-id": "dlv_1"}, BODY, clock.now())


def test_the_subscriber_is_asked_by_its_name_at_the_address_that_was_checked(port: int):
    answer = post(port)

    assert (answer.status, answer.taken) == (204, True)
    assert Subscriber.got == [(f"erp.example:{port}", "/hooks?x=1", BODY.encode())]


def test_whoever_answers_there_under_another_name_gets_nothing(port: int):
    answer = post(port, host="other.example")

    assert (answer.status, Subscriber.got) == (None, [])


def test_an_answer_that_trickles_is_cut_off_at_the_deadline(port: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(posting, "DEADLINE_S", 0.5)
    began = time.monotonic()

    answer = post(port, path="/slow")

    assert (answer.status, answer.note) == (None, "no answer in time")
    assert time.monotonic() - began < 5


def test_nobody_there_is_an_answer_too():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    assert post(port) == posting.Answer(None, "ConnectError")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("120", 120), ("0", 0), ("999999999", 0), ("99999999", 86_400), ("-5", 0), ("soon", 0), ("", 0),
     ("Fri, 10 Apr 2026 12:01:00 GMT", 60), ("Fri, 10 Apr 2020 12:00:00 GMT", 0)],
)  # fmt: skip
def test_a_retry_after_is_read_as_seconds_or_as_a_date(text: str, seconds: float):
    assert posting.wait_asked(text, datetime(2026, 4, 10, 12, tzinfo=UTC)) == seconds
