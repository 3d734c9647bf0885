"""A form whose proof of coming from our own page no longer holds."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme


def form_out_of_date(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Lead back to the page the form stood on, where the browser names one of ours: opened again, it holds the draft."""
    whence = request.headers.get("Referer", "")
    ours = url_has_allowed_host_and_scheme(
        whence, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return render(request, "403_csrf.html", {"whence": whence if ours else ""}, status=403)
