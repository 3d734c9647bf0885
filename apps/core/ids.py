"""Public ids: opaque, prefixed (``ord_…``), roughly ordered by time so that indexes stay dense."""

from __future__ import annotations

from apps.core import clock
from apps.core.randomness import random_bytes

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
ID_LENGTH = 32


def new_id(prefix: str) -> str:
    """A fresh id: 48 bits of time, 72 of chance, 24 characters of Crockford base 32."""
    number = (int(clock.now().timestamp() * 1000) & (1 << 48) - 1) << 72 | int.from_bytes(random_bytes(9), "big")
    return prefix + "_" + "".join([_ALPHABET[number >> shift & 31] for shift in range(115, -1, -5)])


def event_ref(pk: int) -> str:
    """The public id of an event: its number, stirred so that nobody counts on it."""
    stirred = pk * 0x9E3779B97F4A7C15 % (1 << 64)
    return "evt_" + "".join([_ALPHABET[stirred >> shift & 31] for shift in range(60, -1, -5)])
