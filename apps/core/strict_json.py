"""JSON read strictly: no duplicate keys, no deep nesting, no more values than memory is for, no text the database cannot hold."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from apps.core.errors import DomainError, InvalidInput
from apps.core.text import Text

# An escape that may stand for NUL or for half of a surrogate pair; raw, neither survives the decoding.
_SUSPICIOUS = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_MOST_PROBLEMS = 100
# A list of nothing is a byte on the wire and a hundred in memory: what a body may hold is counted before anything is made of it.
MOST_VALUES = 200_000
MOST_DEPTH = 64
_NO_JSON, _TOO_DEEP = Text("it is not JSON"), Text("it is nested too deeply")
# How a parser ends a sentence about syntax: Python's, and that of pydantic.
_PLACE = re.compile(r"(?::| at)? line (?P<line>\d+) column (?P<column>\d+)(?: \(char \d+\))?$")
_COMMA, _COLON = Text("a comma is missing"), Text("a colon is missing")
_VALUE, _NAME = Text("a value is missing"), Text("a name in double quotes is missing")
_AFTER, _ESCAPE = Text("something follows after its end"), Text("a backslash stands before the wrong character")
# What a parser's sentence begins with, and what it means.
_SYNTAX = {
    "Expecting value": _VALUE,
    "Expecting property name": _NAME,
    "Expecting ':'": _COLON,
    "Expecting ','": _COMMA,
    "Unterminated string": Text("the text that begins there has no end"),
    "Invalid control character": Text("a text holds a control character"),
    "Invalid \\": _ESCAPE,
    "Extra data": _AFTER,
    "Illegal trailing comma": Text("there is a comma too many"),
    "Unexpected UTF-8 BOM": Text("it begins with a byte order mark"),
    "EOF": Text("it ends too early"),
    "trailing comma": Text("there is a comma too many"),
    "trailing characters": _AFTER,
    "expected value": _VALUE,
    "expected ident": _VALUE,
    "expected `:`": _COLON,
    "expected `,`": _COMMA,
    "key must be a string": _NAME,
    "control character": Text("a text holds a control character"),
    "invalid escape": _ESCAPE,
    "unexpected end of hex escape": _ESCAPE,
    "lone leading surrogate": _ESCAPE,
    "invalid number": Text("a number is not written as JSON writes them"),
    "number out of range": Text("a number is too large"),
    "Exceeds the limit": Text("a number is too large"),
    "recursion limit": _TOO_DEEP,
}


def syntax_problem(error: ValueError) -> Text:
    """What ails JSON that could not be read, where, in words of ours."""
    return error.msg if isinstance(error, Unreadable) else what_is_wrong(str(error))


def what_is_wrong(said: str) -> Text:
    """A parser's sentence in ours, with line and column where it names them."""
    problem = next((ours for theirs, ours in _SYNTAX.items() if said.startswith(theirs)), _NO_JSON)
    if (place := _PLACE.search(said)) is None:
        return problem
    return Text("in line {line}, column {column}: {problem}", **place.groupdict(), problem=problem)


def misspelling(text: str) -> Text:
    """What is wrong with a text that somebody typed as JSON."""
    try:
        json.loads(text)
    except ValueError as error:
        return what_is_wrong(str(error))
    return _NO_JSON


class MalformedJSON(DomainError):
    code = "malformed_json"
    status = 400
    message = "The body is not valid JSON: {problem}."


class Unreadable(ValueError):
    """JSON that says one thing twice, or would take far more memory and time than what it says could be worth. ``msg`` as
    the parser's own errors."""

    def __init__(self, msg: Text) -> None:
        self.msg = msg
        super().__init__(msg)


def load_bounded(raw: bytes, *, most_values: int = MOST_VALUES, text: str | None = None, strict: bool = True) -> Any:
    """Parse JSON of somebody else's making, whatever else it may be; ``text``: as its bytes were read. Raises ValueError."""
    _refuse_crowded(raw, most_values)
    try:
        value = json.loads(raw if text is None else text, strict=strict)
    except RecursionError:
        raise Unreadable(_TOO_DEEP) from None
    _refuse_deep(raw, value)
    return value


def load_strictly(raw: bytes, *, most_values: int = MOST_VALUES) -> Any:
    """Parse JSON text. Raises MalformedJSON on bad syntax, bad UTF-8, a key given twice, deep nesting or too many values,
    and InvalidInput where a text holds NUL or a lone surrogate."""
    try:
        _refuse_crowded(raw, most_values)
        value = json.loads(raw.decode(), object_pairs_hook=_no_twins)
        _refuse_deep(raw, value)
    except RecursionError:
        raise MalformedJSON(problem=_TOO_DEEP) from None
    except UnicodeDecodeError:
        raise MalformedJSON(problem=Text("it is not UTF-8")) from None
    except ValueError as error:
        raise MalformedJSON(problem=syntax_problem(error)) from None
    if _SUSPICIOUS.search(raw):
        _refuse_unstorable(value)
    return value


def _refuse_crowded(raw: bytes, most_values: int) -> None:
    """Every value but the first stands behind one of these, so that they are no fewer; inside of texts they count too."""
    if len(raw) > most_values and raw.count(b",") + raw.count(b"[") + raw.count(b"{") > most_values:
        raise Unreadable(Text("it holds more than {most} values", most=most_values))


def _refuse_deep(raw: bytes, value: Any) -> None:
    if raw.count(b"[") + raw.count(b"{") <= MOST_DEPTH:
        return
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > MOST_DEPTH:
            raise Unreadable(Text("it is nested more than {most} deep", most=MOST_DEPTH))
        level = [
            one
            for each in level
            if isinstance(each, dict | list)
            for one in (each.values() if isinstance(each, dict) else each)
            if isinstance(one, dict | list)
        ]


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise Unreadable(Text("the key {key} is given twice", key=ascii(twice)))
    return found


def _refuse_unstorable(value: Any) -> None:
    detail = Text("must be valid Unicode without NUL")
    errors = [{"pointer": at, "detail": detail, "code": "unstorable_text"} for at in unstorable(value)]
    if errors:
        raise InvalidInput(errors=errors[:_MOST_PROBLEMS])


def unstorable(value: Any, at: str = "") -> Iterator[str]:
    """Where in it texts stand that the database can't hold."""
    if isinstance(value, str):
        if UNSTORABLE.search(value):
            yield at
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from unstorable(one, f"{at}/{index}")
    elif isinstance(value, dict):
        for key, one in value.items():
            here = f"{at}/{UNSTORABLE.sub('?', key).replace('~', '~0').replace('/', '~1')}"
            yield from unstorable(key, here)
            yield from unstorable(one, here)
