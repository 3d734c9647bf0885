"""Finds loopback ports, and holds them."""

import socket
from collections.abc import Callable

from .errors import EmbeddedError

LOOPBACK = "127.0.0.1"
TRIES = 100
BACKLOG = 1024


def free_port(wanted: int | None, *, purpose: str, say: Callable[[str], None]) -> int:
    """The wanted port, or the next free one (saying so), or with None any free one.

    Raises:
        EmbeddedError: the hundred ports from `wanted` on are all taken.
    """
    if wanted is None:
        with socket.socket() as probe:
            probe.bind((LOOPBACK, 0))
            return int(probe.getsockname()[1])
    for port in range(wanted, min(wanted + TRIES, 65536)):
        if is_free(port):
            if port != wanted:
                say(f"port {wanted} is taken: {purpose} uses {port}")
            return port
    raise EmbeddedError(f"No free port for {purpose} from {wanted} to {wanted + TRIES - 1}.")


def reserve(wanted: int | None, *, purpose: str, say: Callable[[str], None]) -> socket.socket:
    """A socket that listens on the wanted port, or on the next free one (saying so), or with None on any free one.

    From now on it is ours: nobody else gets the port while we prepare what will serve there, and who connects meanwhile waits.

    Raises:
        EmbeddedError: the hundred ports from `wanted` on are all taken.
    """
    candidates = range(wanted, min(wanted + TRIES, 65536)) if wanted else [0]
    for port in candidates:
        if port and answers(port):
            continue
        try:
            listener = socket.create_server((LOOPBACK, port), backlog=BACKLOG)
        except OSError:
            continue
        if port != (wanted or 0):
            say(f"port {wanted} is taken: {purpose} uses {port}")
        return listener
    raise EmbeddedError(f"No free port for {purpose} from {wanted} to {candidates[-1]}.")


def answers(port: int) -> bool:
    """Whether somebody listens there, on this address or on all."""
    with socket.socket() as caller:
        caller.settimeout(0.5)
        return caller.connect_ex((LOOPBACK, port)) == 0


def is_free(port: int) -> bool:
    """Whether a server could listen there: nobody answers and the system lets us bind."""
    if answers(port):
        return False
    with socket.socket() as probe:
        # As the servers do: a port whose old connections are still closing is free to listen on.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
            probe.listen(1)
        except OSError:
            return False
    return True
