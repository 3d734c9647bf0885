"""Where values stand in a message."""

from __future__ import annotations

from typing import Any

import pytest

from apps.channels.mapping.paths import parse_path

MESSAGE: dict[str, Any] = {
    "customer": {"name": "Ann"},
    "lines": [{"sku": "A", "tax": [{"price": 1}, {"price": 2}]}, {"sku": None, "tax": []}, {"sku": "C", "tax": "x"}],
    "text": "plain",
    "charges": [
        {"type": "TAX", "amount": 1, "parts": [{"of": "ITEM", "n": 2}, {"of": "SHIPPING", "n": 3}]},
        {"type": "SHIPPING", "amount": 4},
        {"type": "TAX", "amount": 5},
        "odd",
    ],
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("customer.name", "Ann"),
        ("lines[0].sku", "A"),
        ("lines[].sku", ["A", "C"]),
        ("lines[].tax[].price", [1, 2]),
        ("lines[9].sku", None),
        ("customer.name.first", None),
        ("text[0]", None),
        ("text[].x", []),
        ("absent.deeper.still", None),
        ("charges[type=TAX].amount", [1, 5]),
        ("charges[type=TAX].parts[of=SHIPPING].n", [3]),
        ("charges[type=FEE].amount", []),
        ("customer[type=TAX].amount", []),
    ],
)
def test_reads_what_is_there_and_nothing_of_what_is_not(path: str, value: Any) -> None:
    assert parse_path(path).read(MESSAGE) == value


@pytest.mark.parametrize(
    "path",
    ["", ".", "a..b", "a[x]", "a[=x]", "a[x=]", "a[x=y=z]", "a[", "a]", "[0]", "@Upper.x", "a" * 300, 5, None, "a.$b"],
)
def test_refuses_a_path_that_is_none(path: Any) -> None:
    with pytest.raises(ValueError, match=r"path"):
        parse_path(path)


@pytest.mark.parametrize("message", [None, [], "x", 5, True, {"lines": 5}, {"lines": [[[]]]}])
def test_never_raises_on_a_message_of_another_shape(message: Any) -> None:
    assert parse_path("lines[].tax[].price").read(message) in ([], None)
