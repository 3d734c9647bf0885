"""`python -m orchestrator.webserver`: Granian, with the limits it must have wherever it serves the product.

On a port (`--host`, `--port`) or on a socket that whoever starts it has bound and holds (`--fd`).
"""

from __future__ import annotations

import argparse
import multiprocessing
import socket
import sys

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.net import SocketHolder
from granian.server import Server

BACKLOG = 1024
# Connections one process holds: slow ones cost a socket each. The system's limit of open files has to be above it.
CONNECTIONS = 4096
# Until the last byte of a request's headers, and for a connection that stays open without a request.
HEADERS_MS = 15_000
# A caller who takes nothing of an answer for so long is cut off by the system.
UNREAD_MS = 30_000


class SharedSocketServer(Server):
    """Granian on one socket that all its processes accept from.

    Its own way on Linux is a socket for each process with SO_REUSEPORT, by which a second instance started on the same port
    would get half of the requests, and nobody would notice.
    """

    def __init__(self, listener: socket.socket, **options: object) -> None:
        super().__init__("orchestrator.asgi:application", **options)
        self._listener = listener

    def _init_shared_socket(self) -> None:
        self._sfd = self._listener.fileno()
        self._shd = SocketHolder(self._sfd, False, BACKLOG)
        self._sso = self._listener


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m orchestrator.webserver", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--fd", type=int, help="serve on this listening socket instead")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--log-level", choices=[level.value for level in LogLevels], default="warning")
    parser.add_argument("--access-log", action="store_true")
    options = parser.parse_args()
    listener = socket.socket(fileno=options.fd) if options.fd is not None else listen(options.host, options.port)
    cut_off_who_does_not_read(listener)
    server = SharedSocketServer(
        listener,
        workers=options.workers,
        interface=Interfaces.ASGINL,
        http=HTTPModes.http1,
        websockets=False,
        backlog=BACKLOG,
        backpressure=CONNECTIONS,
        http1_settings=HTTP1Settings(header_read_timeout=HEADERS_MS),
        log_level=LogLevels(options.log_level),
        log_access=options.access_log,
        respawn_failed_workers=True,
        respawn_interval=0.5,
        workers_kill_timeout=20,
    )
    server.serve()


def listen(host: str, port: int) -> socket.socket:
    """A socket nobody else can share, IPv6 where the host is written so."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=BACKLOG)


def cut_off_who_does_not_read(listener: socket.socket) -> None:
    """Accepted connections inherit it: what the system has not got rid of for so long ends the connection."""
    if sys.platform == "linux":
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNREAD_MS)


if __name__ == "__main__":
    # The processes inherit the socket, which only forked ones do everywhere.
    multiprocessing.set_start_method("fork")
    main()
