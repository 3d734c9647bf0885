"""What every simulated shop is: a name, addresses, orders that can be put into it, and a memory of what it received."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, ClassVar

from ..exchange import Request, Response

Order = dict[str, Any]
# Method, pattern of the path, and who answers: with the request and what the pattern's groups hold.
Route = tuple[str, str, Callable[..., Response]]


class SimulatedShop:
    """Its addresses begin with ``/<name>``. Safe to use from many threads. How it misbehaves is said at `/_control` for the
    partner ``<name>``, with the operations ``read`` (GET) and ``write``; see ``moods``. ``codes``: those that its page has given
    access by and that were not used yet; None: any is taken."""

    name: ClassVar[str]

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.orders: dict[str, Order] = {}
        self.codes: set[str] | None = None

    def routes(self) -> list[Route]:
        raise NotImplementedError

    def operation(self, request: Request) -> str:
        """``read`` or ``write``: what of its misbehavior the request is open to."""
        return "read" if request.method == "GET" else "write"

    def takes_code(self, code: str) -> bool:
        """Whether a code of its page, on which access is given, is good: each is once."""
        if self.codes is None:
            return True
        known = code in self.codes
        self.codes.discard(code)
        return known

    def put(self, order: Order) -> None:
        """Make an order known, so that polling finds it."""
        with self._lock:
            self.orders[str(order["id"])] = order

    def seen(self) -> dict[str, Any]:
        """Everything it received, without addresses of people."""
        raise NotImplementedError


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@lru_cache(maxsize=65_536)
def moment(text: object) -> datetime:
    """ISO 8601, naive taken as UTC; nothing is the beginning of time."""
    if not text:
        return datetime.min.replace(tzinfo=UTC)
    found = datetime.fromisoformat(str(text))
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def number(text: str) -> int | str:
    return int(text) if text.isdigit() else text
