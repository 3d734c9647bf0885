"""Proving a channel's adapter, against a simulated shop or the shop itself, and keeping what was found."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction

from apps.channels.errors import ChannelNotReady, ShopBusy, ShopRefused, ShopUnreachable
from apps.channels.framework.adapter import Capability
from apps.channels.framework.exchange import Exchange
from apps.channels.framework.registry import adapter_of
from apps.channels.framework.shop import Shop
from apps.channels.framework.stock import Article
from apps.channels.mapping.scope import MappingContext
from apps.channels.models import Channel
from apps.channels.services.connecting import shop_of
from apps.channels.services.contracts import active_documents
from apps.contracts.conformance.bench import Bench, Faults
from apps.contracts.conformance.kit import Proof, prove
from apps.contracts.conformance.reading import LATELY
from apps.contracts.errors import NotTheSandbox
from apps.contracts.events import proof_fact
from apps.contracts.models import Proof as ProofRow
from apps.core import clock
from apps.core.actor import Actor
from apps.core.ids import new_id
from apps.core.outbox import record
from apps.core.text import Text
from apps.core.transactions import service
from apps.outbound.models import Breaker

SPECIMENS, ARTICLES = 3, 2
_ALIAS = "prf"
_MODES = {401: "lock_out", 429: "too_many", 500: "fail", 503: "fail"}


class SandboxFaults:
    """The sandbox's own handle: ``/_control`` and ``/_seen``."""

    def __init__(self, address: str, shop: str) -> None:
        self._http, self._shop = Exchange("sandbox", address), shop
        self._control(mode="normal", strict=True)

    def _control(self, **body: Any) -> None:
        self._http.ask("POST", "/_control", body={"partner": self._shop, **body})

    def spoil(self, status: int, *, writes: bool, after: bool) -> None:
        mode = "lose_ack" if after else _MODES[status]
        self._control(mode=mode, times=1, only="write" if writes else "", seconds=0)

    def garble(self) -> None:
        self._control(mode="garbage", times=1)

    def delay(self, seconds: float) -> None:
        self._control(mode="slow", times=1, seconds=seconds)

    def heal(self) -> None:
        self._control(mode="normal")

    def received(self, text: str) -> int:
        return json.dumps(self._http.ask("GET", "/_seen").get(self._shop)).count(text)


def prove_channel(channel: Channel, *, live: bool, write: bool) -> list[Proof]:
    """Try whatever the channel's adapter declares and keep what was found. ``live``: against the shop itself, where only what no
    customer is notified of is written, and only with ``write``. Raises NotTheSandbox."""
    adapter = adapter_of(channel.kind)
    faults = None if live or adapter.shop is None else _faults(channel)
    client = _client(channel, live=live)
    bench = Bench(
        adapter=adapter,
        documents=[one for one in active_documents() if one.channel_kind == channel.kind],
        client=client,
        context=MappingContext(default_currency=channel.default_currency, default_country=channel.default_country),
        payloads=_or_nothing(lambda: _orders(client())) if adapter.can(Capability.POLLING) else (),
        articles=_or_nothing(lambda: _articles(client())) if adapter.can(Capability.CATALOG) else (),
        faults=faults,
        writes=write or not live,
        secret=channel.secret,
    )
    try:
        found = prove(bench)
    finally:
        Breaker.objects.filter(counterpart__startswith=f"{_ALIAS}_").delete()
    _keep(channel, found, live=live)
    return found


@service
def request_proof(channel: Channel, *, actor: Actor) -> None:
    """Have tried whatever the channel declares, with the shop itself and only by reading. Raises ChannelNotReady."""
    if not channel.speaks or adapter_of(channel.kind).shop is None:
        raise ChannelNotReady(problem=Text("{name} can’t be called.", name=channel.name))
    record(proof_fact(channel), actor=actor)


def _faults(channel: Channel) -> Faults:
    sandbox = settings.ORDERYARD["SANDBOX_URL"] or ""
    if not sandbox or not channel.base_url.startswith(f"{sandbox}/"):
        raise NotTheSandbox(channel=channel.code)
    return SandboxFaults(sandbox, urlsplit(channel.base_url).path.strip("/").partition("/")[0])


def _client(channel: Channel, *, live: bool) -> Callable[[], Shop]:
    def client() -> Shop:
        asked = copy.copy(channel)
        if not live:
            # By another name each time: what one probe has spoiled keeps no other, and no order, from being sent.
            asked.code = new_id(_ALIAS)
        return shop_of(asked)

    return client


def _or_nothing(ask: Callable[[], list[Any]]) -> list[Any]:
    """What can't be had here, the probes find out and say."""
    try:
        return ask()
    except (ShopBusy, ShopRefused, ShopUnreachable):
        return []


def _orders(shop: Shop) -> list[Any]:
    page = shop.changed_orders(shop.listings[0], clock.now() - 30 * LATELY, None, "")
    return list(page.orders[:SPECIMENS])


def _articles(shop: Shop) -> list[Article]:
    return [one.article for one in shop.catalog_page("").items if one.tracked is not False][:ARTICLES]


@transaction.atomic
def _keep(channel: Channel, found: list[Proof], *, live: bool) -> None:
    ProofRow.objects.filter(channel=channel).delete()
    ProofRow.objects.bulk_create(
        [
            ProofRow(
                channel=channel, capability=one.capability, proven=one.proven, live=live, sentence=one.sentence[:300]
            )
            for one in found
            if one.claimed
        ]
    )
