"""Storing what a channel's webhook brought: verified, kept as it came, acknowledged; read later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from django.db.models import F

from apps.channels import signatures
from apps.channels.errors import BadSignature, ChannelNotFound
from apps.channels.mapping.facts import facts
from apps.channels.mapping.recognition import topic_in
from apps.channels.models import HOOKED_KINDS, Channel, ChannelKind, InboxMessage
from apps.channels.selectors import channel_by_code
from apps.channels.services.reading import parse
from apps.core.actor import Actor
from apps.core.outbox import Fact, record
from apps.core.retrying import in_transaction

log = structlog.get_logger(__name__)
RECEIVED = "inbox.received"
# What is kept of the headers: what a reader may ask for. Signatures and whatever a proxy added are not.
_KEPT = ("x-shopify-", "shopify-", "x-wc-webhook-", "webhook-", "content-type", "user-agent")
_DROPPED = ("signature", "hmac")


@dataclass(frozen=True, slots=True)
class Received:
    """``message_ref`` is empty for a ping, which leaves nothing behind; ``repeat``: it was here before."""

    message_ref: str
    repeat: bool


def receive_message(
    kind: str, channel_code: str, headers: Mapping[str, str], body: bytes, *, now: datetime
) -> Received:
    """Verify and store one webhook; a repeat is only counted. Raises ChannelNotFound, BadSignature.

    The signature is checked over the bytes as they came, before anything of them is read.
    """
    channel = _channel(kind, channel_code)
    if kind == ChannelKind.WOOCOMMERCE and signatures.is_woocommerce_ping(headers, body):
        return Received("", repeat=False)
    _verify(channel, headers, body, now)
    message = _message(channel, headers, body)
    return in_transaction(lambda: _store(channel, message))


def _channel(kind: str, code: str) -> Channel:
    channel = channel_by_code(code)
    if channel.kind != kind or kind not in HOOKED_KINDS:
        raise ChannelNotFound(channel=code)
    return channel


def _verify(channel: Channel, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
    try:
        signatures.verify(channel.kind, [channel.secret, channel.previous_secret], headers, body, now)
    except (signatures.SignatureRefused, signatures.SecretUnusable) as error:
        reason = error.reason if isinstance(error, signatures.SignatureRefused) else error.code
        log.warning("channel_hook_refused", channel=channel.code, reason=reason)
        raise BadSignature() from None


def _message(channel: Channel, headers: Mapping[str, str], body: bytes) -> InboxMessage:
    topic = _storable(topic_in(headers), 64)
    try:
        payload: Any = parse(body)
    except ValueError:
        # Its signature is good: a person looks at it, and the sender is not told to try again.
        payload = None
    known = facts(channel.kind, topic, payload)
    return InboxMessage(
        channel=channel,
        topic=topic,
        external_id=known.external_id,
        dedupe_key=signatures.dedupe_key(channel.kind, headers, body, known),
        headers=_kept(headers),
        body=body,
        content_type=_storable(headers.get("Content-Type", ""), 100),
    )


def _store(channel: Channel, message: InboxMessage) -> Received:
    """Of two deliveries at once the second meets the unique key, and finds the first on its second look."""
    same = InboxMessage.objects.filter(channel=channel, dedupe_key=message.dedupe_key)
    if same.update(deliveries=F("deliveries") + 1):
        return Received(same.values_list("public_id", flat=True).get(), repeat=True)
    store_messages([message])
    return Received(message.public_id, repeat=False)


def store_messages(messages: list[InboxMessage]) -> None:
    """Keep new messages and have them read; must run inside a transaction."""
    for message in messages:
        message.pk = None
    InboxMessage.objects.bulk_create(messages)
    for channel in {message.channel_id: message.channel for message in messages}.values():
        facts_of = [received(message) for message in messages if message.channel_id == channel.pk]
        record(*facts_of, actor=Actor("channel", channel.code))


def received(message: InboxMessage, *, replayed: bool = False) -> Fact:
    """The fact that a message is there to be read."""
    data = {"replayed": True} if replayed else {}
    return Fact(RECEIVED, message.pk, message.public_id, message.public_id, data)


def _kept(headers: Mapping[str, str]) -> dict[str, str]:
    kept = {}
    for name, value in headers.items():
        folded = name.casefold()
        if folded.startswith(_KEPT) and not any(part in folded for part in _DROPPED):
            kept[_storable(name, 64)] = _storable(value, 255)
    return kept


def _storable(text: str, length: int) -> str:
    return "".join(letter for letter in text if letter.isprintable())[:length]
