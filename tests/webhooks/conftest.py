"""A subscriber that can be told how to answer, behind an address that resolves to the open internet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import httpx
import pytest

from apps.outbound import client, guard
from apps.webhooks.models import WebhookEndpoint
from apps.webhooks.services import create_endpoint
from tests.factories import AGENT

PUBLIC_IP = "93.184.215.14"


@dataclass
class Subscriber:
    """Remembers what it got, by host; answers ``status`` with ``headers`` and a body nobody should ever see."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    by_host: dict[str, int] = field(default_factory=dict)
    got: list[httpx.Request] = field(default_factory=list)
    down: bool = False

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.got.append(request)
        if self.down:
            raise httpx.ConnectTimeout("down", request=request)
        status = self.by_host.get(request.headers["host"], self.status)
        return httpx.Response(status, headers=self.headers, text="internal-secret-page")


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """What names resolve to; any other name is a public one."""
    known: dict[str, list[str]] = {}
    real = guard.resolve

    def resolve(host: str, port: int) -> list[str]:
        if host in known:
            return known[host]
        return [PUBLIC_IP] if host.endswith(".example") else real(host, port)

    monkeypatch.setattr(guard, "resolve", resolve)
    return known


@pytest.fixture
def subscriber(monkeypatch: pytest.MonkeyPatch, names: dict[str, list[str]]) -> Subscriber:
    there = Subscriber()
    transport = client.GuardedTransport(httpx.MockTransport(there.answer))
    fake = httpx.Client(transport=transport)
    monkeypatch.setattr(client, "_client", lambda: fake)
    return there


@pytest.fixture
def endpoint(db: None, names: dict[str, list[str]]) -> Callable[..., WebhookEndpoint]:
    def make(**changes: object) -> WebhookEndpoint:
        given = {"name": "ERP", "url": "https://erp.example/hooks", "events": [], **changes}
        return create_endpoint(**given, actor=AGENT)[0]  # type: ignore[arg-type]

    return make
