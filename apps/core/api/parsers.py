"""Reading JSON strictly: no duplicate keys, no bottomless nesting, no text the database cannot hold."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import IO, Any

from django.conf import settings
from rest_framework.parsers import BaseParser

from apps.core.errors import DomainError, InvalidInput

# An escape that may stand for NUL or for half of a surrogate pair; raw, neither survives the decoding.
_SUSPICIOUS = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_MOST_PROBLEMS = 100


class MalformedJSON(DomainError):
    code = "malformed_json"
    status = 400
    message = "The body is not valid JSON: {problem}."


class BodyTooLarge(DomainError):
    code = "body_too_large"
    status = 413
    message = "The body is larger than {limit} bytes."


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
        raise ValueError(f"the key {ascii(twice)} is given twice")
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


class StrictJSONParser(BaseParser):
    """``request.data`` from JSON. A body over the limit is refused before more of it is read."""

    media_type = "application/json"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        context = parser_context or {}
        limit = int(getattr(context.get("view"), "body_limit", settings.DATA_UPLOAD_MAX_MEMORY_SIZE))
        raw = stream.read(limit + 1)
        if len(raw) > limit:
            raise BodyTooLarge(limit=limit)
        # The stream can be read once only; what it held is kept for those who need the bytes as they came.
        context["request"]._request._body = raw
        return load_strictly(raw) if raw.strip() else {}
