"""Who sent a webhook: checking and making signatures, and the key by which a repeat is known.

Pure: secrets, headers, bytes and the present moment come from the caller. A signature is checked over the bytes as they
came, before anything is parsed, and compared in constant time. Several secrets may be valid while one is being rotated.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook

from apps.channels.mapping.facts import Facts, is_ping
from apps.channels.mapping.recognition import topic_in
from apps.core.errors import DomainError

TOLERANCE = timedelta(seconds=300)
LONGEST_KEY = 128
_SHOPIFY_SIGNATURES = ("x-shopify-hmac-sha256", "shopify-hmac-sha256")
_SHOPIFY_IDS = ("x-shopify-webhook-id", "shopify-webhook-id")
_WOO_SIGNATURE = "x-wc-webhook-signature"
_TIMESTAMP = re.compile(r"[0-9]{1,11}\Z")


class SignatureRefused(DomainError):
    """The message is not shown to be from its sender; ``reason`` says how, for the log, never for the sender."""

    code = "signature_refused"
    status = 401
    message = "The message's signature is not valid."

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason=reason)


class SecretUnusable(DomainError):
    """The channel's secret is empty or not in its scheme's form: nothing can be checked with it."""

    code = "webhook_secret_unusable"
    status = 409
    message = "The webhook secret is empty or malformed."


def verify(kind: str, secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now: datetime) -> None:
    """Check a webhook of a channel kind; kinds without a scheme of their own use Standard Webhooks.

    Raises ``SignatureRefused`` or ``SecretUnusable``. ``now`` (aware) matters to Standard Webhooks only.
    """
    if kind == "shopify":
        verify_shopify(secrets, headers, body)
    elif kind == "woocommerce":
        verify_woocommerce(secrets, headers, body)
    else:
        verify_standard(secrets, headers, body, now)


def verify_shopify(secrets: Sequence[str], headers: Mapping[str, str], body: bytes) -> None:
    """Check ``X-Shopify-Hmac-Sha256``, or the same header without its ``X-``. An empty body is refused."""
    folded = _folded(headers)
    given = [folded[name] for name in _SHOPIFY_SIGNATURES if folded.get(name)]
    if not body:
        raise SignatureRefused("missing_body")
    if not given:
        raise SignatureRefused("missing_signature")
    _match(given, [sign_shopify(secret, body) for secret in _usable(secrets)])


def verify_woocommerce(secrets: Sequence[str], headers: Mapping[str, str], body: bytes) -> None:
    """Check ``X-WC-Webhook-Signature``. The activation ping is unsigned: ask ``is_woocommerce_ping`` first."""
    given = _folded(headers).get(_WOO_SIGNATURE)
    if not given:
        raise SignatureRefused("missing_signature")
    _match([given], [sign_woocommerce(secret, body) for secret in _usable(secrets)])


def verify_standard(secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now: datetime) -> None:
    """Check ``webhook-id``, ``webhook-timestamp`` (within 300 s of ``now``) and any ``v1`` of ``webhook-signature``."""
    folded = _folded(headers)
    message_id, stamp, listed = (folded.get(f"webhook-{part}", "") for part in ("id", "timestamp", "signature"))
    if not (message_id and stamp and listed):
        raise SignatureRefused("missing_header")
    at = _moment_of(stamp)
    if abs(now.astimezone(UTC) - at) > TOLERANCE:
        raise SignatureRefused("timestamp_out_of_tolerance")
    given = [entry for entry in listed.split(" ") if entry.startswith("v1,")]
    _match(given, [sign_standard(secret, message_id, at, body) for secret in _usable(secrets)])


def sign_shopify(secret: str, body: bytes) -> str:
    """The value of ``X-Shopify-Hmac-Sha256``: base64 of HMAC-SHA256 over the body."""
    return _hmac_base64(secret, body)


def sign_woocommerce(secret: str, body: bytes) -> str:
    """The value of ``X-WC-Webhook-Signature``: base64 of HMAC-SHA256 over the body."""
    return _hmac_base64(secret, body)


def sign_standard(secret: str, message_id: str, at: datetime, body: bytes) -> str:
    """One entry of ``webhook-signature``, ``v1,…``, over ``{id}.{seconds}.{body}``; the secret with or without whsec_."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SignatureRefused("body_not_utf8") from error
    try:
        return Webhook(secret).sign(message_id, at.astimezone(UTC), text)
    except (EmptyWebhookSecretError, binascii.Error, ValueError) as error:
        raise SecretUnusable from error


def is_woocommerce_ping(headers: Mapping[str, str], body: bytes) -> bool:
    """Whether this is the unsigned ``webhook_id=N`` form a shop sends on activation: answer 200, create nothing."""
    content_type = _folded(headers).get("content-type", "")
    form = content_type.partition(";")[0].strip().casefold() == "application/x-www-form-urlencoded"
    return form and len(body) <= 64 and is_ping("woocommerce", body)


def dedupe_key(kind: str, headers: Mapping[str, str], payload: bytes, facts: Facts) -> str:
    """By what a repeat of this message is known within its channel; at most 128 characters.

    Shopify: its webhook id, unique per delivery and kept on retries. Standard Webhooks: its id. WooCommerce: webhook id,
    topic, order and body, because its delivery id is the same for all messages of one second. Others: topic, order, body.
    """
    folded = _folded(headers)
    body = hashlib.sha256(payload).hexdigest()
    if kind == "shopify":
        own = next((folded[name] for name in _SHOPIFY_IDS if folded.get(name)), "")
        parts = [own] if own else [topic_in(headers), facts.external_id, body]
    elif kind == "woocommerce":
        parts = [folded.get("x-wc-webhook-id", ""), topic_in(headers), facts.external_id, body]
    elif folded.get("webhook-id"):
        parts = [folded["webhook-id"]]
    else:
        parts = [facts.topic.value, facts.external_id, body]
    key = ":".join([kind, *parts])
    # What a column cannot hold (too long, NUL, half a character) is known by its hash.
    if len(key) <= LONGEST_KEY and key.isprintable():
        return key
    return f"{kind}:{hashlib.sha256(key.encode('utf-8', 'surrogatepass')).hexdigest()}"


def _folded(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.casefold(): value for name, value in headers.items()}


def _usable(secrets: Sequence[str]) -> list[str]:
    usable = [secret for secret in secrets if secret]
    if not usable:
        raise SecretUnusable
    return usable


def _hmac_base64(secret: str, body: bytes) -> str:
    if not secret:
        raise SecretUnusable
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode("ascii")


def _match(given: Sequence[str], expected: Sequence[str]) -> None:
    """Every pair is compared, so that the time taken tells nothing of which one matched."""
    found = False
    for theirs in given:
        for ours in expected:
            found |= hmac.compare_digest(theirs.encode("utf-8", "surrogateescape"), ours.encode("ascii"))
    if not found:
        raise SignatureRefused("no_matching_signature")


def _moment_of(stamp: str) -> datetime:
    if not _TIMESTAMP.match(stamp):
        raise SignatureRefused("timestamp_not_a_number")
    try:
        return datetime.fromtimestamp(int(stamp), UTC)
    except (OverflowError, ValueError, OSError) as error:
        raise SignatureRefused("timestamp_not_a_number") from error
