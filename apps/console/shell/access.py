"""The access checks of the console: who may see a page, who may press a button, and what a refusal looks like."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast

import structlog
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import is_valid_path, reverse
from django.utils.http import url_has_allowed_host_and_scheme

from apps.accounts.caller import Caller, caller_of_user
from apps.accounts.models import User
from apps.casework.redaction import redaction_for
from apps.console.refusals import refusal_text
from apps.core.context import identify
from apps.core.errors import DomainError, NotAllowed, NotFound
from apps.ui.timezone import show_times_in

security = structlog.get_logger("security")
P = ParamSpec("P")


class StaffRequest(HttpRequest):
    """A request of somebody who is logged in and may be here."""

    user: User
    caller: Caller


Page = Callable[Concatenate[StaffRequest, P], HttpResponseBase]
Door = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def page(scope: str = "") -> Callable[[Page[P]], Door[P]]:
    """A page for staff who hold ``scope`` (empty: any staff). Reading only: nothing but GET and HEAD."""
    return _door(scope, ("GET", "HEAD"))


def action(scope: str) -> Callable[[Page[P]], Door[P]]:
    """A button: POST only. A refusal becomes a message on the page the person came from."""
    return _door(scope, ("POST",))


def _door(scope: str, methods: tuple[str, ...]) -> Callable[[Page[P]], Door[P]]:
    def wrap(view: Page[P]) -> Door[P]:
        @wraps(view)
        def door(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if not (request.user.is_authenticated and request.user.is_staff):
                return redirect_to_login(request.get_full_path())
            if request.method not in methods:
                return _whence(request) if request.method == "GET" else HttpResponseNotAllowed(methods)
            staff = _admit(request, scope)
            try:
                return _redacted(staff, view(staff, *args, **kwargs))
            except NotFound as error:
                raise Http404(refusal_text(error)) from error
            except DomainError as error:
                if "GET" in methods:
                    raise
                messages.error(request, refusal_text(error))
                return back(request)

        # What it lets in stands on it: a test holds every entry point that writes against the registry of verbs.
        door.__dict__["methods"] = methods
        return door

    return wrap


def _redacted(request: StaffRequest, answer: HttpResponseBase) -> HttpResponseBase:
    """Whatever a page or a file says, somebody limited to places reads of the others only that there are such."""
    redaction = redaction_for(request.caller.nodes)
    if not redaction.active:
        return answer
    if isinstance(answer, StreamingHttpResponse):
        answer.streaming_content = redaction.lines(iter(answer.streaming_content))  # type: ignore[arg-type]
    elif isinstance(answer, HttpResponse) and answer.get("Content-Type", "").startswith("text/html"):
        answer.content = redaction.page(answer.content.decode()).encode()
    return answer


def _whence(request: HttpRequest) -> HttpResponseBase:
    """A button's address opened as a page, as from a tab's history: lead to the page the button stands on."""
    return redirect(_page_above(request))


def _page_above(request: HttpRequest) -> str:
    above = request.path.rstrip("/").rpartition("/")[0] + "/"
    return above if is_valid_path(above) else reverse("console:home")


def _admit(request: HttpRequest, scope: str) -> StaffRequest:
    """Attach the caller. Raises PermissionDenied where the scope is missing."""
    staff = cast(StaffRequest, request)
    staff.caller = caller_of_user(staff.user)
    match = request.resolver_match
    identify(staff.caller.actor, match.view_name if match else "")
    show_times_in(staff.user.time_zone)
    try:
        if scope:
            staff.caller.require(scope)
    except NotAllowed as error:
        security.warning("console_refused", scope=scope, user=staff.user.public_id, path=request.path)
        raise PermissionDenied(refusal_text(error)) from error
    return staff


def back(request: HttpRequest, default: str = "") -> HttpResponse:
    """To where the form says it came from, else ``default``, else the page its browser names; never to another site."""
    asked = request.POST.get("next", "")
    if _is_ours(request, asked):
        return redirect(asked)
    whence = request.headers.get("Referer", "")
    return redirect(default or (whence if _is_ours(request, whence) else _page_above(request)))


def _is_ours(request: HttpRequest, address: str) -> bool:
    return url_has_allowed_host_and_scheme(
        address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
