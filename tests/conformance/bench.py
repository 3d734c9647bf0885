"""A bench for the conformance kit, made of what a conformance class says of its shop."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import count
from typing import Any, ClassVar

from apps.channels.framework.registry import adapter_of
from apps.channels.framework.shop import Shop
from apps.channels.framework.stock import Article
from apps.channels.mapping.scope import MappingContext
from apps.channels.models import Channel
from apps.channels.services.connecting import shop_of
from apps.channels.services.contracts import active_documents
from apps.contracts.conformance.bench import Bench, Faults
from tests.channels.simulated import Simulated

_numbers = count(1)


class ServerFaults:
    """Of a shop that runs beside the test."""

    def __init__(self, shop: Any) -> None:
        self._shop = shop

    def spoil(self, status: int, *, writes: bool, after: bool) -> None:
        quiet = {"Retry_After": "5"} if status == 429 else {}
        for method in ("POST", "PUT", "PATCH", "DELETE") if writes else ("",):
            self._shop.fail(method, status, after=after, **quiet)

    def garble(self) -> None:
        self._shop.failures.append(("", (200, b'{"half": ', {}), False))

    def delay(self, seconds: float) -> None:
        self._shop.pause_s = seconds

    def heal(self) -> None:
        self._shop.failures.clear()
        self._shop.pause_s = 0.0

    def received(self, text: str) -> int:
        told: str = self._shop.told()
        return told.count(text)


class SandboxFaults:
    """Of a shop of the sandbox, by its moods."""

    modes: ClassVar = {401: "lock_out", 429: "too_many", 500: "fail", 503: "fail"}

    def __init__(self, shop: Simulated[Any]) -> None:
        self._sandbox, self._shop = shop.sandbox, shop.shop

    def spoil(self, status: int, *, writes: bool, after: bool) -> None:
        mode = "lose_ack" if after else self.modes[status]
        self._sandbox.misbehave(self._shop.name, mode, times=1, only="write" if writes else "", seconds=0.0)

    def garble(self) -> None:
        self._sandbox.misbehave(self._shop.name, "garbage", times=1)

    def delay(self, seconds: float) -> None:
        self._sandbox.misbehave(self._shop.name, "slow", times=1, seconds=seconds)

    def heal(self) -> None:
        self._sandbox.misbehave(self._shop.name, "normal")

    def received(self, text: str) -> int:
        return json.dumps(self._shop.seen(), default=str).count(text)


def faults_of(shop: Any) -> Faults | None:
    if shop is None:
        return None
    return SandboxFaults(shop) if isinstance(shop, Simulated) else ServerFaults(shop)


def bench_of(channel: Channel, shop: Any, payloads: Sequence[Any], articles: Sequence[Article], secret: str) -> Bench:
    def client() -> Shop:
        """By another name each time: what one probe has spoiled keeps no other from calling."""
        fresh = Channel.objects.get(pk=channel.pk)
        fresh.code = f"conformance-{next(_numbers)}"
        return shop_of(fresh)

    settings = channel.typed_settings
    return Bench(
        adapter=adapter_of(channel.kind),
        documents=[one for one in active_documents() if one.channel_kind == channel.kind],
        client=client,
        context=MappingContext(
            default_currency=channel.default_currency,
            default_country=channel.default_country,
            tables=settings.tables,
            locations=settings.locations,
        ),
        payloads=payloads,
        articles=articles,
        faults=faults_of(shop),
        writes=True,
        secret=secret,
    )
