"""Where a value stands in a message: ``customer.name``, ``lines[].sku``, ``shipping_lines[0].title``,
``charges[type=SHIPPING].amount``.

A path starts at the record in hand (the whole message, or one line of it), at the whole message with ``$.``, or at a
record the document names with ``@name.``. Reading never raises: what is not there, or is not of that shape, is ``None``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated, Any

from pydantic import PlainValidator

from apps.core.text import Text

LONGEST = 200
_SEGMENT = re.compile(r"(?P<key>[^.\[\]$@]{1,64})(?P<tail>(?:\[(?:\d{0,4}|\w{1,64}=[^.\[\]=]{1,64})\]){0,2})\Z")
_NAMED = re.compile(r"@(?P<name>[a-z_]{1,32})(?:\.(?P<rest>.+))?\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class ListFilter:
    """Each item of a list that says ``word`` under ``key``."""

    key: str
    word: str


# A step is a key, a position in a list, or None for each item of a list.
Step = str | int | ListFilter | None


@dataclass(frozen=True, slots=True)
class Path:
    """A parsed path. ``base`` is empty for the record in hand, ``$`` for the whole message, else a record's name.

    ``read(start)`` gives the value below ``start``; a list of the values found where the path has ``[]`` or ``[key=word]``.
    """

    text: str
    base: str
    steps: tuple[Step, ...]
    read: Callable[[Any], Any] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "read", _reader(self.steps))

    @property
    def many(self) -> bool:
        """Whether it names a list of values rather than one."""
        return _many(self.steps)


def parse_path(text: Any) -> Path:
    """Read a path as written in a document; ``ValueError`` with a sentence where it is none."""
    if isinstance(text, Path):
        return text
    if not isinstance(text, str) or not text or len(text) > LONGEST:
        raise ValueError(Text("a path is text of 1 to {most} characters", most=LONGEST))
    base, rest = _split_base(text)
    steps: list[Step] = []
    for segment in rest.split(".") if rest else []:
        steps.extend(_steps_of(segment, text))
    return Path(text=text, base=base, steps=tuple(steps))


def _split_base(text: str) -> tuple[str, str]:
    if text.startswith("$."):
        return "$", text[2:]
    if text.startswith("@"):
        named = _NAMED.match(text)
        if named is None:
            said = Text("bad path {path}: after @ comes a record’s name, then a dot and a key", path=repr(text))
            raise ValueError(said)
        return named["name"], named["rest"] or ""
    return "", text


def _steps_of(segment: str, text: str) -> list[Step]:
    match = _SEGMENT.match(segment)
    if match is None:
        raise ValueError(
            Text(
                "bad path {path}: {part} is not a key such as name, name[], name[0] or name[kind=word]",
                path=repr(text),
                part=repr(segment),
            )
        )
    return [match["key"], *(_step_of(inside) for inside in re.findall(r"\[([^\]]*)\]", match["tail"]))]


def _step_of(inside: str) -> Step:
    key, equals, word = inside.partition("=")
    if equals:
        return ListFilter(key, word)
    return int(inside) if inside else None


def _many(steps: tuple[Step, ...]) -> bool:
    return any(step is None or isinstance(step, ListFilter) for step in steps)


def _reader(steps: tuple[Step, ...]) -> Callable[[Any], Any]:
    """The common short paths read without a loop: a message is read at some two hundred paths."""
    if len(steps) == 1 and isinstance(steps[0], str):
        return partial(_read_key, steps[0])
    if len(steps) == 2 and isinstance(steps[0], str) and isinstance(steps[1], str):
        return partial(_read_two_keys, steps[0], steps[1])
    return partial(_read_steps, steps)


def _read_key(key: str, value: Any) -> Any:
    return value.get(key) if isinstance(value, dict) else None


def _read_two_keys(outer: str, inner: str, value: Any) -> Any:
    if not isinstance(value, dict):
        return None
    value = value.get(outer)
    return value.get(inner) if isinstance(value, dict) else None


def _read_steps(steps: tuple[Step, ...], value: Any) -> Any:
    return _read(value, steps)


def _read(value: Any, steps: tuple[Step, ...]) -> Any:
    for position, step in enumerate(steps):
        if step is None or isinstance(step, ListFilter):
            return _read_each(value, step, steps[position + 1 :])
        if isinstance(step, str):
            if not isinstance(value, dict):
                return None
            value = value.get(step)
        else:
            if not isinstance(value, list) or step >= len(value):
                return None
            value = value[step]
    return value


def _read_each(value: Any, where: ListFilter | None, rest: tuple[Step, ...]) -> list[Any]:
    if not isinstance(value, list):
        return []
    found: list[Any] = []
    for item in value:
        if where is not None and not (isinstance(item, dict) and item.get(where.key) == where.word):
            continue
        inner = _read(item, rest)
        if _many(rest) and isinstance(inner, list):
            found.extend(inner)
        elif inner is not None:
            found.append(inner)
    return found


PathField = Annotated[Path, PlainValidator(parse_path)]
