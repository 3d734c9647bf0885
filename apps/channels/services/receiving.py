"""Storing what a channel's webhook brought: verified, kept as it came, acknowledged; read later."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from django.db import connection

from apps.channels import events
from apps.channels.errors import BadSignature, ChannelNotFound
from apps.channels.framework.adapter import ChannelAdapter
from apps.channels.framework.registry import adapter_of
from apps.channels.framework.signatures import SigningScheme, dedupe_key
from apps.channels.mapping.facts import facts
from apps.channels.models import Channel, InboxMessage
from apps.channels.selectors import channel_for_challenges, channel_for_webhooks
from apps.channels.services.reading import parse
from apps.channels.services.sender_keys import keys_of
from apps.core.actor import Actor
from apps.core.outbox import Fact, record
from apps.core.signatures import SecretUnusable, SignatureRefused
from apps.core.transactions import in_transaction

log = structlog.get_logger(__name__)
# What is kept of the headers: what a reader may ask for. Signatures and whatever a proxy added are not.
_KEPT = ("webhook-", "content-type", "user-agent")
_DROPPED = ("signature", "hmac")


@dataclass(frozen=True, slots=True)
class Received:
    """``message_ref`` is empty for a ping, which leaves nothing behind; ``repeat``: it was here before."""

    message_ref: str
    repeat: bool


def receive_message(
    kind: str, channel_code: str, headers: Mapping[str, str], body: bytes, *, now: datetime
) -> Received:
    """Verify and store one webhook; a repeat is only counted. Raises ChannelNotFound, BadSignature, SenderKeyUnavailable.

    The signature is checked over the bytes as they came, before anything of them is read.
    """
    channel = channel_for_webhooks(channel_code)
    adapter = adapter_of(channel.kind)
    signing = adapter.signing
    if channel.kind != kind or signing is None:
        raise ChannelNotFound(channel=channel_code)
    if adapter.unsigned_ping(headers, body):
        return Received("", repeat=False)
    _verify(channel, signing, headers, body, now)
    message = _message(channel, adapter, signing, headers, body)
    return in_transaction(lambda: _store(message))


def answer_challenge(kind: str, channel_code: str, query: Mapping[str, str], address: str) -> Mapping[str, str] | None:
    """What the vendor is answered that asks whether this address is ours; None: it asks nothing of the kind. Raises ChannelNotFound."""
    channel = channel_for_challenges(channel_code)
    if channel.kind != kind:
        raise ChannelNotFound(channel=channel_code)
    challenge = adapter_of(kind).challenge
    return challenge(query, channel.secret, address) if challenge is not None else None


def _verify(channel: Channel, signing: SigningScheme, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
    try:
        signing.verify(keys_of(channel, signing, headers, now), headers, body, now)
    except (SignatureRefused, SecretUnusable) as error:
        reason = error.reason if isinstance(error, SignatureRefused) else error.code
        log.warning("channel_hook_refused", channel=channel.code, reason=reason)
        raise BadSignature(reason) from None


def _message(
    channel: Channel, adapter: ChannelAdapter, signing: SigningScheme, headers: Mapping[str, str], body: bytes
) -> InboxMessage:
    try:
        payload: Any = parse(body)
    except ValueError:
        # Its signature is good: a person looks at it, and the sender is not asked to try again.
        payload = None
    named = adapter.messages.topics.named_in(headers) or adapter.messages.topics.named_within(payload)
    topic = _storable(named, 64)
    known = facts(adapter.messages, topic, payload)
    return InboxMessage(
        channel=channel,
        topic=topic,
        external_id=known.external_id,
        dedupe_key=dedupe_key(channel.kind, signing, headers, body, topic=named, facts=known),
        headers=_kept(headers, _KEPT + adapter.kept_headers),
        body=body,
        content_type=_storable(headers.get("Content-Type", ""), 100),
    )


_KEEP = """
INSERT INTO channels_inboxmessage (public_id, channel_id, topic, external_id, dedupe_key, headers, body, content_type,
    verdict, reason, problems, order_ref, deliveries, received_at)
VALUES (%s, %s, %s, %s, %s, %s::jsonb, %s, %s, %s, '', '[]', '', 1, %s)
ON CONFLICT (channel_id, dedupe_key) DO UPDATE SET deliveries = channels_inboxmessage.deliveries + 1
RETURNING id, public_id, deliveries > 1
"""


def _store(message: InboxMessage) -> Received:
    """One statement keeps a new message or counts a repeat, whoever else is delivering it at this moment."""
    of = message
    with connection.cursor() as cursor:
        values: list[Any] = [
            of.public_id,
            of.channel_id,
            of.topic,
            of.external_id,
            of.dedupe_key,
            json.dumps(of.headers),
            of.body,
        ]
        cursor.execute(_KEEP, [*values, of.content_type, of.verdict, of.received_at])
        pk, public_id, repeat = cursor.fetchone()
    if not repeat:
        message.pk = pk
        record(received(message), actor=Actor("channel", message.channel.code))
    return Received(public_id, repeat)


def store_messages(messages: Sequence[InboxMessage]) -> None:
    """Keep new messages of one channel and have them read; must run inside a transaction."""
    for message in messages:
        # On a second attempt the keys of the first one are worth nothing.
        message.pk = None
    InboxMessage.objects.bulk_create(messages)
    if messages:
        record(*[received(message) for message in messages], actor=Actor("channel", messages[0].channel.code))


def received(message: InboxMessage, *, replayed: bool = False) -> Fact:
    """The fact that a message is there to be read."""
    return events.message_fact(message, events.InboxReceived(replayed=replayed or None))


def _kept(headers: Mapping[str, str], beginnings: tuple[str, ...]) -> dict[str, str]:
    kept = {}
    for name, value in headers.items():
        folded = name.casefold()
        if folded.startswith(beginnings) and not any(part in folded for part in _DROPPED):
            kept[_storable(name, 64)] = _storable(value, 255)
    return kept


def _storable(text: str, length: int) -> str:
    return "".join(letter for letter in text if letter.isprintable())[:length]
