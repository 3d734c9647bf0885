"""Recorded messages of shops and marketplaces, orders and everything else, sent as webhooks of a channel each."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from apps.channels.framework.registry import adapter_of
from apps.channels.mapping.envelopes import orders_in
from apps.channels.models import Channel
from apps.demo.replay.client import Message, compact
from apps.demo.replay.setup import lay_ground, replay_channel

FOLDERS = {
    "shopify": "shopify",
    "shopify_ruby_docs": "shopify",
    "woocommerce_captured": "woocommerce",
    "woocommerce_docs": "woocommerce",
    "bigcommerce": "bigcommerce",
    "amazon": "amazon",
}
# What of the recorded headers the shop itself sends again; the signature is made again, with the channel's secret.
_OWN_HEADERS = (
    "X-WC-Webhook-Topic",
    "X-WC-Webhook-ID",
    "X-WC-Webhook-Delivery-ID",
    "X-WC-Webhook-Source",
    "Content-Type",
)


def set_up(prefix: str, folder: Path) -> list[Channel]:
    """A channel for each folder that is there: orders of different shops have the same ids."""
    lay_ground()
    return [
        replay_channel(f"{prefix}-{name.replace('_', '-')}", kind=kind, name=f"{name.replace('_', ' ')}, recorded")
        for name, kind in FOLDERS.items()
        if (folder / name).is_dir()
    ]


def messages(prefix: str, folder: Path, channels: list[Channel]) -> Iterator[Message]:
    """In the sequence of the files' names, which is that of their recording."""
    by_code = {channel.code: channel for channel in channels}
    for name in FOLDERS:
        channel = by_code.get(f"{prefix}-{name.replace('_', '-')}")
        if channel is not None:
            yield from _of_folder(folder / name, channel)


def _of_folder(folder: Path, channel: Channel) -> Iterator[Message]:
    for file in sorted(folder.glob("*.json")):
        if file.name.endswith(".headers.json"):
            continue
        headers = _headers(file)
        for position, body in enumerate(_bodies(file.read_bytes(), channel.kind)):
            yield Message(channel, f"{channel.code}/{file.name}/{position}", body, headers)


def _headers(file: Path) -> dict[str, str]:
    recorded = file.with_suffix(".headers.json")
    if not recorded.is_file():
        return {}
    headers = json.loads(recorded.read_text(encoding="utf-8"))
    return {name: headers[name] for name in _OWN_HEADERS if name in headers}


def _bodies(raw: bytes, kind: str) -> list[bytes]:
    """A file is a message; a listing is as many as it lists, and a recorded exchange is what it was answered with."""
    try:
        recorded = json.loads(raw)
    except ValueError:
        return [raw]
    body = _answer(recorded)
    found = orders_in(adapter_of(kind).messages, body)
    if body is recorded and isinstance(body, dict) and len(found) == 1:
        return [raw]
    return [compact(one) for one in found]


def _answer(recorded: Any) -> Any:
    if isinstance(recorded, dict) and ("operation" in recorded or "source" in recorded):
        return recorded.get("response", recorded.get("body", recorded))
    return recorded
