"""A body as it comes in pieces, unpacked no further than its limit. Pure.

A kilobyte of gzip can hold a megabyte: it is the unpacked size that is limited, and it is so while unpacking.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable


class BadBody(Exception):
    """Too long, or packed in a way that can't be read."""


def read_whole(chunks: Iterable[bytes], encoding: str, most_bytes: int) -> bytes:
    """The body, unpacked. Raises BadBody."""
    packed = encoding.strip().lower()
    if packed in ("", "identity"):
        return _joined(chunks, most_bytes)
    if packed in ("gzip", "x-gzip"):
        return _unzipped(chunks, most_bytes)
    raise BadBody("answer packed in a way nobody asked for")


def _joined(chunks: Iterable[bytes], most_bytes: int) -> bytes:
    body = bytearray()
    for chunk in chunks:
        body += chunk
        if len(body) > most_bytes:
            raise BadBody("answer too large")
    return bytes(body)


def _unzipped(chunks: Iterable[bytes], most_bytes: int) -> bytes:
    body, unpacker, any_came = bytearray(), zlib.decompressobj(wbits=16 + zlib.MAX_WBITS), False
    try:
        for chunk in chunks:
            any_came = any_came or bool(chunk)
            body += unpacker.decompress(chunk, most_bytes + 1 - len(body))
            if len(body) > most_bytes or len(unpacker.unconsumed_tail) > 0:
                raise BadBody("answer too large")
            if unpacker.eof:
                break
    except zlib.error:
        raise BadBody("DecodingError") from None
    if any_came and not unpacker.eof:
        raise BadBody("DecodingError")
    return bytes(body)
