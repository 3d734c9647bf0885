"""Frozen dataclasses to JSON and back, so that a stored decision can be read again years later.

Everything is written, defaults included: a default that changes tomorrow must not change yesterday's answer.
Reading is strict about types and unknown names, and lenient about names that did not exist yet when the
record was written (they take their default).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any, ClassVar, Self, TypeVar

import orjson
from pydantic import ConfigDict, TypeAdapter, ValidationError


class InvalidRecord(ValueError):
    """The JSON is not what this class writes; the message names the field."""


class Record:
    """Gives a frozen dataclass ``to_json`` and ``from_json``; they are inverse to each other."""

    __slots__ = ()
    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", strict=True)

    def to_json(self) -> dict[str, Any]:
        """This record as JSON-ready dicts, lists, strings, numbers, booleans and ``None``."""
        encoded: dict[str, Any] = encode(self)
        return encoded

    @classmethod
    def field_names(cls) -> tuple[str, ...]:
        """The record's fields, in the order they are declared."""
        names: tuple[str, ...] = cls.__match_args__  # type: ignore[attr-defined]  # every record is a dataclass
        return names

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The record that ``to_json`` wrote. Raises ``InvalidRecord``."""
        return decode_record(cls, data)


R = TypeVar("R", bound=Record)


def decode_record(cls: type[R], data: Mapping[str, Any]) -> R:
    """The record of this class. Raises `InvalidRecord`, or what the record itself says against its values."""
    reader = _reader(cls)  # type: ignore[arg-type]  # a class is hashable, whatever its records are
    try:
        # As text, for there a strict reader takes lists for tuples and texts for times, and nothing else for anything.
        record: R = reader.validate_json(orjson.dumps(data))
    except ValidationError as error:
        raise _refusal(cls, error) from None
    except TypeError as error:
        raise InvalidRecord(f"{cls.__name__}: {error}") from None
    return record


@cache
def _reader(cls: type[Any]) -> TypeAdapter[Any]:
    return TypeAdapter(cls)


def _refusal(cls: type[Record], error: ValidationError) -> ValueError:
    first = error.errors()[0]
    own = first.get("ctx", {}).get("error")
    if isinstance(own, ValueError):
        return own
    *within, name = cls.__name__, *first["loc"]
    if first["type"] == "unexpected_keyword_argument":
        return InvalidRecord(f"{'.'.join(map(str, within))}: unknown {name}")
    return InvalidRecord(f"{'.'.join(map(str, (*within, name)))}: {first['msg']}")


def encode(value: Any) -> Any:
    """A record, or anything a record may hold, as JSON-ready values."""
    if value is None or isinstance(value, (str, int, float)):
        return value
    if isinstance(value, Record):
        return {name: encode(getattr(value, name)) for name in value.field_names()}
    if isinstance(value, (tuple, list)):
        return [encode(item) for item in value]
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, Mapping):
        return {key: encode(value[key]) for key in sorted(value)}
    if isinstance(value, datetime):
        return value.isoformat()
    raise InvalidRecord(f"{type(value).__name__} can't be written as JSON")
