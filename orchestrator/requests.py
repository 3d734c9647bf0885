"""Requests as Django gets them, whichever server they come by."""

from collections.abc import Mapping

from django.core.handlers.asgi import ASGIRequest
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.http import HttpRequest
from django.utils.http import parse_header_parameters


class InUtf8(HttpRequest):
    """The encoding a caller declares is ignored: in some, halves of characters can be written, or nothing be read."""

    def _set_content_type_params(self, meta: Mapping[str, str]) -> None:
        try:
            self.content_type, self.content_params = parse_header_parameters(meta.get("CONTENT_TYPE", ""))
        except ValueError:
            self.content_type, self.content_params = "", {}


class WebRequest(InUtf8, ASGIRequest):
    """A request of the event loop."""


class PlainRequest(InUtf8, WSGIRequest):
    """A request of a WSGI server."""


class WSGIApplication(WSGIHandler):
    """The product for a WSGI server. It trusts that server, or a proxy in front, to have read the whole body first."""

    request_class = PlainRequest
