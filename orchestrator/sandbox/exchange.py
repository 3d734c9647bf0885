"""One request as the simulated servers see it, and their responses."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Request:
    """`path` without the query; `query` with the last value of each name; header names in lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> dict[str, Any]:
        """The body as an object. Raises ValueError when it is none."""
        value = json.loads(self.body or b"{}")
        if not isinstance(value, dict):
            raise ValueError("the body must be a JSON object")
        return value


@dataclass(frozen=True)
class Response:
    """`cut`: close the connection instead of answering. `raw`: these bytes instead of `body` as JSON."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    cut: bool = False

    @property
    def payload(self) -> bytes:
        return self.raw if self.raw is not None else json.dumps(self.body).encode()


def problem(status: int, code: str, detail: str, **more: Any) -> Response:
    """A problem document (RFC 9457)."""
    body = {"type": f"urn:sandbox:{code}", "title": code, "status": status, "code": code, "detail": detail, **more}
    return Response(status, body, {"Content-Type": "application/problem+json"})
