"""Whose hand a history row shows."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from simple_history.models import HistoricalRecords

MACHINES = ("/api/", "/hooks/")


class HistoryOfPeople:
    """Lets history rows name the member of staff behind a page. A machine is no user; events name it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(MACHINES):
            return self._get_response(request)
        HistoricalRecords.context.request = request
        try:
            return self._get_response(request)
        finally:
            del HistoricalRecords.context.request
