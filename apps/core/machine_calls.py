"""Calls of machines: with an API key, or with the signature of a webhook. They have no session, no form and no page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponseBase


def is_machine_call(path: str, authorization: str) -> bool:
    """Whether a request says itself who sends it: by a bearer's key at the API, by its signature at a webhook's address.

    It goes by what the request carries, never by who the caller turns out to be. A colleague's browser that calls the API with
    its session is no machine.
    """
    if path.startswith("/api/v1/"):
        return authorization[:7].lower() == "bearer "
    return path.startswith("/hooks/")


def is_from_machine(request: HttpRequest) -> bool:
    """``is_machine_call`` of a request."""
    return is_machine_call(request.path_info, request.META.get("HTTP_AUTHORIZATION", ""))


class BrowserOnly:
    """Mixin for middleware that serves people in browsers: a machine's call passes it by (ADR 17), and has no ``user``."""

    get_response: Callable[[HttpRequest], HttpResponseBase]

    def __call__(self, request: HttpRequest) -> Any:
        if is_from_machine(request):
            return self.get_response(request)
        return super().__call__(request)  # type: ignore[misc]  # of the middleware it is mixed into
