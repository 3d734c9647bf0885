"""The JSON Schema of each kind of delivery, made from how its event is declared."""

from __future__ import annotations

from typing import Any, get_type_hints

from pydantic import TypeAdapter

from apps.core.event_types import EventData
from apps.webhooks.payloads import public_fields

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_TEXT: dict[str, Any] = {"type": "string"}
_ALWAYS: dict[str, dict[str, Any]] = {
    "event": {"type": "string", "description": "the event's id in the timeline"},
    "version": {"type": "integer"},
    "subject": {"type": "string", "description": "the id of what it happened to; empty: it has none outside"},
    "order": {"type": ["string", "null"], "description": "the order's id, where it is about one"},
}


def file_name(kind: type[EventData]) -> str:
    return f"{kind.spec.name}.v{kind.spec.version}.json"


def schema_of(kind: type[EventData]) -> dict[str, Any]:
    """Of the whole body. Fields may be added to ``data``, so what is not named is allowed."""
    spec, fields = kind.spec, _data(kind)
    always = {**_ALWAYS, "version": {"const": spec.version}}
    return {
        "$schema": DIALECT,
        "title": f"{spec.name}, version {spec.version}",
        "description": f"About: {spec.subject}. What a person reads: {spec.says}",
        "type": "object",
        "required": ["type", "timestamp", "data"],
        "properties": {
            "type": {"const": spec.name},
            "timestamp": {"type": "string", "format": "date-time"},
            "data": {
                "type": "object",
                "required": [*always, *(name for name, (_, required) in fields.items() if required)],
                "properties": {**always, **{name: schema for name, (schema, _) in fields.items()}},
            },
        },
    }


def _data(kind: type[EventData]) -> dict[str, tuple[dict[str, Any], bool]]:
    """Schema of each public field, and whether it is always there."""
    hints, found = get_type_hints(kind), {}
    for name, public, held in public_fields(kind):
        schema = _TEXT if held in ("node", "sku") else TypeAdapter(hints[name]).json_schema()
        found[public] = _without_null(schema)
    return found


def _without_null(schema: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    """What is None is left out, so that what may be None need not be there."""
    plain = [one for one in schema.get("anyOf", ()) if one.get("type") != "null"]
    return (plain[0], False) if len(plain) == 1 else (schema, True)
