"""Public ids: opaque, prefixed (``ord_…``), roughly ordered by time so that indexes stay dense."""

from __future__ import annotations

import os
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
ID_LENGTH = 32


def new_id(prefix: str) -> str:
    """A fresh id: 48 bits of time, 72 of chance, 24 characters of Crockford base 32."""
    number = (int(time.time() * 1000) & (1 << 48) - 1) << 72 | int.from_bytes(os.urandom(9), "big")
    return prefix + "_" + "".join([_ALPHABET[number >> shift & 31] for shift in range(115, -1, -5)])
