"""How eBay signs its notifications: ECDSA, with a key that ``X-EBAY-SIGNATURE`` names. Pure.

Instead of a shared secret there is a verification token: with it, eBay is answered once whether an address is ours.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import secrets as randomness
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_public_key,
    load_pem_private_key,
)

from apps.channels.mapping.facts import Facts
from apps.core.signatures import SecretUnusable, SignatureRefused, folded

HEADER = "x-ebay-signature"
# eBay signs by SHA1 today, and says so beside each key: which digest is used is its choice, not ours.
_DIGESTS: Mapping[str, hashes.HashAlgorithm] = {"SHA1": hashes.SHA1(), "SHA256": hashes.SHA256()}  # noqa: S303


class EbaySignature:
    """``verify`` takes public keys, as eBay gives them; ``sign`` a private one, as PEM."""

    def key_id(self, headers: Mapping[str, str]) -> str:
        return str(_said(headers).get("kid") or "")

    def verify(self, secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now: datetime) -> None:
        del now
        said = _said(headers)
        digest = _DIGESTS.get(str(said.get("digest") or "SHA1").upper())
        try:
            signature = base64.b64decode(str(said.get("signature") or ""), validate=True)
        except (binascii.Error, ValueError):
            raise SignatureRefused("malformed_signature") from None
        if digest is None:
            raise SignatureRefused("unknown_digest")
        for key in secrets:
            try:
                _public(key).verify(signature, body, ec.ECDSA(digest))
            except InvalidSignature:
                continue
            return
        raise SignatureRefused("no_matching_signature")

    def sign(self, secret: str, body: bytes, *, message_id: str, at: datetime) -> dict[str, str]:
        del message_id, at
        key = load_pem_private_key(secret.encode(), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        signature = base64.b64encode(key.sign(body, ec.ECDSA(_DIGESTS["SHA1"]))).decode()
        said = {"alg": "ecdsa", "kid": kid_of(key), "signature": signature, "digest": "SHA1"}
        return {HEADER: base64.b64encode(json.dumps(said).encode()).decode()}

    def known_by(self, headers: Mapping[str, str], topic: str, facts: Facts, digest: str) -> Sequence[str]:
        """A repeat counts its attempts in its body, so it is known as another message; the order it names is fetched once more."""
        del headers
        return [topic, facts.external_id, digest]

    def new_secret(self) -> str:
        """A verification token: 32 to 80 letters, digits, ``_`` and ``-``."""
        return randomness.token_urlsafe(32)

    def new_pair(self) -> tuple[str, str]:
        """A private key to sign with and its public one to verify by: for trying the scheme without eBay."""
        key = ec.generate_private_key(ec.SECP256R1())
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return private, base64.b64encode(public).decode()


def challenge(query: Mapping[str, str], secret: str, address: str) -> Mapping[str, str] | None:
    """The answer by which eBay knows that an address is ours."""
    code = query.get("challenge_code")
    if not code or not secret:
        return None
    return {"challengeResponse": hashlib.sha256(f"{code}{secret}{address}".encode()).hexdigest()}


def kid_of(key: ec.EllipticCurvePrivateKey) -> str:
    """A name for a key of our own making."""
    return hashlib.sha256(str(key.public_key().public_numbers()).encode()).hexdigest()[:32]


def _said(headers: Mapping[str, str]) -> Mapping[str, Any]:
    given = folded(headers).get(HEADER, "")
    if not given:
        raise SignatureRefused("missing_signature")
    try:
        said = json.loads(base64.b64decode(given))
    except ValueError:
        raise SignatureRefused("malformed_signature") from None
    if not isinstance(said, dict):
        raise SignatureRefused("malformed_signature")
    return said


def _public(key: str) -> ec.EllipticCurvePublicKey:
    """From PEM without line breaks, as eBay writes it."""
    inner = "".join(line for line in key.replace("-----", "\n").splitlines() if "PUBLIC KEY" not in line)
    try:
        found = load_der_public_key(base64.b64decode("".join(inner.split())))
    except (ValueError, UnsupportedAlgorithm):
        raise SecretUnusable from None
    if not isinstance(found, ec.EllipticCurvePublicKey):
        raise SecretUnusable
    return found
