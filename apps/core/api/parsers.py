"""Reading request bodies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from rest_framework.parsers import BaseParser

from apps.core.errors import DomainError
from apps.core.strict_json import MOST_VALUES, load_strictly


class BodyTooLarge(DomainError):
    code = "body_too_large"
    status = 413
    message = "The body is larger than {limit} bytes."


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
        most_values = int(getattr(context.get("view"), "body_values", MOST_VALUES))
        return load_strictly(raw, most_values=most_values) if raw.strip() else {}
