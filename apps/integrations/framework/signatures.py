"""The schemes of signatures that adapters choose from. Pure."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from apps.core.signatures import SignatureRefused, folded, hmac_sha256_base64, match_any, sign_standard, verify_standard


@dataclass(frozen=True, slots=True)
class StandardWebhooks:
    """As standardwebhooks.com has it; a secret that is not in its form, ``whsec_`` and base64, is brought into it."""

    def verify(self, secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
        verify_standard([_standard_key(secret)], headers, body, now)

    def sign(self, secret: str, body: bytes, *, message_id: str, at: datetime) -> dict[str, str]:
        return {
            "webhook-id": message_id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": sign_standard(_standard_key(secret), message_id, at, body),
        }


@dataclass(frozen=True, slots=True)
class HmacBase64:
    """Base64 of HMAC-SHA256 over the body, in ``header`` (its name in lower case). It has no time: a repeat must be harmless."""

    header: str

    def verify(self, secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
        del now
        given = folded(headers).get(self.header, "")
        if not given:
            raise SignatureRefused("missing_signature")
        match_any([given], [hmac_sha256_base64(secret, body)])

    def sign(self, secret: str, body: bytes, *, message_id: str, at: datetime) -> dict[str, str]:
        del message_id, at
        return {self.header: hmac_sha256_base64(secret, body)}


def _standard_key(secret: str) -> str:
    if not secret or secret.startswith("whsec_"):
        return secret
    return "whsec_" + base64.b64encode(secret.encode()).decode()
