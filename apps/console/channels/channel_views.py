"""One channel: how it is, and what can be done about it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from apps.channels.errors import NotConnected
from apps.channels.framework.adapter import Capability
from apps.channels.framework.registry import adapter_of
from apps.channels.framework.setup import Hook
from apps.channels.models import Channel
from apps.channels.selectors import sells_over_the_counter
from apps.channels.services.onboarding import set_holding
from apps.channels.services.pausing import pause_channel, resume_channel
from apps.channels.services.reconciling import is_running, reconcile_channel
from apps.channels.services.webhook_setup import can_register, registered_webhooks
from apps.channels.services.webhook_watch import lost_webhooks, standing_of
from apps.console.channels.connect_views import SCOPE, credential_fields, day_of, find_channel, shown_report
from apps.console.channels.list_views import state_of
from apps.console.channels.proofs import proof_rows
from apps.console.channels.topic_texts import topic_words
from apps.console.refusals import refusal_text
from apps.console.setup.mapping_messages import may_map
from apps.console.shell.access import StaffRequest, action, page
from apps.console.shell.errors import FormIncomplete
from apps.contracts.selectors import open_drift_of
from apps.contracts.services.proving import request_proof
from apps.orchestration.channel_health import health_of, last_webhook_of
from apps.orchestration.selectors import is_under_way


@page(SCOPE)
def channel(request: StaffRequest, code: str) -> HttpResponse:
    row = find_channel(code)
    adapter = adapter_of(row.kind)
    context = {
        "channel": row,
        "adapter": adapter,
        "state": state_of(row),
        "ends": day_of(adapter.deprecated_on),
        "health": health_of(row),
        "proofs": proof_rows(row),
        "proving": is_under_way("prove_channels", row.pk),
        "may_prove": row.speaks and adapter.shop is not None,
        "drift": sum(open_drift_of(row).values()) if may_map(request.caller) else 0,
        "registers": can_register(row),
        "lost": [topic_words(topic) for topic in lost_webhooks(row)],
        "webhooks": adapter.can(Capability.WEBHOOKS),
        "counter": sells_over_the_counter(row),
        "takes_files": adapter.can(Capability.FILES) or adapter.can(Capability.DIRECT),
        "reconciling": progress_of(row),
        "may_reconcile": row.speaks and adapter.can(Capability.POLLING),
        **feed_addresses(row),
        **credential_fields(row),
        **shown_report(row),
    }
    return render(request, "console/channels/channel.html", context)


def feed_addresses(row: Channel) -> dict[str, Any]:
    """Where the stock of a channel that we can't call is fetched, and whether it is offered; no address: it is no such channel."""
    if not adapter_of(row.kind).can(Capability.STOCK_FEED):
        return {"feed_at": "", "feed_file_at": "", "feed_on": False}
    at = f"{settings.ORDERYARD['URL'].rstrip('/')}/api/v1/channels/{row.public_id}/stock/feed"
    return {
        "feed_at": at,
        "feed_file_at": f"{at}.csv",
        "feed_on": bool(getattr(row.typed_settings, "stock_feed", False)),
    }


def progress_of(row: Channel) -> dict[str, Any]:
    """How far asking again from a date has come; empty: it was never asked."""
    if not row.reconciling:
        return {}
    moments = {name: datetime.fromisoformat(row.reconciling[name]) for name in ("since", "until", "reached")}
    whole, done = moments["until"] - moments["since"], moments["reached"] - moments["since"]
    percent = max(0, min(100, int(100 * done / whole))) if whole else 100
    return {**moments, "found": row.reconciling["found"], "percent": percent, "running": is_running(row)}


@page(SCOPE)
def hooks(request: StaffRequest, code: str) -> HttpResponse:
    """The webhooks as the shop has them now: asked there, so it may take a moment."""
    row = find_channel(code)
    found, problem = list[Hook](), ""
    try:
        found = list(registered_webhooks(row)) if can_register(row) else []
    except NotConnected as refusal:
        problem = refusal_text(refusal)
    now = standing_of(row, found)
    context = {
        "channel": row,
        "hooks": now.mine,
        "foreign": now.foreign,
        "gone": [] if problem else now.gone,
        "problem": problem,
        "broken": bool(now.lost) or not now.mine,
        # Those that an app brings along in its own settings stand in no list of the shop's.
        "arrived": None if now.mine else last_webhook_of(row),
    }
    return render(request, "console/channels/hooks.html", context)


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


@action(SCOPE)
def reconcile(request: StaffRequest, code: str) -> HttpResponse:
    """Ask the shop again for all that changed since the date."""
    try:
        since = datetime.combine(date.fromisoformat(request.POST.get("since", "")), time(), tzinfo=UTC)
    except ValueError:
        raise FormIncomplete(problem=_("Choose a date.")) from None
    reconcile_channel(find_channel(code).pk, since=since, actor=request.caller.actor)
    messages.success(request, _("Orders are fetched from the shop again; known ones are not imported twice."))
    return redirect("console:channel", code)


@action(SCOPE)
def prove(request: StaffRequest, code: str) -> HttpResponse:
    """Have what the channel can do tried with the shop itself."""
    request_proof(find_channel(code), actor=request.caller.actor)
    messages.success(request, _("It is being tried with the shop; nothing is written there. Look again in a minute."))
    return redirect("console:channel", code)
