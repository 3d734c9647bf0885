"""How Amazon says no."""

from __future__ import annotations

from ...exchange import Response


def errors(status: int, code: str, message: str) -> Response:
    return Response(status, {"errors": [{"code": code, "message": message, "details": ""}]})
