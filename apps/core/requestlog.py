"""One id for a request: in its log lines, in the events it records, and in its answer."""

from __future__ import annotations

import logging
import re
from typing import cast

import structlog
from django.http import HttpRequest, HttpResponse
from django_structlog.middlewares import RequestMiddleware

from apps.core.actor import SYSTEM
from apps.core.context import acting_as, correlated
from apps.core.randomness import random_bytes

# What a caller or proxy may choose as id: short enough for an event, and nothing that could forge a log line.
_FIT = re.compile(r"[A-Za-z0-9._-]{8,64}")
_LOG = logging.getLogger("django_structlog.middlewares.request")
REFUSED = 400


class RequestLog(RequestMiddleware):  # type: ignore[misc]
    """django-structlog's request log, with the id handed on, and without the query string: people's names, addresses
    and, by mistake, keys stand in it."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        request_id = given if _FIT.fullmatch(given) else random_bytes(16).hex()
        request.META["HTTP_X_REQUEST_ID"] = request_id
        with correlated(request_id), acting_as(SYSTEM):
            response = cast(HttpResponse, super().__call__(request))
        response.headers["X-Request-ID"] = request_id
        return response

    def prepare(self, request: HttpRequest) -> None:
        """Where the log is silent about requests that go well, which is the default, nothing is composed for it."""
        if _LOG.isEnabledFor(logging.INFO):
            super().prepare(request)
        else:
            structlog.contextvars.bind_contextvars(request_id=request.META["HTTP_X_REQUEST_ID"])

    def handle_response(self, request: HttpRequest, response: HttpResponse) -> None:
        went_well = response.status_code < REFUSED and not hasattr(request, "_raised_exception")
        if went_well and not _LOG.isEnabledFor(logging.INFO):
            structlog.contextvars.clear_contextvars()
        else:
            super().handle_response(request, response)

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        return f"{request.method} {request.path}"
