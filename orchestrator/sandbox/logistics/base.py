"""What every simulated logistics company is: a name, addresses, and a memory of what it was asked."""

from __future__ import annotations

import threading
from typing import Any, ClassVar

from ..exchange import Request
from ..shops.base import Route


class SimulatedLogistics:
    """Its addresses begin with ``/<name>``. Safe to use from many threads. How it misbehaves is said at `/_control` for the partner
    ``<name>``, with the operations ``submit``, ``look_up`` and ``cancel``. ``asked``: those, in the order they came."""

    name: ClassVar[str]

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self.asked: list[str] = []

    def routes(self) -> list[Route]:
        raise NotImplementedError

    def operation(self, request: Request) -> str:
        raise NotImplementedError

    def refuses(self) -> tuple[int, Any]:
        """How it says no to an order."""
        raise NotImplementedError

    def refuses_to_stop(self) -> tuple[int, Any]:
        raise NotImplementedError

    def seen(self) -> dict[str, Any]:
        """Everything it has, without addresses of people."""
        raise NotImplementedError
