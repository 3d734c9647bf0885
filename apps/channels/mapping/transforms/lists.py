"""From several values to one, and from one to several."""

from __future__ import annotations

import json
from typing import Any

from apps.channels.mapping.paths import PathField
from apps.channels.mapping.scope import CannotConvert, Scope, is_empty
from apps.channels.mapping.transforms.registry import transform
from apps.channels.mapping.transforms.text import plain_text
from apps.core.text import Text

_MOST_TAGS = 50
_LONGEST_TAG = 64
_MOST_PROPERTIES = 50
_LONGEST_NAME = 64
_LONGEST_VALUE = 255


@transform(reduces=True)
def first_non_empty(value: Any, scope: Scope) -> Any:
    """The first of several sources that says anything."""
    del scope
    if not isinstance(value, list):
        return value
    return next((item for item in value if not is_empty(item)), None)


@transform(reduces=True)
def join(value: Any, scope: Scope, *, separator: str = " ") -> str:
    """Several texts as one, the empty ones left out."""
    del scope
    values = value if isinstance(value, list) else [value]
    return separator.join(plain_text(item) for item in values if not is_empty(item))


@transform(reduces=True)
def split_tags(value: Any, scope: Scope, *, separator: str = ",") -> list[str]:
    """Tags from "a, b" or from a list: trimmed, each once, at most 50 of 64 characters."""
    parts = value if isinstance(value, list) else plain_text(value).split(separator)
    tags = list(dict.fromkeys(plain_text(part) for part in parts if not is_empty(part)))
    short = [tag for tag in tags if len(tag) <= _LONGEST_TAG][:_MOST_TAGS]
    if len(short) < len(tags):
        scope.warn(
            Text(
                "{number} tags left out: over {most}, or longer than {longest}",
                number=len(tags) - len(short),
                most=_MOST_TAGS,
                longest=_LONGEST_TAG,
            )
        )
    return short


@transform(reduces=True)
def texts(value: Any, scope: Scope, *, most: int = 20, longest: int = 64) -> list[str]:
    """A list of short texts (payment references): the empty and the overlong left out."""
    values = value if isinstance(value, list) else [value]
    found = list(dict.fromkeys(plain_text(item) for item in values if not is_empty(item)))
    short = [item for item in found if len(item) <= longest][:most]
    if len(short) < len(found):
        scope.warn(
            Text(
                "{number} values left out: over {most}, or longer than {longest}",
                number=len(found) - len(short),
                most=most,
                longest=longest,
            )
        )
    return short


@transform(reduces=True)
def name_value_pairs(
    value: Any, scope: Scope, *, name: str = "name", value_of: str = "value", skip_prefix: str = ""
) -> dict[str, str]:
    """Properties from a list of name and value, from one such pair, or from a plain object."""
    pairs = _pairs_of(value, name, value_of)
    kept: dict[str, str] = {}
    for key, content in pairs:
        if not key or (skip_prefix and key.startswith(skip_prefix)) or is_empty(content):
            continue
        if len(kept) == _MOST_PROPERTIES:
            scope.warn(Text("only the first {most} properties were kept", most=_MOST_PROPERTIES))
            break
        kept[key[:_LONGEST_NAME]] = _property_text(content, scope)
    return kept


@transform(reduces=True)
def pair_value(
    value: Any, scope: Scope, *, wanted: tuple[str, ...], name: str = "name", value_of: str = "value"
) -> str | None:
    """What a list of name and value says under the first of the names that is there; nothing where none is."""
    pairs = dict(_pairs_of(value, name, value_of))
    return next((_property_text(pairs[one], scope) for one in wanted if not is_empty(pairs.get(one))), None)


@transform(accepts_empty=True)
def pick(value: Any, scope: Scope, *, names: dict[PathField, str]) -> dict[str, str]:
    """Properties from single values of the message: each path under the name it is given."""
    del value
    found = {name: scope.look(path) for path, name in names.items()}
    return {name: _property_text(content, scope) for name, content in found.items() if not is_empty(content)}


def _pairs_of(value: Any, name: str, value_of: str) -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        if name in value and value_of in value:
            return [(plain_text(value[name]), value[value_of])]
        return [(str(key), content) for key, content in value.items()]
    if not isinstance(value, list):
        raise CannotConvert(
            Text("is neither a list nor an object"), Text("Ask the source for a list of name and value.")
        )
    named = [item for item in value if isinstance(item, dict) and not is_empty(item.get(name))]
    return [(plain_text(item[name]), item.get(value_of)) for item in named]


def _property_text(content: Any, scope: Scope) -> str:
    written = content.strip() if isinstance(content, str) else json.dumps(content, ensure_ascii=False, default=str)
    if len(written) > _LONGEST_VALUE:
        scope.warn(Text("a property was cut to {most} characters", most=_LONGEST_VALUE))
    return written[:_LONGEST_VALUE]
