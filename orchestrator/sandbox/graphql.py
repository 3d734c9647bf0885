"""As much of GraphQL as a simulated shop needs: a document is read, and what it selects is taken out of what the shop returns.

Documents are not validated against a schema here (a test does that): a field that the shop's objects lack is an error.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

_TOKEN = re.compile(r'[\s,]+|#[^\n]*|(\.\.\.|[{}()\[\]:=!@$|&]|"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?|[A-Za-z_]\w*)')
_CAPITAL = re.compile(r"(?<=[a-z])([A-Z])")
_CONSTANTS = {"true": True, "false": False, "null": None}


class GraphqlProblem(Exception):
    """An error of the document or of one of its fields, with Shopify's code for it."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Variable:
    name: str


@dataclass(frozen=True)
class Field:
    """``spread``: the name of a fragment that stands here instead; ``on``: the type an inline fragment is for."""

    name: str = ""
    alias: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    directives: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    fields: tuple[Field, ...] = ()
    spread: str = ""
    on: str = ""


@dataclass(frozen=True)
class Document:
    """``kind``: query or mutation. ``fragments`` by name."""

    kind: str
    name: str
    fields: tuple[Field, ...]
    fragments: Mapping[str, tuple[Field, ...]]


# Returns what a root field is, for its arguments by names as Python writes them; ``key``: of ``@idempotent``, where it is given.
Resolver = Callable[..., Any]


def connection(items: Sequence[Any]) -> Callable[..., dict[str, Any]]:
    """A list as a connection: its pages are named by how many came before."""

    def page(first: int = 0, after: str | None = None, **_: Any) -> dict[str, Any]:
        start = int(after or 0)
        shown = list(items[start : start + first]) if first else list(items[start:])
        more = start + len(shown) < len(items)
        info = {"hasNextPage": more, "endCursor": str(start + len(shown)) if shown else None}
        return {"nodes": shown, "pageInfo": info}

    return page


def execute(text: str, variables: Mapping[str, Any], resolvers: Mapping[str, Resolver]) -> dict[str, Any]:
    """The data of an answer. Raises GraphqlProblem."""
    document = parse(text)
    answer = {}
    for one in document.fields:
        if one.name not in resolvers:
            raise GraphqlProblem(f"Field '{one.name}' doesn't exist on the root type", "undefinedField")
        idempotent = _filled(one.directives.get("idempotent", {}), variables)
        value = resolvers[one.name](**_arguments(one, variables), **idempotent)
        answer[one.alias or one.name] = _project(value, one, document, variables)
    return answer


def cost_of(text: str, variables: Mapping[str, Any]) -> int:
    """About what a query costs that returns all it may: a quarter for each object, of a connection as many as are asked for, and
    nothing for values; ten for a mutation."""
    document = parse(text)
    return 10 if document.kind == "mutation" else 2 + _cost(document.fields, document, variables) // 4


def _cost(fields: Sequence[Field], document: Document, variables: Mapping[str, Any]) -> int:
    total = 0
    for one in fields:
        inner = document.fragments[one.spread] if one.spread else one.fields
        if not inner:
            continue
        within = _cost(inner, document, variables)
        asked = _filled(one.arguments, variables)
        if one.spread or not one.name or (one.name in ("nodes", "pageInfo", "edges") and "ids" not in asked):
            total += within
        else:
            total += (int(asked.get("first") or 0) or len(asked.get("ids") or ()) or 1) * (1 + within)
    return total


@lru_cache(maxsize=256)
def parse(text: str) -> Document:
    return _Reader(text).document()


def _project(value: Any, chosen: Field, document: Document, variables: Mapping[str, Any]) -> Any:
    if isinstance(value, list | tuple):
        return [_project(one, chosen, document, variables) for one in value]
    if not chosen.fields or value is None:
        return value
    if not isinstance(value, Mapping):
        raise GraphqlProblem(f"Field '{chosen.name}' has no fields of its own", "selectionMismatch")
    found = {}
    for one in _selected(value, chosen.fields, document):
        if one.name not in value:
            raise GraphqlProblem(f"Field '{one.name}' doesn't exist on type '{chosen.name}'", "undefinedField")
        inner = value[one.name]
        if callable(inner):
            inner = inner(**_arguments(one, variables))
        found[one.alias or one.name] = _project(inner, one, document, variables)
    return found


