"""What holds for calls to a shop, to a partner and to a webhook subscriber alike, against a server that keeps to nothing."""

from __future__ import annotations

import gzip
import os
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import httpx
import pytest
from django.db import connection as database

from apps.channels.errors import ShopBusy, ShopRefused, ShopUnreachable
from apps.channels.framework.exchange import Exchange
from apps.channels.services.polling import request_polls
from apps.core import clock
from apps.integrations.adapters.http_3pl.client import Http3pl
from apps.integrations.errors import PartnerQuiet
from apps.integrations.framework.base import Connection
from apps.integrations.services.calling import call_partner
from apps.orchestration import queue
from apps.orchestration.models import StepRun
from apps.orchestration.runner import drain
from apps.outbound import client, deadlines, guard
from apps.outbound.counterparts import TERMS, Counterpart, CounterpartSettings
from apps.outbound.health import Limits
from apps.outbound.models import Breaker, CallLog
from apps.outbound.services import Call
from apps.outbound.states import CounterpartKind
from apps.webhooks.errors import DeliverLater
from apps.webhooks.models import Delivery, WebhookEndpoint
from apps.webhooks.services import create_endpoint, deliver
from tests.factories import AGENT, ChannelFactory
from tests.outbound.lying import (
    HEAD,
    NAME,
    Liar,
    certificate,
    endless,
    lying_server,
    trickle,
    trickling_body,
    trickling_head,
)

pytestmark = pytest.mark.django_db(transaction=True)
PERSON = {"ship_to": {"name": "Pat Canary", "email": "pat@canary.test"}, "quantity": 2}


def by_shop(url: str) -> None:
    shop = Exchange("shop", url, headers={"X-Access-Token": "s3cret-token"})
    with suppress(ShopBusy, ShopRefused, ShopUnreachable):
        shop.ask("POST", "/admin/orders/1.json", body=PERSON)


def by_partner(url: str) -> None:
    call = Call(Counterpart(CounterpartKind.PARTNER, "acme", "Acme", "P1"), "submit", attempt=1)
    with suppress(PartnerQuiet):
        call_partner(call, lambda: Http3pl(Connection(url, "s3cret-token")).submit(PERSON, key="ful_1"))


def by_webhook(url: str) -> None:
    there = WebhookEndpoint.objects.first()
    if there is None:
        there, _ = create_endpoint(name="ERP", url=f"{url}/hooks/s3cret-token", events=[], actor=AGENT)
    # Its own schedule is another matter: what is looked at here holds for all three.
    WebhookEndpoint.objects.update(quiet_until=None)
    number = Delivery.objects.count() + 1
    row = Delivery.objects.create(endpoint=there, event="case.opened", event_id=number, payload={"type": "case.opened"})
    with suppress(DeliverLater):
        deliver(row.pk, actor=AGENT)


