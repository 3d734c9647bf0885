"""Reading a request's body on the event loop, within a deadline and limits, before any thread is taken for it.

Until its last byte is there a request costs a socket and a few kilobytes, so callers who send slowly, on purpose or not, take
nothing from the others.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, MutableMapping
from contextlib import ExitStack, asynccontextmanager, contextmanager
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from django.conf import settings

from orchestrator.responses import Refused

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

# Beyond this a body lies in a temporary file.
MEMORY_BYTES = 128 * 1024
SMALL_BYTES = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
# What uploads and bulk calls may hold, and a form's frame around it. Each view refuses what is over its own limit.
MOST_BYTES = settings.CSV_UPLOAD_MAX_BYTES + 64 * 1024
LARGE_AT_ONCE = 4
# A body has this long, and as much longer as it takes at the slowest rate that is still work and no attack.
PATIENCE_S = settings.BODY_SECONDS
SLOWEST_BYTES_PER_S = 64 * 1024


class BodyReader:
    """Reads bodies; of large ones, which take up the disk, only a few at a time."""

    def __init__(self) -> None:
        self._large = 0

    @asynccontextmanager
    async def read(self, scope: Scope, receive: Receive) -> AsyncIterator[IO[bytes]]:
        """The whole body, at its start. ``scope`` knows its length afterwards, also where it came in chunks.

        Raises:
            Refused: too large, too slow, compressed, cut short, or too many large ones at once.
        """
        headers = dict(scope["headers"])
        refuse_encoded(headers)
        declared = int(headers.get(b"content-length", 0))
        with SpooledTemporaryFile(MEMORY_BYTES) as body, ExitStack() as held:
            limit = SMALL_BYTES
            if declared > limit:
                limit = held.enter_context(self._large_one(scope["path"], declared))
            size = 0
            async for chunk in chunks(receive):
                size += body.write(chunk)
                if size > limit:
                    limit = held.enter_context(self._large_one(scope["path"], size))
            body.seek(0)
            if size != declared:
                scope["headers"] = [*scope["headers"], (b"content-length", b"%d" % size)]
            yield body

    @contextmanager
    def _large_one(self, path: str, size: int) -> Iterator[int]:
        """Room for one large body, and how large it may be."""
        if path.startswith("/hooks/"):
            raise too_large(SMALL_BYTES)
        if size > MOST_BYTES:
            raise too_large(MOST_BYTES)
        if self._large >= LARGE_AT_ONCE:
            raise Refused(503, "busy", "Too many large bodies are being read; try again.", retry_after_s=5, closes=True)
        self._large += 1
        try:
            yield MOST_BYTES
        finally:
            self._large -= 1


async def chunks(receive: Receive) -> AsyncIterator[bytes]:
    """The parts of a body as they come, for as long as there is patience."""
    size, began = 0, asyncio.get_running_loop().time()
    while True:
        left = began + PATIENCE_S + size / SLOWEST_BYTES_PER_S - asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(left):
                message = await receive()
        except TimeoutError:
            raise Refused(408, "body_too_slow", "The body did not arrive in time.", closes=True) from None
        except Exception as error:
            # What a server raises for chunks that are none, each by a name of its own.
            raise cut_short() from error
        if message["type"] == "http.disconnect":
            # Also what granian says of chunks that are none: the caller is there and reads the answer.
            raise cut_short()
        chunk = message.get("body", b"")
        size += len(chunk)
        yield chunk
        if not message.get("more_body", False):
            return


def refuse_encoded(headers: Mapping[bytes, bytes]) -> None:
    """A compressed body is not unpacked: a few kilobytes of it may be gigabytes."""
    encoding = headers.get(b"content-encoding", b"identity").decode("latin1")
    transfer = headers.get(b"transfer-encoding", b"chunked").decode("latin1")
    if transfer.strip().lower() != "chunked":
        detail = f"A body with Transfer-Encoding {transfer[:40]} is not read. Send it in chunks or with its length."
        raise Refused(415, "encoding_not_read", detail, closes=True)
    if encoding.strip().lower() not in ("", "identity"):
        detail = f"A body with Content-Encoding {encoding[:40]} is not read. Send it without compression."
        raise Refused(415, "encoding_not_read", detail, closes=True)


def cut_short() -> Refused:
    return Refused(400, "body_unreadable", "The body ended early, or is not framed as HTTP has it.", closes=True)


def too_large(limit: int) -> Refused:
    return Refused(413, "body_too_large", f"The body is larger than {limit} bytes.", closes=True)