def _selected(value: Mapping[str, Any], fields: Sequence[Field], document: Document) -> Iterator[Field]:
    for one in fields:
        if one.spread:
            yield from _selected(value, document.fragments[one.spread], document)
        elif one.name:
            yield one
        elif one.on in ("", value.get("__typename")):
            yield from _selected(value, one.fields, document)


def _arguments(chosen: Field, variables: Mapping[str, Any]) -> dict[str, Any]:
    """By names as Python writes them."""
    return {_CAPITAL.sub(r"_\1", name).lower(): _filled(one, variables) for name, one in chosen.arguments.items()}


def _filled(value: Any, variables: Mapping[str, Any]) -> Any:
    if isinstance(value, Variable):
        return variables.get(value.name)
    if isinstance(value, Mapping):
        return {name: _filled(one, variables) for name, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, variables) for one in value]
    return value


class _Reader:
    """Reads tokens one after another, as the grammar goes."""

    def __init__(self, text: str) -> None:
        self._tokens = [found.group(1) for found in _TOKEN.finditer(text) if found.group(1)]
        self._at = 0

    def document(self) -> Document:
        kind, name, fields = "query", "", tuple[Field, ...]()
        fragments: dict[str, tuple[Field, ...]] = {}
        while self._at < len(self._tokens):
            word = self._peek()
            if word == "fragment":
                self._take("fragment")
                named = self._take()
                self._take("on")
                self._take()
                fragments[named] = self._fields()
                continue
            if word != "{":
                kind = self._take()
                name = self._take() if self._peek() not in ("(", "{") else ""
                self._skip_variables()
            fields = self._fields()
        return Document(kind, name, fields, fragments)

    def _fields(self) -> tuple[Field, ...]:
        self._take("{")
        found = []
        while self._peek() != "}":
            found.append(self._spread() if self._peek() == "..." else self._field())
        self._take("}")
        return tuple(found)

    def _spread(self) -> Field:
        self._take("...")
        if self._peek() == "on":
            self._take("on")
            return Field(on=self._take(), fields=self._fields())
        return Field(spread=self._take())

    def _field(self) -> Field:
        alias, name = "", self._take()
        if self._peek() == ":":
            self._take(":")
            alias, name = name, self._take()
        arguments = self._arguments()
        directives = {}
        while self._peek() == "@":
            self._take("@")
            named = self._take()
            directives[named] = self._arguments()
        return Field(name, alias, arguments, directives, self._fields() if self._peek() == "{" else ())

    def _arguments(self) -> dict[str, Any]:
        found = dict[str, Any]()
        if self._peek() != "(":
            return found
        self._take("(")
        while self._peek() != ")":
            name = self._take()
            self._take(":")
            found[name] = self._value()
        self._take(")")
        return found

    def _value(self) -> Any:
        mark = self._take()
        if mark == "$":
            return Variable(self._take())
        if mark == "[":
            items = []
            while self._peek() != "]":
                items.append(self._value())
            self._take("]")
            return items
        if mark == "{":
            members = {}
            while self._peek() != "}":
                name = self._take()
                self._take(":")
                members[name] = self._value()
            self._take("}")
            return members
        if mark.startswith('"'):
            return mark[1:-1].replace('\\"', '"').replace("\\\\", "\\")
        if mark in _CONSTANTS:
            return _CONSTANTS[mark]
        return int(mark) if mark.lstrip("-").isdigit() else mark

    def _skip_variables(self) -> None:
        if self._peek() == "(":
            while self._take() != ")":
                pass

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _take(self, expected: str = "") -> str:
        token = self._peek()
        if not token or (expected and token != expected):
            raise GraphqlProblem(f"syntax error, unexpected {token or 'end of file'}", "PARSE_ERROR")
        self._at += 1
        return token
