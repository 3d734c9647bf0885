"""The signature of a request, which eBay asks for in some calls of sellers in the EU and the United Kingdom: HTTP message signatures
(RFC 9421) in the form eBay reads. Pure.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_der_private_key

# Of what we call; the others that need one are about refunds.
SIGNED = frozenset({"createCancellation", "approveCancellation"})


def signed_headers(private_key: str, jwe: str, method: str, url: str, body: bytes, at: datetime) -> dict[str, str]:
    """``private_key`` (Ed25519, PKCS 8, Base64) and ``jwe``: as eBay's Key Management API shows them, once. Raises ValueError where the key
    is not one."""
    address = urlsplit(url)
    covered = {
        "x-ebay-signature-key": jwe,
        "@method": method,
        "@path": address.path,
        "@authority": address.netloc,
    }
    digest = f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:" if body else ""
    covered = {"content-digest": digest, **covered} if digest else covered
    names = " ".join(f'"{name}"' for name in covered)
    params = f"({names});created={int(at.timestamp())}"
    lines = [f'"{name}": {value}' for name, value in covered.items()]
    base = "\n".join([*lines, f'"@signature-params": {params}'])
    signature = base64.b64encode(_key(private_key).sign(base.encode())).decode()
    return {
        **({"Content-Digest": digest} if digest else {}),
        "x-ebay-signature-key": jwe,
        "x-ebay-enforce-signature": "true",
        "Signature-Input": f"sig1={params}",
        "Signature": f"sig1=:{signature}:",
    }


def _key(text: str) -> Ed25519PrivateKey:
    lines = [line for line in text.strip().splitlines() if not line.startswith("-----")]
    try:
        found = load_der_private_key(base64.b64decode("".join(lines), validate=True), password=None)
    except Exception as error:
        # What the library says of it may quote it.
        raise ValueError(type(error).__name__) from None
    if not isinstance(found, Ed25519PrivateKey):
        raise ValueError("not a key of Ed25519")
    return found
