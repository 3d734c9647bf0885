"""JSON read strictly: no duplicate keys, no bottomless nesting, no text the database cannot hold."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from apps.core.errors import DomainError, InvalidInput

# An escape that may stand for NUL or for half of a surrogate pair; raw, neither survives the decoding.
_SUSPICIOUS = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_MOST_PROBLEMS = 100


class MalformedJSON(DomainError):
    code = "malformed_json"
    status = 400
    message = "The body is not valid JSON: {problem}."


def load_strictly(raw: bytes) -> Any:
    """Parse JSON text. Raises MalformedJSON on bad syntax, bad UTF-8, a key given twice, or absurd nesting, and
    InvalidInput where a text holds NUL or a lone surrogate."""
    try:
        value = json.loads(raw.decode(), object_pairs_hook=_no_twins)
    except RecursionError:
        raise MalformedJSON(problem="it is nested too deeply") from None
    except UnicodeDecodeError:
        raise MalformedJSON(problem="it is not UTF-8") from None
    except ValueError as error:
        raise MalformedJSON(problem=str(error)) from None
    if _SUSPICIOUS.search(raw):
        _refuse_unstorable(value)
    return value


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {twice!a} is given twice")
    return found


def _refuse_unstorable(value: Any) -> None:
    detail = "must be valid Unicode without NUL"
    errors = [{"pointer": at, "detail": detail, "code": "unstorable_text"} for at in _unstorable(value, "")]
    if errors:
        raise InvalidInput(errors=errors[:_MOST_PROBLEMS])


def _unstorable(value: Any, at: str) -> Iterator[str]:
    if isinstance(value, str):
        if _UNSTORABLE.search(value):
            yield at
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from _unstorable(one, f"{at}/{index}")
    elif isinstance(value, dict):
        for key, one in value.items():
            here = f"{at}/{_UNSTORABLE.sub('?', key).replace('~', '~0').replace('/', '~1')}"
            yield from _unstorable(key, here)
            yield from _unstorable(one, here)