WAYS: dict[str, Callable[[str], None]] = {"shop": by_shop, "partner": by_partner, "webhook": by_webhook}
everyone = pytest.mark.parametrize("who", WAYS)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def liar(files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[Liar]:
    """Behind a name that resolves to this machine, which is taken for the open internet."""
    public = guard.is_public
    monkeypatch.setattr(guard, "resolve", lambda host, port: ["127.0.0.1"] if host == NAME else [host])
    monkeypatch.setattr(guard, "is_public", lambda ip: str(ip) == "127.0.0.1" or public(ip))
    trusting = ssl.create_default_context(cafile=str(files[0]))
    inner = httpx.HTTPTransport(verify=trusting, trust_env=False, limits=httpx.Limits(max_keepalive_connections=0))
    real = httpx.Client(transport=client.GuardedTransport(inner), trust_env=False, follow_redirects=False)
    monkeypatch.setattr(client, "_client", lambda: real)
    with lying_server(*files) as server:
        yield server


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everybody gives up after a second, and takes no more than 64 KB."""
    monkeypatch.setattr(client, "DEADLINE_S", 1.0)
    for name in ("apps.channels.framework.exchange", "apps.webhooks.services.delivering"):
        monkeypatch.setattr(f"{name}.DEADLINE_S", 1.0)
    monkeypatch.setattr("apps.channels.framework.exchange.MOST_BYTES", 65536)
    monkeypatch.setattr(client.exchange, "__kwdefaults__", {**client.exchange.__kwdefaults__, "most_bytes": 65536})


def took(who: str, liar: Liar) -> float:
    began = time.monotonic()
    WAYS[who](liar.url)
    return time.monotonic() - began


def last_call() -> CallLog:
    return CallLog.objects.order_by("-pk")[0]


@everyone
@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("answer", [trickling_head, trickling_body])
def test_ends_at_its_deadline_however_slowly_it_is_answered(
    who: str, answer: Callable[[socket.socket], None], liar: Liar
):
    liar.answer = answer

    assert took(who, liar) < 3.0
    # Of a subscriber's answer the head says everything, so its body is not waited for.
    taken = who == "webhook" and answer is trickling_body
    assert (last_call().outcome, last_call().detail) == (("ok", "") if taken else ("unknown", "timeout"))


@everyone
@pytest.mark.usefixtures("hurried")
def test_ends_at_its_deadline_where_the_handshake_trickles(who: str, liar: Liar):
    liar.before_tls = lambda connection: trickle(connection, b"\x16\x03\x03\x7f\xff" + b"x" * 2_000)

    assert took(who, liar) < 3.0
    assert last_call().outcome in ("failed", "unknown")


@everyone
@pytest.mark.usefixtures("hurried")
def test_ends_at_its_deadline_where_nobody_says_what_the_name_stands_for(
    who: str, liar: Liar, monkeypatch: pytest.MonkeyPatch
):
    WAYS[who](liar.url)
    monkeypatch.setattr(guard, "resolve", lambda host, port: time.sleep(4) or ["127.0.0.1"])

    assert took(who, liar) < 3.0
    assert (last_call().outcome, liar.connections) == ("failed", 1)


@everyone
@pytest.mark.usefixtures("hurried")
def test_takes_no_more_than_its_limit_of_a_body_that_never_ends(who: str, liar: Liar):
    liar.answer = endless(liar)

    assert took(who, liar) < 3.0
    # What the wires between hold is sent, and no more.
    assert liar.sent < 32 * 1024 * 1024
    assert last_call().detail == ("" if who == "webhook" else "answer too large")


@everyone
@pytest.mark.usefixtures("hurried")
def test_unpacks_no_more_than_its_limit(who: str, liar: Liar):
    packed = gzip.compress(b" " * 50_000_000)
    liar.says("200 OK\r\nContent-Encoding: gzip", packed)
    WAYS[who](liar.url)

    assert last_call().detail == ("" if who == "webhook" else "answer too large")


@everyone
def test_a_redirect_leads_nowhere(who: str, liar: Liar, files: tuple[Path, Path]):
    with lying_server(*files) as inside:
        liar.says(f"307 Temporary Redirect\r\nLocation: https://127.0.0.1:{inside.port}/latest/meta-data")
        WAYS[who](liar.url)

        assert (liar.connections, inside.connections) == (1, 0)
    assert (last_call().status, last_call().outcome != "ok") == (307, True)


@everyone
def test_connects_to_the_very_address_that_was_checked(who: str, liar: Liar, monkeypatch: pytest.MonkeyPatch):
    """A name that leads into the network a moment later finds the connection made; the next call is refused."""
    liar.says("503 Busy")
    WAYS[who](liar.url)
    asked: list[str] = []

    def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["169.254.169.254"]

    monkeypatch.setattr(guard, "resolve", rebinding)
    WAYS[who](liar.url)
    assert (len(asked), liar.connections, last_call().status) == (1, 2, 503)
    assert f"host: {NAME}:{liar.port}".encode() in liar.came[-1].lower()

    WAYS[who](liar.url)
    assert (len(asked), liar.connections, last_call().status) == (2, 2, None)
    assert "where a cloud keeps" in last_call().detail


@everyone
def test_whoever_answers_under_another_name_gets_nothing(who: str, liar: Liar, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(guard, "resolve", lambda host, port: ["127.0.0.1"])
    WAYS[who](liar.url.replace(NAME, "somebody.example"))

    assert (liar.connections, liar.came) == (1, [])
    assert last_call().outcome == "failed"


@everyone
def test_asks_no_proxy_whatever_the_environment_names(
    who: str, liar: Liar, files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
):
    liar.says("200 OK")
    with lying_server(*files) as proxy:
        for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        WAYS[who](liar.url)

        assert (proxy.connections, liar.connections) == (0, 1)


@everyone
@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable"])
@pytest.mark.parametrize("form", ["seconds", "date"])
def test_retry_after_is_kept_to_in_either_form(who: str, status: str, form: str, liar: Liar):
    now = clock.now()
    asked = "120" if form == "seconds" else format_datetime(now + timedelta(seconds=120), usegmt=True)
    liar.says(f"{status}\r\nRetry-After: {asked}")
    WAYS[who](liar.url)

    quiet = Breaker.objects.get().wait_until
    assert quiet is not None
    assert 117 < (quiet - now).total_seconds() < 125
    with clock.moved(timedelta(seconds=115)):
        WAYS[who](liar.url)
    assert liar.connections == 1
    with clock.moved(timedelta(seconds=126)):
        WAYS[who](liar.url)
    assert liar.connections == 2


@everyone
def test_what_retry_after_asks_for_has_an_end(who: str, liar: Liar):
    liar.says("429 Too Many Requests\r\nRetry-After: 99999999999999999999")
    WAYS[who](liar.url)

    quiet = Breaker.objects.get().wait_until
    assert quiet is not None
    assert quiet <= clock.now() + TERMS[CounterpartKind(who)].longest_quiet


@everyone
def test_five_failures_open_the_breaker_for_every_other_process_too(who: str, liar: Liar):
    liar.says("503 Service Unavailable")
    for _ in range(5):
        WAYS[who](liar.url)
    assert liar.connections == 5

    assert seen_elsewhere(Breaker.objects.get()) == "it is not well"
    WAYS[who](liar.url)
    assert liar.connections == 5


def seen_elsewhere(row: Breaker) -> str:
    """Why a process of its own, that knows nothing but the database, would not call."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    url = urlunsplit(parts._replace(path=f"/{database.settings_dict['NAME']}"))
    code = f"""
import django; django.setup()
from apps.outbound.counterparts import Counterpart
from apps.outbound.errors import CounterpartQuiet
from apps.outbound.services import Call, call_out
from apps.outbound.states import CounterpartKind
whom = Counterpart(CounterpartKind({row.kind!r}), {row.counterpart!r}, "X", {row.part!r})
try:
    call_out(Call(whom, "try"), "GET", "https://127.0.0.1:9/", headers={{}})
except CounterpartQuiet as quiet:
    print(quiet.reason.removeprefix("X: "), end="")
"""
    env = {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "orchestrator.settings"}
    return subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True).stdout


