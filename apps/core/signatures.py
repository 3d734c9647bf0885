"""Checking and making signatures of webhooks: Standard Webhooks, and HMACs as shops send them. Pure.

Secrets, headers, bytes and the present moment come from the caller. A signature is checked over the bytes as they came,
before anything is parsed, and compared in constant time. Several secrets may be valid while one is being rotated.
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

from apps.core.errors import DomainError

TOLERANCE = timedelta(seconds=300)
# Eleven digits reach to the year 5138.
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
    """The secret is empty or not in its scheme's form: nothing can be checked with it."""

    code = "webhook_secret_unusable"
    status = 409
    message = "The webhook secret is empty or malformed."


def verify_standard(secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now: datetime) -> None:
    """Check ``webhook-id``, ``webhook-timestamp`` (within 300 s of ``now``) and any ``v1`` of ``webhook-signature``.

    Raises ``SignatureRefused`` or ``SecretUnusable``.
    """
    known = folded(headers)
    message_id, stamp, listed = (known.get(f"webhook-{part}", "") for part in ("id", "timestamp", "signature"))
    if not (message_id and stamp and listed):
        raise SignatureRefused("missing_header")
    at = _moment_of(stamp)
    if abs(now.astimezone(UTC) - at) > TOLERANCE:
        raise SignatureRefused("timestamp_out_of_tolerance")
    given = [entry for entry in listed.split(" ") if entry.startswith("v1,")]
    match_any(given, [sign_standard(secret, message_id, at, body) for secret in usable(secrets)])


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


def hmac_sha256_base64(secret: str, body: bytes) -> str:
    """Base64 of HMAC-SHA256 over the body."""
    if not secret:
        raise SecretUnusable
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode("ascii")


def match_any(given: Sequence[str], expected: Sequence[str]) -> None:
    """Raises SignatureRefused unless one of the given is one of the expected.

    Every pair is compared, so that the time taken reveals nothing of which one matched.
    """
    found = False
    for theirs in given:
        for ours in expected:
            found |= hmac.compare_digest(theirs.encode("utf-8", "surrogateescape"), ours.encode("ascii"))
    if not found:
        raise SignatureRefused("no_matching_signature")


def folded(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers by their names in lower case."""
    return {name.casefold(): value for name, value in headers.items()}


def usable(secrets: Sequence[str]) -> list[str]:
    """Those that are not empty; raises SecretUnusable where all are."""
    found = [secret for secret in secrets if secret]
    if not found:
        raise SecretUnusable
    return found


def _moment_of(stamp: str) -> datetime:
    if not _TIMESTAMP.match(stamp):
        raise SignatureRefused("timestamp_not_a_number")
    return datetime.fromtimestamp(int(stamp), UTC)
