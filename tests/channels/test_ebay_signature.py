"""How eBay shows who sent a notification, and how it is answered when it asks whether an address is ours."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from apps.channels.adapters.ebay.signature import EbaySignature, challenge
from apps.channels.mapping.facts import Facts
from apps.channels.mapping.message_form import Topic
from apps.core.signatures import SecretUnusable, SignatureRefused

NOW = datetime.fromtimestamp(1614265330, UTC)
BODY = b'{"test": 2432232314}'
PLAIN = Facts("13", None, False, Topic.CREATED)


@pytest.fixture(scope="module")
def ebay_pair() -> tuple[str, str]:
    return EbaySignature().new_pair()


def ebay_header(**said: Any) -> dict[str, str]:
    return {"X-EBAY-Signature": base64.b64encode(json.dumps(said).encode()).decode()}


def test_ebay_signs_with_a_key_that_its_header_names(ebay_pair: tuple[str, str]) -> None:
    scheme, (private, public) = EbaySignature(), ebay_pair
    _, other = scheme.new_pair()

    headers = scheme.sign(private, BODY, message_id="1", at=NOW)

    scheme.verify([other, public], headers, BODY, NOW)
    scheme.verify([f"-----BEGIN PUBLIC KEY-----{public}-----END PUBLIC KEY-----"], headers, BODY, NOW)
    assert len(scheme.key_id(headers)) == 32
    assert scheme.key_id(ebay_header()) == ""
    for keys, body in (([other], BODY), ([public], BODY + b" "), ([], BODY)):
        with pytest.raises(SignatureRefused) as refused:
            scheme.verify(keys, headers, body, NOW)
        assert refused.value.reason == "no_matching_signature"
    assert scheme.known_by({}, "t", PLAIN, "digest") == ["t", "13", "digest"]


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({}, "missing_signature"), ({"x-ebay-signature": ""}, "missing_signature"), ({"x-ebay-signature": "é"}, "malformed_signature"),
        ({"x-ebay-signature": base64.b64encode(b"[1]").decode()}, "malformed_signature"),
        ({"x-ebay-signature": base64.b64encode(b"{").decode()}, "malformed_signature"),
        (ebay_header(signature="%%%"), "malformed_signature"), (ebay_header(signature="AAAA", digest="MD5"), "unknown_digest"),
        (ebay_header(signature="AAAA"), "no_matching_signature"), (ebay_header(signature="AAAA", digest="sha256"), "no_matching_signature"),
    ],
)  # fmt: skip
def test_what_ebay_never_signed_is_refused_for_that(
    ebay_pair: tuple[str, str], headers: dict[str, str], reason: str
) -> None:
    with pytest.raises(SignatureRefused) as refused:
        EbaySignature().verify([ebay_pair[1]], headers, BODY, NOW)
    assert refused.value.reason == reason


def test_a_signature_by_sha256_is_read_where_ebay_says_so(ebay_pair: tuple[str, str]) -> None:
    private, public = ebay_pair
    key = load_pem_private_key(private.encode(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    signature = base64.b64encode(key.sign(BODY, ec.ECDSA(hashes.SHA256()))).decode()

    EbaySignature().verify([public], ebay_header(signature=signature, digest="sha256"), BODY, NOW)
    with pytest.raises(SignatureRefused):
        EbaySignature().verify([public], ebay_header(signature=signature), BODY, NOW)


@pytest.mark.parametrize("key", ["", "AAAA", "é", "not base64"])
def test_a_public_key_that_is_none_verifies_nothing(key: str) -> None:
    with pytest.raises(SecretUnusable):
        EbaySignature().verify([key], ebay_header(signature="AAAA"), BODY, NOW)


def test_a_public_key_of_another_kind_verifies_nothing() -> None:
    key = ed25519.Ed25519PrivateKey.generate().public_key()
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    with pytest.raises(SecretUnusable):
        EbaySignature().verify([base64.b64encode(der).decode()], ebay_header(signature="AAAA"), BODY, NOW)


def test_ebay_is_answered_by_what_it_asks_our_token_and_our_address() -> None:
    said = hashlib.sha256(b"codetokenhttps://us.example/hook").hexdigest()

    assert challenge({"challenge_code": "code"}, "token", "https://us.example/hook") == {"challengeResponse": said}
    assert challenge({"challenge_code": ""}, "token", "a") is None
    assert challenge({}, "token", "a") is challenge({"challenge_code": "code"}, "", "a") is None
