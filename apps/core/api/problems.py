"""Every error at the API is ``application/problem+json`` (RFC 9457); a refusal is never a 500."""

from __future__ import annotations

from typing import Any

import structlog
from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response

from apps.core.errors import DomainError, IllegalTransition, StaleVersion
from apps.core.postgresql.broken_connections import drop_broken_connections

log = structlog.get_logger(__name__)
MEDIA_TYPE = "application/problem+json"
_HIDDEN = frozenset({"code", "status", "headers"})


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
    """REST framework's exception handler. A fault is logged with the request id and answered without its insides."""
    if isinstance(error, DomainError):
        return _refusal(error)
    if isinstance(error, (OperationalError, InterfaceError)):
        return _unavailable(error)
    if isinstance(error, Http404):
        return problem(404, "not_found", "There is nothing here.")
    if isinstance(error, PermissionDenied):
        return problem(403, "not_allowed", "You may not do this.")
    if isinstance(error, RequestDataTooBig):
        return problem(413, "body_too_large", "The body is too large.")
    if isinstance(error, exceptions.APIException):
        return _framework(error)
    if settings.DEBUG:
        return None
    return _fault(error)


def _refusal(error: DomainError) -> Response:
    details = {key: value for key, value in error.details.items() if key not in _HIDDEN}
    headers = dict(error.details.get("headers") or {})
    if isinstance(error, IllegalTransition):
        details.setdefault("allowed_transitions", [])
    if isinstance(error, StaleVersion) and "current" in details:
        headers["ETag"] = f'"{details["current"]}"'
    return problem(error.status, error.code, error.sentence, headers=headers, **details)


def _unavailable(error: Exception) -> Response:
    log.error("database_unreachable", error=repr(error)[:200])
    drop_broken_connections()
    return problem(503, "unavailable", "The database can't be reached; try again.", headers={"Retry-After": "5"})


def _fault(error: Exception) -> Response:
    request_id = structlog.contextvars.get_contextvars().get("request_id", "")
    log.error("request_failed", exc_info=error)
    return problem(500, "fault", "Something broke on our side; the log knows more.", request_id=request_id)


def _framework(error: exceptions.APIException) -> Response:
    headers = {}
    if getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = error.auth_header  # type: ignore[attr-defined]
    wait = getattr(error, "wait", None)
    if wait is not None:
        headers["Retry-After"] = str(int(wait) + 1)
    codes = error.get_codes()
    code = codes if isinstance(codes, str) else "invalid_input"
    return problem(error.status_code, code, str(error.detail), headers=headers)
