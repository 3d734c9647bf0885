"""Answers go compressed where that pays: to whoever asks for it, when they are longer than one packet."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.middleware.gzip import GZipMiddleware

LEAST_BYTES = 1400
KINDS = ("text/html", "application/json", "application/problem+json", "text/csv")
# A metrics reader and a shop's hook get little and often: it would only cost.
NEVER = ("/metrics", "/hooks/", "/health/")


class Compression(GZipMiddleware):
    """Django's, which adds up to a hundred random bytes, so that a length reveals nothing of what is in it (BREACH).

    Forms' tokens are masked differently in each response, and cookies are not sent along when another site's page asks (SameSite). An
    answer with an ETag is left as it is: it would become a weak one, by which nothing can be changed.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        return super().process_response(request, response) if pays(request, response) else response


def pays(request: HttpRequest, response: HttpResponseBase) -> bool:
    """Whether this answer, to this request, is worth the work."""
    if request.method != "GET" or response.has_header("ETag") or request.path_info.startswith(NEVER):
        return False
    if not response.headers.get("Content-Type", "").startswith(KINDS):
        return False
    return response.streaming or len(getattr(response, "content", b"")) >= LEAST_BYTES
