"""A shop of the sandbox on a port of its own, that can be made to fail in the middle of a request."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from orchestrator.sandbox import Sandbox, start
from orchestrator.sandbox.exchange import Request, Response
from orchestrator.sandbox.shops.base import SimulatedShop

ShopT = TypeVar("ShopT", bound=SimulatedShop)


@dataclass
class Simulated(Generic[ShopT]):
    """``requests``: what reached it, each with its answer. ``fail``: the next request whose method and path (without the shop's
    name) begin so; ``after`` having acted on it."""

    sandbox: Sandbox
    shop: ShopT
    requests: list[tuple[Request, Response]] = field(default_factory=list)
    failures: list[tuple[str, Response, bool]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"{self.sandbox.url}/{self.shop.name}"

    @property
    def orders(self) -> dict[str, dict[str, Any]]:
        return self.shop.orders

    @property
    def page_size(self) -> int:
        return int(getattr(self.shop, "page_size"))  # noqa: B009 - not every shop has pages

    @page_size.setter
    def page_size(self, size: int) -> None:
        setattr(self.shop, "page_size", size)  # noqa: B010 - not every shop has pages

    def fail(self, where: str, status: int, *, after: bool = False, body: Any = None, **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.failures.append((where, Response(status, body or {"errors": []}, named), after))

    def told(self) -> str:
        """Everything it was told, as text."""
        return json.dumps(self.shop.seen())

    def asked(self, method: str) -> list[str]:
        return [self._path(one) for one, _ in self.requests if one.method == method]

    def _path(self, request: Request) -> str:
        return request.path.removeprefix(f"/{self.shop.name}")

    def _respond(self, request: Request) -> Response:
        called = f"{request.method} {self._path(request)}"
        failure = next((one for one in self.failures if called.startswith(one[0])), None)
        if failure is None or failure[2]:
            response = Sandbox.respond(self.sandbox, request)
        if failure is not None:
            self.failures.remove(failure)
            response = failure[1]
        self.requests.append((request, response))
        return response


@contextmanager
def simulated(kind: type[ShopT]) -> Iterator[Simulated[ShopT]]:
    sandbox = start(secret="sandbox-signs")
    shop = sandbox.shops[kind.name]
    assert isinstance(shop, kind)
    running = Simulated(sandbox, shop)
    sandbox.respond = running._respond  # type: ignore[method-assign]
    try:
        yield running
    finally:
        sandbox.stop()