@everyone
def test_no_more_calls_a_second_than_its_rate(who: str, liar: Liar, monkeypatch: pytest.MonkeyPatch):
    usual = TERMS[CounterpartKind(who)]
    slow = CounterpartSettings(
        Limits(per_second=0.1, burst=2), usual.trusted, usual.longest_quiet, usual.path_is_secret
    )
    monkeypatch.setitem(TERMS, CounterpartKind(who), slow)  # type: ignore[arg-type]
    liar.says("200 OK")
    for _ in range(4):
        WAYS[who](liar.url)
    assert liar.connections == 2

    with clock.moved(timedelta(seconds=11)):
        WAYS[who](liar.url)
    assert liar.connections == 3


@everyone
def test_the_log_tells_of_every_call_and_of_nobody(who: str, liar: Liar):
    liar.says("200 OK", b'{"order": {"id": 7, "name": "Pat Canary"}, "reference": "r-1", "state": "accepted"}')
    WAYS[who](liar.url)

    call = last_call()
    assert (call.kind, call.status, call.outcome, call.attempt) == (who, 200, "ok", 1)
    assert call.method == "POST"
    assert call.request == {"webhook": '{"type":"case.opened"}'}.get(
        who, '{"ship_to":{"name":"•","email":"•"},"quantity":2}'
    )
    kept = str(CallLog.objects.values().get())
    assert b"s3cret-token" in liar.came[-1]
    for secret in ("s3cret-token", "Canary", "canary"):
        assert secret not in kept
    assert call.path == {"shop": "/admin/orders/1.json", "partner": "/fulfillment-orders", "webhook": ""}[who]


@everyone
def test_nothing_is_begun_when_the_run_has_no_time_left(who: str, liar: Liar):
    liar.says("200 OK")
    with deadlines.within(0.5):
        WAYS[who](liar.url)

    assert liar.connections == 0
    assert not Breaker.objects.exists()


def test_a_shop_that_drags_its_answers_does_not_outlive_the_lease(liar: Liar, monkeypatch: pytest.MonkeyPatch):
    """Each page comes in time, and there is always one more."""
    body = b"[]"

    def page(connection: socket.socket) -> None:
        connection.sendall(
            HEAD + b"X-WP-TotalPages: 999\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(body)
        )
        trickle(connection, body)

    liar.answer = page
    monkeypatch.setattr(queue, "LEASE", timedelta(seconds=8))
    ChannelFactory(kind="woocommerce", base_url=liar.url, api_key="k", api_secret="t")
    request_polls()
    began = time.monotonic()
    drain("partners")

    assert time.monotonic() - began < 8
    assert liar.connections > 2
    run = StepRun.objects.get(step="poll_channel")
    assert (run.state, run.attempts) == ("due", 1)
    assert "no time is left" in run.last_error
