"""Reading JSON strictly: no duplicate keys, no bottomless nesting, no NaN surprises later."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from rest_framework.parsers import BaseParser

from apps.core.errors import DomainError


class MalformedJSON(DomainError):
    code = "malformed_json"
    status = 400
    message = "The body is not valid JSON: {problem}."


class BodyTooLarge(DomainError):
    code = "body_too_large"
    status = 413
    message = "The body is larger than {limit} bytes."


def load_strictly(raw: bytes) -> Any:
    """Parse JSON text. Raises MalformedJSON on bad syntax, bad UTF-8, a key given twice, or absurd nesting."""
    try:
        return json.loads(raw, object_pairs_hook=_no_twins)
    except RecursionError:
        raise MalformedJSON(problem="it is nested too deeply") from None
    except UnicodeDecodeError:
        raise MalformedJSON(problem="it is not UTF-8") from None
    except ValueError as error:
        raise MalformedJSON(problem=str(error)) from None


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {twice!r} is given twice")
    return found


class StrictJSONParser(BaseParser):
    """``request.data`` from JSON. Over two megabytes is refused before it is read."""

    media_type = "application/json"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        limit = self.limit(parser_context or {})
        raw = stream.read(limit + 1)
        if len(raw) > limit:
            raise BodyTooLarge(limit=limit)
        return load_strictly(raw) if raw.strip() else {}

    def limit(self, context: Mapping[str, Any]) -> int:
        """Bytes allowed; a view may allow more by ``body_limit``."""
        return int(getattr(context.get("view"), "body_limit", settings.DATA_UPLOAD_MAX_MEMORY_SIZE))


__all__ = ["BodyTooLarge", "MalformedJSON", "StrictJSONParser", "load_strictly"]
