"""What a person sees whose request could not be done: a form that is out of date, a fault, a database that is away."""

from __future__ import annotations

import sys

import psycopg
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.defaults import server_error

from apps.core.postgresql.broken_connections import drop_broken_connections

AWAY = (OperationalError, InterfaceError, psycopg.OperationalError, psycopg.InterfaceError)
RETRY_AFTER_S = 5
UNAVAILABLE = {
    "type": "urn:orderyard:unavailable",
    "title": "unavailable",
    "status": 503,
    "code": "unavailable",
    "detail": "The database can't be reached; try again.",
}


def form_out_of_date(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Lead back to the page the form stood on, where the browser names one of ours: opened again, it holds the draft."""
    whence = request.headers.get("Referer", "")
    ours = url_has_allowed_host_and_scheme(
        whence, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return render(request, "403_csrf.html", {"whence": whence if ours else ""}, status=403)


def fault(request: HttpRequest) -> HttpResponse:
    """Django's page for a fault; where the database is away, an answer that says so and reads nothing."""
    if not isinstance(sys.exc_info()[1], AWAY):
        return server_error(request)
    drop_broken_connections()
    headers = {"Retry-After": str(RETRY_AFTER_S)}
    if request.path_info.startswith(("/api/", "/hooks/")):
        return JsonResponse(UNAVAILABLE, status=503, headers=headers, content_type="application/problem+json")
    if request.method == "GET":
        # The browser retries automatically; what a form sent, a person has to send again.
        headers["Refresh"] = headers["Retry-After"]
    page = render_to_string("503.html", {"asks_again": request.method == "GET"})
    return HttpResponse(page, status=503, headers=headers)
