"""The toy partner itself, on a port of its own."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class ToyLogistics:
    """``parcels`` by key: whether it will go. ``mood``: what becomes of the next request."""

    url: str = ""
    parcels: dict[str, bool] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    came: list[str] = field(default_factory=list)
    mood: str = ""

    def misbehave(self, mood: str) -> None:
        self.mood = mood

    def taken(self) -> list[str]:
        return list(self.parcels)

    def is_stopped(self, key: str) -> bool:
        return not self.parcels[key]

    def answer(self, method: str, key: str, body: bytes = b"") -> tuple[int, bytes] | None:
        """None: the connection is cut."""
        self.asked.append({"PUT": "submit", "GET": "look_up", "DELETE": "cancel"}[method])
        if self.mood == "refuse_cancel" and method != "DELETE":
            return self._respond(method, key, body, "")
        mood, self.mood = self.mood, ""
        return self._respond(method, key, body, mood)

    def _respond(self, method: str, key: str, body: bytes, mood: str) -> tuple[int, bytes] | None:
        if mood == "fail":
            return 503, b"{}"
        if mood in _SAYS:
            return _SAYS[mood]
        status, said = self._act(method, key, body)
        if mood == "lose_ack":
            return None
        return status, b'{"parcel"' if mood == "garbage" else json.dumps(said).encode()

    def _act(self, method: str, key: str, body: bytes) -> tuple[int, dict[str, str]]:
        if method == "PUT":
            if not json.loads(body)["contents"]:
                return 422, {"why": "empty"}
            self.parcels.setdefault(key, True)
            return 201, {"parcel": key}
        if key not in self.parcels:
            return 404, {"why": "no_such_parcel"}
        if method == "DELETE":
            self.parcels[key] = False
        return 200, {"parcel": key}


# What is answered without having done anything.
_SAYS = {
    "reject": (422, b'{"why": "no_stock"}'),
    "too_many": (429, b"{}"),
    "lock_out": (401, b"{}"),
    "refuse_cancel": (409, b'{"why": "already_packed"}'),
}


@contextmanager
def toy_logistics() -> Iterator[ToyLogistics]:
    toy = ToyLogistics()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(toy))
    toy.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield toy
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(toy: ToyLogistics) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            toy.came.append(f"{self.headers['X-Api-Key']} {body.decode()}")
            answer = toy.answer(self.command, self.path.rpartition("/")[2], body)
            if answer is None:
                return
            self.send_response(answer[0])
            self.send_header("Content-Length", str(len(answer[1])))
            self.end_headers()
            self.wfile.write(answer[1])

        def do_GET(self) -> None:
            self._serve()

        def do_PUT(self) -> None:
            self._serve()

        def do_DELETE(self) -> None:
            self._serve()

        def log_message(self, *_: object) -> None:
            """Silent."""

    return Handler
