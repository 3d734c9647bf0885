"""The channels' side of HTTP: signed messages and files, several at once, timed."""

from __future__ import annotations

import contextlib
import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx
from django.conf import settings

from apps.channels.framework.registry import adapter_of
from apps.channels.models import Channel
from apps.core import clock

SENDERS = 4
TRIES = 3


@dataclass(frozen=True, slots=True)
class Message:
    """A webhook about to be sent. ``name`` is unique within the replay: where it was recorded. ``headers`` go along."""

    channel: Channel
    name: str
    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Sent:
    """How the server answered. ``ref`` is the inbox message's id, empty for a ping; ``seconds`` to the answer."""

    name: str
    status: int
    ref: str
    repeat: bool
    seconds: float


class ReplayClient:
    """Connections to a running Orderyard."""

    def __init__(self, url: str) -> None:
        limits = httpx.Limits(max_connections=SENDERS, max_keepalive_connections=SENDERS)
        self._http = httpx.Client(base_url=url or settings.ORDERYARD["URL"], timeout=30, limits=limits)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def send_all(self, messages: Sequence[Message], *, at_once: int, what: str) -> list[Sent]:
        """Send them all, ``at_once`` of them at a time; one at a time keeps their sequence."""
        with ThreadPoolExecutor(at_once) as hands:
            return list(progress(hands.map(self._send, messages), len(messages), what))

    def _send(self, message: Message) -> Sent:
        channel = message.channel
        headers = {"Content-Type": "application/json", **signed(channel, message.name, message.body), **message.headers}
        began = time.monotonic()
        answer = self._post(f"/hooks/{channel.kind}/{channel.code}/", content=message.body, headers=headers)
        taken = time.monotonic() - began
        body = answer.json() if answer.status_code == 200 else {}
        return Sent(message.name, answer.status_code, body.get("message", ""), body.get("repeat", False), taken)

    def upload(self, channel: Channel, name: str, body: bytes, *, key: str) -> str:
        """Hand a file in; returns the upload's id. Raises httpx.HTTPStatusError."""
        headers = {"Authorization": f"Bearer {key}"}
        files = {"file": (name, body, "text/csv")}
        answer = self._post("/api/v1/uploads", data={"channel": channel.code}, files=files, headers=headers)
        return str(answer.raise_for_status().json()["id"])

    def _post(self, path: str, **arguments: Any) -> httpx.Response:
        """A broken connection is reopened, as any sender does; a response is final."""
        for _ in range(TRIES - 1):
            with contextlib.suppress(httpx.TransportError):
                return self._http.post(path, **arguments)
        return self._http.post(path, **arguments)


def signed(channel: Channel, name: str, body: bytes) -> dict[str, str]:
    """The headers by which a channel of this kind shows who it is."""
    signing = adapter_of(channel.kind).signing
    assert signing is not None, f"{channel.code} takes no webhooks"
    return signing.sign(channel.secret, body, message_id=name, at=clock.now())


def compact(payload: Any) -> bytes:
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()


def progress(items: Iterator[Any], total: int, what: str) -> Iterator[Any]:
    """The same items, with a bar on stderr that moves as they come."""
    shown = -1
    for done, item in enumerate(items, 1):
        yield item
        percent = done * 100 // max(total, 1)
        if percent != shown and (sys.stderr.isatty() or percent % 10 == 0):
            shown = percent
            end = "\r" if sys.stderr.isatty() and done < total else "\n"
            sys.stderr.write(f"  {what} [{'#' * (percent // 4):25}] {done} of {total}{end}")
            sys.stderr.flush()
