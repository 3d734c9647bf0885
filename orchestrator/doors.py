"""Two ways into the web process.

A call with a key of its own, or a signed hook, has no session, no form and no frame to guard: what guards those was a seventh
of what such a call cost. Whatever else comes, a colleague's browser that calls the API among it, takes the way for people.
"""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.core.handlers.base import BaseHandler
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.http import HttpRequest, HttpResponseBase
from django.utils.http import parse_header_parameters


def comes_from_a_machine(path: str, authorization: str) -> bool:
    """Whether a request says itself who sends it: by a bearer's key at the API, by its signature at a hook."""
    if path.startswith("/api/v1/"):
        return authorization[:7].lower() == "bearer "
    return path.startswith("/hooks/")


class InUtf8(HttpRequest):
    """What a caller says of his encoding is not believed: in some, halves of characters can be written, or nothing be read."""

    def _set_content_type_params(self, meta: Mapping[str, str]) -> None:
        try:
            self.content_type, self.content_params = parse_header_parameters(meta.get("CONTENT_TYPE", ""))
        except ValueError:
            self.content_type, self.content_params = "", {}


class WebRequest(InUtf8, ASGIRequest):
    """A request of the event loop."""


class PlainRequest(InUtf8, WSGIRequest):
    """A request of a WSGI server."""


class TwoDoors(BaseHandler):
    """A handler of Django's that leads machines through ``MACHINE_MIDDLEWARE``, and everybody else through ``MIDDLEWARE``."""

    def load_middleware(self, is_async: bool = False) -> None:
        machines = self._chain_of(settings.MACHINE_MIDDLEWARE)
        people = self._chain_of(settings.MIDDLEWARE)

        def door(request: HttpRequest) -> HttpResponseBase:
            machine = comes_from_a_machine(request.path_info, request.META.get("HTTP_AUTHORIZATION", ""))
            return machines(request) if machine else people(request)

        self._middleware_chain = door

    def _chain_of(self, middleware: list[str]) -> Any:
        # Django takes the list from the settings and no other place; this is once, before anybody is served.
        kept, settings.MIDDLEWARE = settings.MIDDLEWARE, middleware
        try:
            super().load_middleware()
        finally:
            settings.MIDDLEWARE = kept
        return self._middleware_chain


class WSGIApplication(TwoDoors, WSGIHandler):
    """The product for a WSGI server. It trusts that server, or a proxy in front, to have read the whole body first."""

    request_class = PlainRequest
