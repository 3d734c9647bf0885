"""What is sent back: a response of Django, or a refusal before Django was called."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass
from http import HTTPStatus
from tempfile import SpooledTemporaryFile
from typing import IO, Any, cast

from django.http import HttpResponseBase, StreamingHttpResponse

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

MEMORY_BYTES = 1024 * 1024
CHUNK_BYTES = 256 * 1024
# A client that reads no byte of a response for this long is dropped.
SEND_S = 30.0


@dataclass(frozen=True, slots=True)
class Response:
    """A whole response; a long one is spooled to a file, so that no thread waits for a slow reader."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes = b""
    file: IO[bytes] | None = None

    async def send(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        if self.file is None:
            await send({"type": "http.response.body", "body": self.body})
            return
        with self.file:
            while chunk := self.file.read(CHUNK_BYTES):
                async with asyncio.timeout(SEND_S):
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


@dataclass
class Refused(Exception):
    """A request that is refused before Django sees it."""

    status: int
    code: str
    detail: str
    retry_after_s: int = 0
    closes: bool = False

    def to_response(self) -> Response:
        """As a problem document, like all_headers refusal of the API."""
        title = HTTPStatus(self.status).phrase
        document = {"type": f"urn:orderyard:{self.code}", "title": title, "status": self.status, "code": self.code}
        headers = {"Retry-After": str(self.retry_after_s)} if self.retry_after_s else {}
        if self.closes:
            headers["Connection"] = "close"
        return json_response(
            self.status, {**document, "detail": self.detail}, media_type="application/problem+json", headers=headers
        )


def json_response(
    status: int, document: object, *, media_type: str = "application/json", headers: dict[str, str] | None = None
) -> Response:
    body = json.dumps(document).encode()
    all_headers = {
        "Content-Type": media_type,
        "Cache-Control": "no-store",
        "Content-Length": str(len(body)),
        **(headers or {}),
    }
    return Response(status, [(name.lower().encode(), value.encode()) for name, value in all_headers.items()], body)


def response_from(response: HttpResponseBase) -> Response:
    """The whole of a response of Django's, which is closed. One that streams is read to its end here, by the thread that
    made it: its rows come over that thread's connection."""
    try:
        file = _collected(response) if response.streaming else None
        body = b"" if file else cast(Any, response).content
        if file is not None:
            response.headers.setdefault("Content-Length", str(file.seek(0, 2)))
            file.seek(0)
        return Response(response.status_code, _headers_of(response), body, file)
    finally:
        response.close()


def _collected(response: HttpResponseBase) -> IO[bytes]:
    file = SpooledTemporaryFile(MEMORY_BYTES)  # noqa: SIM115 - closed when it has been sent
    for chunk in cast(StreamingHttpResponse, response):
        file.write(chunk)
    return file


def _headers_of(response: HttpResponseBase) -> list[tuple[bytes, bytes]]:
    headers = [(name.lower().encode("ascii"), value.encode("latin1")) for name, value in response.items()]
    cookies: Iterable[Any] = response.cookies.values()
    return headers + [(b"set-cookie", cookie.output(header="").strip().encode("ascii")) for cookie in cookies]
