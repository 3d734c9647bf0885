"""One channel: how it is, and what can be done about it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from apps.channels.framework.registry import adapter_of
from apps.channels.services.onboarding import set_holding
from apps.channels.services.pausing import pause_channel, resume_channel
from apps.console.channels.connect_views import SCOPE, find_channel
from apps.console.channels.list_views import state_of
from apps.console.shell.access import StaffRequest, action, page


@page(SCOPE)
def channel(request: StaffRequest, code: str) -> HttpResponse:
    row = find_channel(code)
    context = {"channel": row, "adapter": adapter_of(row.kind), "state": state_of(row)}
    return render(request, "console/channels/channel.html", context)


@action(SCOPE)
def pause(request: StaffRequest, code: str) -> HttpResponse:
    row = pause_channel(find_channel(code).pk, actor=request.caller.actor)
    messages.success(request, _("{name} is paused: what comes and what is to be sent waits.").format(name=row.name))
    return redirect("console:channel", code)


@action(SCOPE)
def resume(request: StaffRequest, code: str) -> HttpResponse:
    row = resume_channel(find_channel(code).pk, actor=request.caller.actor)
    messages.success(request, _("{name} goes on: what waited is read and sent now.").format(name=row.name))
    return redirect("console:channel", code)


@action(SCOPE)
def holding(request: StaffRequest, code: str) -> HttpResponse:
    hold = request.POST.get("hold") == "on"
    set_holding(find_channel(code).pk, hold_new=hold, actor=request.caller.actor)
    said = (
        _("New orders are held from now on.")
        if hold
        else _("New orders run from now on; those held stay so until released.")
    )
    messages.success(request, said)
    return redirect("console:channel", code)
