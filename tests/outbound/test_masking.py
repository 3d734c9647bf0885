"""What of a call stands in the log: its shape, and nothing that names a person or opens a door."""

from __future__ import annotations

import json

import pytest

from apps.outbound.masking import HIDDEN, MOST_TEXT, masked_body, masked_path


def test_a_value_is_kept_only_where_its_field_is_known_to_be_harmless():
    body = {
        "state": "accepted",
        "quantity": 2,
        "sku": "A-1",
        "name": "Pat",
        "phone": 441134960000,
        "gift": True,
        "note": None,
    }

    assert json.loads(masked_body(json.dumps(body).encode())) == {
        "state": "accepted", "quantity": 2, "sku": "A-1", "name": HIDDEN, "phone": HIDDEN, "gift": True, "note": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    "said", ["Pat Canary", "pat@canary.test", "Canary", "x" * 65, ["Pat Canary"], {"a": "Pat Canary"}]
)
def test_free_text_is_hidden_in_a_harmless_field_too(said: object):
    assert "anary" not in masked_body(json.dumps({"reason": said}).encode())


def test_a_name_in_the_place_of_a_field_is_hidden():
    assert json.loads(masked_body(b'{"Pat Canary": {"pat@canary.test": 1}}')) == {HIDDEN: {HIDDEN: HIDDEN}}


@pytest.mark.parametrize("body", [b"<html>Pat Canary</html>", b'"Pat Canary"', b"[" * 5_000, b"\xff\xfe", b" " * 10**6])
def test_what_is_no_object_is_only_measured(body: bytes):
    assert masked_body(body) == f"{len(body):,} bytes"


def test_a_long_body_is_cut():
    deep = {"items": [{"id": number, "name": "Pat"} for number in range(5_000)]}

    text = masked_body(json.dumps(deep).encode())
    assert len(text) <= MOST_TEXT
    assert "Pat" not in text
    assert masked_body(b"") == ""


def test_a_path_is_kept_without_its_question_and_without_what_may_be_a_token():
    assert masked_path("https://a.example/admin/orders/17.json?token=secret") == "/admin/orders/17.json"
    assert masked_path("https://a.example/hooks/" + "a1B2" * 8) == f"/hooks/{HIDDEN}"
    assert masked_path("https://a.example/a%20b/pat@canary.test") == f"/{HIDDEN}/{HIDDEN}"
