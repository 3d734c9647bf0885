"""One of each event, with a value in every field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, get_args, get_origin, get_type_hints

from apps.core.event_types import EventData


def sample(kind: type[EventData]) -> EventData:
    hints = get_type_hints(kind)
    return kind(**{one.name: _value(hints[one.name]) for one in fields(kind)})  # type: ignore[arg-type]


def is_optional(hint: Any) -> bool:
    return type(None) in get_args(hint)


def _value(hint: Any) -> Any:
    plain = [one for one in get_args(hint) if one is not type(None)] if is_optional(hint) else [hint]
    origin = get_origin(plain[0]) or plain[0]
    if origin is Mapping:
        return {"1": 1 if get_args(plain[0])[1] is int else "b"}
    if origin is Sequence:
        return [1 if get_args(plain[0])[0] is int else "a"]
    return {str: "a", int: 7, bool: False}.get(origin) if origin in (str, int, bool) else {"roles": ["lead"]}
