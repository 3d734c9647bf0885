"""Every message at hand gets a verdict with a reason, and every order among them adds up."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from apps.channels.framework.contracts import shipped
from apps.channels.framework.registry import adapter_of
from apps.channels.mapping.engine import apply
from apps.channels.mapping.envelopes import orders_in
from apps.channels.mapping.facts import facts
from apps.channels.mapping.recognition import Recognized, recognize
from apps.channels.mapping.results import Mapped
from apps.channels.mapping.scope import MappingContext
from apps.orders.canonical import CanonicalOrder

# Folder, channel kind, files in it, verdicts expected.
FOLDERS = [
    ("shopify", "shopify", 33, {"Mapped": 6, "Ignored": 26, "Quarantined": 1}),
    ("shopify_ruby_docs", "shopify", 76, {"Mapped": 18, "Ignored": 56, "Quarantined": 2}),
    ("woocommerce_captured", "woocommerce", 12, {"Mapped": 8, "Notice": 3, "Ignored": 1}),
    ("woocommerce_docs", "woocommerce", 13, {"Mapped": 4, "Ignored": 16}),
    ("bigcommerce", "bigcommerce", 21, {"Quarantined": 19, "Notice": 2}),
    ("amazon", "amazon", 194, {"Quarantined": 49, "Ignored": 146}),
]
# This example of the documents rounds the tax of each line, and of the order, each for itself.
ROUNDED = {"orders_06.json": 1}


@pytest.mark.parametrize(("folder", "kind", "count", "verdicts"), FOLDERS, ids=[entry[0] for entry in FOLDERS])
def test_every_file_of_a_folder_gets_a_verdict_with_a_reason(
    folder: str, kind: str, count: int, verdicts: dict[str, int], shared_data: Path,
    recomputed: Callable[[CanonicalOrder], int],
) -> None:  # fmt: skip
    path = shared_data / "payloads" / folder
    if not path.is_dir():
        pytest.skip(f"{count} files skipped: {path} is absent")
    seen: Counter[str] = Counter()

    for file, topic, payload in _messages(path, kind):
        form = adapter_of(kind).messages
        facts(form, topic, payload)
        found: Any = recognize(form, topic, {}, payload, shipped())
        if isinstance(found, Recognized):
            found = apply(found.document, found.payload, MappingContext())
        seen[type(found).__name__] += 1
        if isinstance(found, Mapped):
            off = recomputed(found.order) - (found.order.totals.total or 0)
            assert abs(off) <= ROUNDED.get(file, 0), file
        else:
            assert found.reason, file

    print(f"{folder}: {dict(seen)}")
    assert seen == verdicts


def _messages(folder: Path, kind: str) -> Iterator[tuple[str, str, Any]]:
    for path in sorted(folder.glob("*.json")):
        if path.name.endswith(".headers.json"):
            continue
        headers = path.with_suffix(".headers.json")
        topic = json.loads(headers.read_text()).get("X-WC-Webhook-Topic", "") if headers.is_file() else ""
        text = path.read_text(encoding="utf-8")
        try:
            body = _body(json.loads(text))
        except ValueError:
            body = text
        for payload in orders_in(adapter_of(kind).messages, body):
            yield path.name, topic, payload


def _body(recorded: Any) -> Any:
    """Some files record an exchange: the message is its response or body."""
    if isinstance(recorded, dict) and ("operation" in recorded or "source" in recorded):
        return recorded.get("response", recorded.get("body", recorded))
    return recorded
