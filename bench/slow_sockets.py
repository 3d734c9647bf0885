"""Callers who hold connections open and hardly use them, without any key: ``.venv/bin/python -m bench.slow_sockets --port 8000``.

A fifth of each kind: headers that come byte by byte, bodies that come byte by byte, bodies in chunks without an end, answers
that nobody reads, connections on which nothing is asked. One that the server ends is opened again. Says ``ready`` once all
have been opened, and ends when its standard input does.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import socket
import sys
from collections.abc import Awaitable, Callable

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
HOOK = b"POST /hooks/shopify/hooks/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
ORDERS = b"POST /api/v1/orders HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
LARGE = b"GET /static/drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
PAUSE_S = 1.0


async def slow_headers(streams: Streams) -> None:
    streams[1].write(HOOK[:-2])
    while True:
        await drip(streams, b"X")


async def slow_body(streams: Streams) -> None:
    streams[1].write(ORDERS + b"Content-Length: 1000000\r\n\r\n{")
    while True:
        await drip(streams, b" ")


async def endless_body(streams: Streams) -> None:
    streams[1].write(HOOK + b"Transfer-Encoding: chunked\r\n\r\n")
    while True:
        await drip(streams, b"1000\r\n" + b" " * 4096 + b"\r\n")


async def unread_answer(streams: Streams) -> None:
    """Asks for a megabyte and takes a byte of it a second."""
    streams[1].write(LARGE)
    while await streams[0].read(1):
        await asyncio.sleep(PAUSE_S)


async def idle(streams: Streams) -> None:
    await streams[0].read(1)


KINDS: tuple[Callable[[Streams], Awaitable[None]], ...] = (slow_headers, slow_body, endless_body, unread_answer, idle)


async def drip(streams: Streams, part: bytes) -> None:
    reader, writer = streams
    writer.write(part)
    await asyncio.sleep(PAUSE_S)
    if writer.is_closing() or reader.at_eof():
        raise ConnectionResetError


async def hold(port: int, kind: Callable[[Streams], Awaitable[None]], opened: asyncio.Queue[None]) -> None:
    first = True
    while True:
        with contextlib.suppress(OSError):
            streams = await open_narrow(port)
            if first:
                first = False
                opened.put_nowait(None)
            try:
                await kind(streams)
            finally:
                streams[1].transport.abort()
        await asyncio.sleep(0.1)


async def open_narrow(port: int) -> Streams:
    """A connection with as small a window as the system allows."""
    narrow = socket.socket()
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    narrow.setblocking(False)
    await asyncio.get_running_loop().sock_connect(narrow, ("127.0.0.1", port))
    return await asyncio.open_connection(sock=narrow, limit=1024)


async def run(port: int, count: int) -> None:
    opened: asyncio.Queue[None] = asyncio.Queue()
    held = [asyncio.create_task(hold(port, KINDS[number % len(KINDS)], opened)) for number in range(count)]
    for _ in held:
        await opened.get()
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    for one in held:
        one.cancel()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--count", type=int, default=200)
    options = parser.parse_args()
    asyncio.run(run(options.port, options.count))


if __name__ == "__main__":
    main()
