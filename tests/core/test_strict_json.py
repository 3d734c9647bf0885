"""Reading JSON strictly."""

from __future__ import annotations

import json
import time
import tracemalloc
from collections.abc import Callable
from contextlib import suppress

import pytest

from apps.api.v1.bulk import BulkOrders
from apps.core.api.parsers import BodyTooLarge
from apps.core.errors import InvalidInput
from apps.core.strict_json import MOST_DEPTH, MalformedJSON, load_bounded, load_strictly


@pytest.mark.parametrize(
    "raw", [b"{", b'{"a": 1, "a": 2}', b"[" * 10_000, b'"\xff"', b'"\x00"', b"", b"\xef\xbb\xbf{}"]
)
def test_refuses_what_is_not_plain_json(raw):
    with pytest.raises(MalformedJSON):
        load_strictly(raw)


def test_a_key_twice_deep_inside_is_refused_and_named():
    with pytest.raises(MalformedJSON, match="'b'"):
        load_strictly(b'{"a": [{"b": 1, "b": 1}]}')


def test_every_text_the_database_cannot_hold_is_pointed_at():
    with pytest.raises(InvalidInput) as refused:
        load_strictly(b'{"a/b": ["ok", "\\u0000"], "\\ud800": {"c": "\\udfff"}}')

    pointers = [one["pointer"] for one in refused.value.details["errors"]]
    assert pointers == ["/a~1b/1", "/?", "/?/c"]


@pytest.mark.parametrize(
    ("raw", "value"), [(b'"\\ud83d\\ude00"', "\U0001f600"), (b'"\\\\u0000"', "\\u0000"), (b"null", None)]
)
def test_reads_what_is_fine(raw, value):
    assert load_strictly(raw) == value


MEGABYTES = 2 * 1024 * 1024
BOMBS = {
    "deep lists": b"[" * (MEGABYTES // 2) + b"]" * (MEGABYTES // 2),
    "deep objects": b'{"a":' * (MEGABYTES // 6) + b"1" + b"}" * (MEGABYTES // 6),
    "empty lists": b"[" + b"[]," * (MEGABYTES // 3 - 1) + b"[]]",
    "lists of a nought": b"[" + b"[0]," * (MEGABYTES // 4 - 1) + b"[0]]",
    "noughts": b"[" + b"0," * (MEGABYTES // 2 - 2) + b"0]",
    "empty objects": b"[" + b"{}," * (MEGABYTES // 3 - 1) + b"{}]",
    "small objects": b"[" + b'{"a":0},' * (MEGABYTES // 8 - 1) + b'{"a":0}]',
    "many keys": b"{" + b",".join(b'"%d":0' % number for number in range(MEGABYTES // 12)) + b"}",
    "lists in lists": b"[" + b"[[[[[[[[]]]]]]]]," * (MEGABYTES // 18) + b"0]",
}


def peak_of(read: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        with suppress(MalformedJSON, ValueError, BodyTooLarge):
            read()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", BOMBS)
@pytest.mark.parametrize("read", [load_strictly, load_bounded])
def test_no_body_takes_more_than_a_few_times_its_size(name: str, read: Callable[[bytes], object]):
    body = BOMBS[name]

    assert len(body) > 0.8 * MEGABYTES
    assert peak_of(lambda: read(body)) < 64 * 1024 * 1024


def test_what_a_bulk_call_may_hold_is_bounded_too():
    body = b'{"channel":"api","orders":[' + b"[]," * (8 * MEGABYTES) + b"[]]}"

    assert peak_of(lambda: load_strictly(body, most_values=BulkOrders.body_values)) < 2.5 * len(body)


@pytest.mark.parametrize("read", [load_strictly, load_bounded])
def test_json_as_deep_and_wide_as_any_message_is_read(read: Callable[[bytes], object]):
    deep = b"[" * MOST_DEPTH + b"]" * MOST_DEPTH
    wide = json.dumps([{"sku": f"S-{number}", "tags": ["a,b", "[c]"]} for number in range(5_000)]).encode()

    assert read(deep) is not None
    assert read(wide) == json.loads(wide)
    with pytest.raises((MalformedJSON, ValueError)):
        read(b"[" + deep + b"]")


def test_finding_a_key_given_twice_among_many_takes_no_time():
    body = b"{" + b",".join(b'"%d":0' % number for number in [*range(60_000), 59_999]) + b"}"

    began = time.process_time()
    with pytest.raises(MalformedJSON, match="'59999' is given twice"):
        load_strictly(body)
    assert time.process_time() - began < 2
