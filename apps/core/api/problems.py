"""Every error at the API is ``application/problem+json`` (RFC 9457); a refusal is never a 500."""

from __future__ import annotations

from typing import Any

import structlog
from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response

from apps.core.errors import DomainError

log = structlog.get_logger(__name__)
MEDIA_TYPE = "application/problem+json"


def problem(status: int, code: str, detail: str, *, headers: dict[str, str] | None = None, **extra: Any) -> Response:
    """A problem document. ``code`` is stable; ``detail`` says what to do."""
    body = {
        "type": f"urn:orderyard:{code}",
        "title": code.replace("_", " "),
        "status": status,
        "code": code,
        "detail": detail,
    }
    return Response({**body, **extra}, status=status, headers=headers, content_type=MEDIA_TYPE)


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """REST framework's exception handler; None lets a fault become a 500."""
    if isinstance(error, DomainError):
        return _refusal(error)
    if isinstance(error, (OperationalError, InterfaceError)):
        log.error("database_unreachable", error=repr(error)[:200])
        return problem(503, "unavailable", "The database can't be reached; try again.", headers={"Retry-After": "5"})
    if isinstance(error, Http404):
        return problem(404, "not_found", "There is nothing here.")
    if isinstance(error, PermissionDenied):
        return problem(403, "not_allowed", "You may not do this.")
    if isinstance(error, exceptions.APIException):
        return _framework(error)
    return None


def _refusal(error: DomainError) -> Response:
    details = {key: value for key, value in error.details.items() if key not in {"code", "status", "headers"}}
    return problem(error.status, error.code, error.sentence, headers=error.details.get("headers"), **details)


def _framework(error: exceptions.APIException) -> Response:
    headers = {}
    if getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = error.auth_header  # type: ignore[attr-defined]
    if getattr(error, "wait", None):
        headers["Retry-After"] = str(int(error.wait) + 1)  # type: ignore[attr-defined]
    codes = error.get_codes()
    code = codes if isinstance(codes, str) else "invalid_input"
    if isinstance(error, exceptions.ValidationError):
        return problem(400, "invalid_input", "The request is not valid.", errors=error.detail)
    return problem(error.status_code, code, str(error.detail), headers=headers)
