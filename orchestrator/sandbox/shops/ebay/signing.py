"""Whether a request is signed as eBay asks of sellers in the EU and the United Kingdom."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ...exchange import Request


def is_signed(request: Request, signers: Mapping[str, Ed25519PublicKey]) -> bool:
    given = request.headers
    signer = signers.get(given.get("x-ebay-signature-key", ""))
    params = given.get("signature-input", "").removeprefix("sig1=")
    names = re.findall(r'"([^"]+)"', params)
    wanted = {"x-ebay-signature-key", "@method", "@path", "@authority"} | (
        {"content-digest"} if request.body else set()
    )
    if signer is None or set(names) != wanted or not re.search(r";created=\d{10}$", params):
        return False
    digest = base64.b64encode(hashlib.sha256(request.body).digest()).decode()
    if request.body and given.get("content-digest") != f"sha-256=:{digest}:":
        return False
    derived = {"@method": request.method, "@path": request.path, "@authority": given.get("host", "")}
    lines = [f'"{name}": {derived.get(name) or given[name]}' for name in names]
    base = "\n".join([*lines, f'"@signature-params": {params}'])
    signature = given.get("signature", "").removeprefix("sig1=:").removesuffix(":")
    try:
        signer.verify(base64.b64decode(signature), base.encode())
    except InvalidSignature:
        return False
    return True
