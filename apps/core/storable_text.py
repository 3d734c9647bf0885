"""What no field of the database can hold is refused on input: NUL, and halves of characters.

Everything a request says in its address, headers, cookies and form is looked at once, before anybody works with it. JSON is
looked at by its parser (strict_json.py), the messages of shops where they are read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import render

from apps.core.strict_json import UNSTORABLE

FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
MACHINES = ("/api/", "/hooks/", "/health/")
LARGEST = 2**63 - 1
DETAIL = "The request holds a character that can't be kept (a NUL, or half of one). Take it out and send it again."


class StorableText:
    """Answers 400, in words, and as whoever asks can read it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if any(UNSTORABLE.search(text) for text in _said(request)):
            return _refused(request)
        return self._get_response(request)

    def process_view(self, request: HttpRequest, view: object, args: object, kwargs: dict[str, Any]) -> None:
        """A number in an address is one that a row can have; a configuration screen's is not said to be a number at all."""
        row = kwargs.get("object_id", "0")
        if isinstance(row, str) and not row.isdecimal():
            raise Http404
        if any(number > LARGEST for number in (int(row), *kwargs.values()) if isinstance(number, int)):
            raise Http404


def _said(request: HttpRequest) -> Iterator[str]:
    meta = request.META
    yield request.path_info
    if meta.get("QUERY_STRING"):
        for name, values in request.GET.lists():
            yield name
            yield from values
    yield "".join([value for name, value in meta.items() if name.startswith("HTTP_") and isinstance(value, str)])
    if "HTTP_COOKIE" in meta:
        yield from request.COOKIES.values()
    if request.method == "POST" and meta.get("CONTENT_TYPE", "").startswith(FORMS):
        yield from _form(request)


def _form(request: HttpRequest) -> Iterator[str]:
    # What the API takes as a form it reads itself, by its own limits.
    if request.path_info.startswith(MACHINES):
        return
    try:
        fields, files = request.POST, request.FILES
    except MultiPartParserError:
        # Answered by Django, where the form is asked for.
        return
    for name, values in fields.lists():
        yield name
        yield from values
    for name, many in files.lists():
        yield name
        yield from (str(one.name) for one in many)


def _refused(request: HttpRequest) -> HttpResponse:
    if request.path_info.startswith(MACHINES):
        problem = {"type": "urn:orderyard:unstorable_text", "title": "unstorable text", "status": 400}
        body = {**problem, "code": "unstorable_text", "detail": DETAIL}
        return JsonResponse(body, status=400, content_type="application/problem+json")
    return render(request, "400.html", {"detail": DETAIL}, status=400)
