"""Frozen dataclasses to JSON and back, so that a stored decision can be read again years later.

Everything is written, defaults included: a default that changes tomorrow must not change yesterday's answer.
Reading is strict about types and unknown names, and lenient about names that did not exist yet when the
record was written (they take their default).
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from functools import cache
from typing import Any, Literal, Self, TypeVar, Union, get_args, get_origin, get_type_hints

Decoder = Callable[[Any], Any]


class InvalidRecord(ValueError):
    """The JSON is not what this class writes; the message names the field."""


class Record:
    """Gives a frozen dataclass ``to_json`` and ``from_json``; they are inverse to each other."""

    __slots__ = ()

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
    """The record of this class, field by field. Raises `InvalidRecord`."""
    decoder: Decoder = _record_decoder(cls)  # type: ignore[arg-type]  # a class is hashable, whatever its records are
    record: R = decoder(data)
    return record


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


@cache
def _record_decoder(cls: type) -> Decoder:
    hints = get_type_hints(cls)
    decoders = {field.name: _decoder(hints[field.name]) for field in fields(cls)}
    required = {field.name for field in fields(cls) if field.default is MISSING and field.default_factory is MISSING}

    def decode(data: Any) -> Any:
        if not isinstance(data, Mapping):
            raise InvalidRecord(f"{cls.__name__}: an object is expected, not {type(data).__name__}")
        if unknown := data.keys() - decoders.keys():
            raise InvalidRecord(f"{cls.__name__}: unknown {', '.join(sorted(unknown))}")
        if missing := required - data.keys():
            raise InvalidRecord(f"{cls.__name__}: missing {', '.join(sorted(missing))}")
        return cls(**{name: _named(cls, name, decoders[name], data[name]) for name in data})

    return decode


def _named(cls: type, name: str, decoder: Decoder, value: Any) -> Any:
    try:
        return decoder(value)
    except InvalidRecord as error:
        raise InvalidRecord(f"{cls.__name__}.{name}: {error}") from None


def _decoder(hint: Any) -> Decoder:
    """The reader of one type hint; the few shapes below are all that records use."""
    origin, args = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return _optional(_decoder(next(arg for arg in args if arg is not type(None))))
    if origin is Literal:
        return _one_of(args)
    if origin is tuple:
        return _sequence(tuple, _decoder(args[0]))
    if origin is frozenset:
        return _sequence(frozenset, _decoder(args[0]))
    if origin is not None and issubclass(origin, Mapping):
        return _mapping(_decoder(args[1]))
    if is_dataclass(hint) and isinstance(hint, type):
        return _record_decoder(hint)
    if hint is datetime:
        return _moment
    return _scalar(hint)


def _optional(inner: Decoder) -> Decoder:
    return lambda value: None if value is None else inner(value)


def _one_of(choices: tuple[Any, ...]) -> Decoder:
    def decode(value: Any) -> Any:
        if value not in choices:
            raise InvalidRecord(f"{value!r} is not one of {', '.join(map(str, choices))}")
        return value

    return decode


def _sequence(kind: Callable[[Any], Any], inner: Decoder) -> Decoder:
    def decode(value: Any) -> Any:
        if not isinstance(value, (list, tuple)):
            raise InvalidRecord(f"a list is expected, not {type(value).__name__}")
        return kind(inner(item) for item in value)

    return decode


def _mapping(inner: Decoder) -> Decoder:
    def decode(value: Any) -> Any:
        if not isinstance(value, Mapping):
            raise InvalidRecord(f"an object is expected, not {type(value).__name__}")
        return {str(key): inner(item) for key, item in value.items()}

    return decode


def _moment(value: Any) -> datetime:
    try:
        return datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise InvalidRecord(f"{value!r} is not an ISO 8601 time") from None


def _scalar(kind: type) -> Decoder:
    def decode(value: Any) -> Any:
        if kind is float and type(value) is int:
            return float(value)
        if type(value) is not kind:  # bool is an int to isinstance, never here
            raise InvalidRecord(f"{kind.__name__} is expected, not {type(value).__name__}")
        return value

    return decode
