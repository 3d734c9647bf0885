"""Reading JSON strictly."""

from __future__ import annotations

import pytest

from apps.core.errors import InvalidInput
from apps.core.strict_json import MalformedJSON, load_strictly


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
