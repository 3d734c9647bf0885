"""The least a mapping document can say, to be changed in one place and read by."""

from __future__ import annotations

import copy
from typing import Any

from apps.channels.mapping.documents import load_document
from apps.channels.mapping.engine import apply
from apps.channels.mapping.results import Outcome
from apps.channels.mapping.scope import MappingContext


def row(target: str, source: Any, *steps: Any, **more: Any) -> dict[str, Any]:
    """A row of a document; a step is its name, or a name and its arguments."""
    transforms = [{"name": step} if isinstance(step, str) else {"name": step[0], "args": step[1]} for step in steps]
    return {
        "target": target, "source": source, "transforms": transforms, "note": "As it comes.", "when_invalid": "quarantine", **more,
    }  # fmt: skip


LEAST: dict[str, Any] = {
    "contract": "some.order",
    "version": 1,
    "channel_kind": "some",
    "title": "Some order",
    "shape": {"has_all": ["id"]},
    "fields": [
        row("external_id", "id", "identifier"),
        row("placed_at", "at", "moment"),
        row("currency", "currency", "currency_code"),
    ],
    "lines": {
        "source": "items[]",
        "fields": [row("line_id", "no", "line_number"), row("quantity", "units", "whole_number"), row("unit_price", "price", "money")],
    },
}  # fmt: skip
ITEM = {"no": "1", "units": 2, "price": "5.00"}
MESSAGE: dict[str, Any] = {"id": "7", "at": "2026-01-02T00:00:00Z", "currency": "EUR", "items": [ITEM]}


def with_part(path: str, value: Any) -> dict[str, Any]:
    """The least document with another value at ``lines/fields/0/note``."""
    raw = copy.deepcopy(LEAST)
    part: Any = raw
    *outer, last = [int(key) if key.isdigit() else key for key in path.split("/")]
    for key in outer:
        part = part[key]
    part[last] = value
    return raw


def read(
    message: dict[str, Any], *rows: dict[str, Any], line_rows: tuple[dict[str, Any], ...] = (), **parts: Any
) -> Outcome:
    """Read a message, of which only what differs is given, by the least document with these rows and parts besides."""
    raw = copy.deepcopy(LEAST)
    lines = parts.pop("lines", {})
    context = parts.pop("context", MappingContext())
    raw |= parts
    raw["fields"] += rows
    raw["lines"] |= lines
    raw["lines"]["fields"] += line_rows
    return apply(load_document(raw), MESSAGE | message, context)
