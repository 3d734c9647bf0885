"""To the vendor's page where access is given, and back from it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from apps.channels.framework.registry import adapter_of
from apps.channels.services.oauth import new_ask, take_access, vendor_page
from apps.console.channels.connect_views import SCOPE, find_channel, return_address
from apps.console.refusals import refusal_text
from apps.console.shell.access import StaffRequest, page
from apps.core import clock
from apps.core.errors import DomainError

KEY = "channel_access"
GOOD_FOR, MOST_ASKED = timedelta(minutes=20), 5


@page(SCOPE)
def leave(request: StaffRequest, code: str) -> HttpResponse:
    """Send the person to the vendor's page. What they come back with is good for this session, this person and once."""
    channel = find_channel(code)
    try:
        asked = new_ask(channel)
    except DomainError as refusal:
        messages.error(request, refusal_text(refusal))
        return redirect("console:channel", channel.code)
    question = {
        "verifier": asked.verifier,
        "channel": channel.code,
        "person": request.user.public_id,
        "at": clock.now().isoformat(),
    }
    # A second tab leaves the first one's question as it is.
    others = list(request.session.get(KEY, {}).items())[-MOST_ASKED + 1 :]
    request.session[KEY] = dict([*others, (asked.state, question)])
    return redirect(vendor_page(channel, asked, redirect_uri=return_address()))


@page(SCOPE)
def come_back(request: StaffRequest) -> HttpResponse:
    """From the vendor's page, with a code or a no."""
    questions = request.session.get(KEY, {})
    remembered = questions.pop(request.GET.get("state", ""), None)
    request.session[KEY] = questions
    problem = _not_ours(request, remembered)
    if problem:
        messages.error(request, problem)
        return redirect("console:channels")
    channel = find_channel(remembered["channel"])
    to = redirect("console:channel_connect" if channel.is_connecting else "console:channel", channel.code)
    code = request.GET.get(_code_in(channel.kind), "")
    if not code:
        messages.error(
            request, _("Access was not given on the vendor’s page. Nothing was changed; try again when you are ready.")
        )
        return to
    try:
        take_access(
            channel.pk, code=code[:2000], redirect_uri=return_address(), verifier=remembered["verifier"],
            actor=request.caller.actor,
        )  # fmt: skip
    except DomainError as refusal:
        messages.error(request, refusal_text(refusal))
        return to
    messages.success(request, _("Access was given."))
    return to


def _code_in(kind: str) -> str:
    oauth = adapter_of(kind).oauth
    return oauth.code_in if oauth else "code"


def _not_ours(request: StaffRequest, remembered: dict[str, Any] | None) -> str:
    """Why this answer is to no question of this person's; empty: it is."""
    again = _("Start again from the channel’s page; nothing was changed.")
    if remembered is None:
        return _("This is no answer to what you asked the vendor.") + " " + again
    if remembered["person"] != request.user.public_id:
        return _("Somebody else asked the vendor for access.") + " " + again
    if clock.now() - datetime.fromisoformat(remembered["at"]) > GOOD_FOR:
        return _("It took longer than 20 minutes to come back.") + " " + again
    return ""
