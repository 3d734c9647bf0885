"""How a channel's webhooks show who sent them, and by what a repeat is known: the schemes an adapter chooses from. Pure."""

from __future__ import annotations

import base64
import hashlib
import secrets as randomness
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from apps.channels.mapping.facts import Facts
from apps.core.signatures import (
    SignatureRefused,
    folded,
    hmac_sha256_base64,
    match_any,
    sign_standard,
    usable,
    verify_standard,
)

LONGEST_KEY = 128


class SigningScheme(Protocol):
    """How webhooks of a kind of channel are signed."""

    def verify(self, secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now: datetime) -> None:
        """Raises ``SignatureRefused`` or ``SecretUnusable``. ``now`` (aware) matters where what is signed has a time."""

    def sign(self, secret: str, body: bytes, *, message_id: str, at: datetime) -> dict[str, str]:
        """The headers by which a sender shows who it is: what a simulated shop sends, and a test."""

    def known_by(self, headers: Mapping[str, str], topic: str, facts: Facts, digest: str) -> Sequence[str]:
        """What is the same in every repeat of a message, and in no other. ``headers`` by names in lower case; ``digest``: of
        the body; ``topic``: as the headers name it."""

    def new_secret(self) -> str:
        """A fresh secret in the scheme's form."""


@runtime_checkable
class NamesItsKey(Protocol):
    """A scheme whose messages are signed with a key of the vendor's, and say with which. Its ``verify`` takes, in the place of
    secrets, the public key of that name; the shop is asked for it."""

    def key_id(self, headers: Mapping[str, str]) -> str:
        """The name of the key. Raises ``SignatureRefused``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HmacBase64:
    """Base64 of HMAC-SHA256 over the body, in any one of ``headers``. All names of headers in lower case.

    ``delivery_ids``: headers with an id that a delivery and its retries share. Without one, a repeat is known by the headers
    ``also``, topic, order and body.
    """

    headers: tuple[str, ...]
    delivery_ids: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    needs_body: bool = False

    def verify(self, secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now: datetime) -> None:
        del now
        known = folded(headers)
        given = [known[name] for name in self.headers if known.get(name)]
        if self.needs_body and not body:
            raise SignatureRefused("missing_body")
        if not given:
            raise SignatureRefused("missing_signature")
        match_any(given, [hmac_sha256_base64(secret, body) for secret in usable(secrets)])

    def sign(self, secret: str, body: bytes, *, message_id: str, at: datetime) -> dict[str, str]:
        del at
        return {self.headers[0]: hmac_sha256_base64(secret, body), **dict.fromkeys(self.delivery_ids[:1], message_id)}

    def known_by(self, headers: Mapping[str, str], topic: str, facts: Facts, digest: str) -> Sequence[str]:
        own = next((headers[name] for name in self.delivery_ids if headers.get(name)), "")
        return [own] if own else [*(headers.get(name, "") for name in self.also), topic, facts.external_id, digest]

    def new_secret(self) -> str:
        return randomness.token_urlsafe(32)


@dataclass(frozen=True, slots=True)
class StandardWebhooks:
    """https://www.standardwebhooks.com: known by its id; without one, by what it says, the order and the body."""

    def verify(self, secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now: datetime) -> None:
        verify_standard(secrets, headers, body, now)

    def sign(self, secret: str, body: bytes, *, message_id: str, at: datetime) -> dict[str, str]:
        return {
            "webhook-id": message_id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": sign_standard(secret, message_id, at, body),
        }

    def known_by(self, headers: Mapping[str, str], topic: str, facts: Facts, digest: str) -> Sequence[str]:
        del topic
        own = headers.get("webhook-id")
        return [own] if own else [facts.topic.value, facts.external_id, digest]

    def new_secret(self) -> str:
        return "whsec_" + base64.b64encode(randomness.token_bytes(32)).decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretHeader:
    """The secret itself in a header of its own, as shops send it that add headers to a webhook and sign nothing. Who has seen one
    request can forge any body: only for messages that name an order, which is then fetched. The name in lower case."""

    header: str

    def verify(self, secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now: datetime) -> None:
        del body, now
        given = folded(headers).get(self.header, "")
        if not given:
            raise SignatureRefused("missing_secret")
        # Hashes are as long as each other, and of ASCII.
        match_any([_hashed(given)], [_hashed(secret) for secret in usable(secrets)])

    def sign(self, secret: str, body: bytes, *, message_id: str, at: datetime) -> dict[str, str]:
        del body, message_id, at
        return {self.header: secret}

    def known_by(self, headers: Mapping[str, str], topic: str, facts: Facts, digest: str) -> Sequence[str]:
        del headers
        return [topic, facts.external_id, digest]

    def new_secret(self) -> str:
        return randomness.token_urlsafe(32)


def _hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


def dedupe_key(
    kind: str, scheme: SigningScheme, headers: Mapping[str, str], payload: bytes, *, topic: str, facts: Facts
) -> str:
    """By what a repeat of this message is known within its channel; at most 128 characters."""
    digest = hashlib.sha256(payload).hexdigest()
    key = ":".join([kind, *scheme.known_by(folded(headers), topic, facts, digest)])
    # What a column cannot hold (too long, NUL, half a character) is known by its hash.
    if len(key) <= LONGEST_KEY and key.isprintable():
        return key
    return f"{kind}:{hashlib.sha256(key.encode('utf-8', 'surrogatepass')).hexdigest()}"
