"""A server that keeps to no rule of HTTP, behind the name ``other.example`` with a good certificate."""

from __future__ import annotations

import contextlib
import re
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

NAME = "other.example"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
Answer = Callable[[socket.socket], None]


@dataclass
class Liar:
    """``answer`` gets each connection once a request has been read from it. ``sent`` counts what it got rid of."""

    port: int
    answer: Answer = lambda connection: None
    before_tls: Answer = lambda connection: None
    came: list[bytes] = field(default_factory=list)
    connections: int = 0
    sent: int = 0

    @property
    def url(self) -> str:
        return f"https://{NAME}:{self.port}"

    def says(self, head: str, body: bytes = b"{}") -> None:
        """Answer every request with this."""
        whole = f"HTTP/1.1 {head}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body
        self.answer = lambda connection: connection.sendall(whole)


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for the name, and its key."""
    openssl = shutil.which("openssl") or pytest.skip("no openssl here to make a certificate with")
    key, made = folder / "key.pem", folder / "certificate.pem"
    asked = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={NAME}"]
    files = ["-keyout", str(key), "-out", str(made), "-addext", f"subjectAltName=DNS:{NAME}"]
    subprocess.run([openssl, *asked, *files], check=True, capture_output=True)
    return made, key


@contextlib.contextmanager
def lying_server(cert: Path, key: Path) -> Iterator[Liar]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    listener = socket.create_server(("127.0.0.1", 0))
    liar = Liar(listener.getsockname()[1])

    def serve(raw: socket.socket) -> None:
        with raw, contextlib.suppress(OSError):
            liar.before_tls(raw)
            with context.wrap_socket(raw, server_side=True) as connection:
                liar.came.append(_request(connection))
                liar.answer(connection)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                raw, _ = listener.accept()
                liar.connections += 1
                threading.Thread(target=serve, args=(raw,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield liar
    finally:
        # Closing alone would not wake who waits in ``accept``.
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def _request(connection: socket.socket) -> bytes:
    """All of it: what is closed on unread would be reset before the answer is read."""
    came = connection.recv(65536)
    head, _, body = came.partition(b"\r\n\r\n")
    found = re.search(rb"content-length: (\d+)", head.lower())
    while found and len(body) < int(found[1]):
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def trickling_body(connection: socket.socket) -> None:
    connection.sendall(HEAD + b"Content-Length: 100000\r\n\r\n")
    trickle(connection, b"x" * 2_000)


def trickling_head(connection: socket.socket) -> None:
    trickle(connection, b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 2_000)


def trickle(connection: socket.socket, text: bytes) -> None:
    for byte in text:
        connection.sendall(bytes([byte]))
        time.sleep(0.05)


def endless(liar: Liar) -> Answer:
    def answer(connection: socket.socket) -> None:
        connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        piece = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
        while True:
            connection.sendall(piece)
            liar.sent += len(piece)

    return answer
