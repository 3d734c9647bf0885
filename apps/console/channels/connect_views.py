"""Connecting a shop: choose its kind, then step by step; left and taken up again at any step."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.cache import cache
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.channels.framework.adapter import Capability
from apps.channels.framework.registry import adapter_of, adapters
from apps.channels.models import LIVE, Channel, ChannelToken, InboxMessage
from apps.channels.services.checking import can_try, check_channel, give_credentials, may_go_on, needs_access
from apps.channels.services.onboarding import begin_channel, finish_step, give_up, go_live
from apps.channels.services.polling import request_poll
from apps.channels.services.shop_test_orders import can_place, is_test, last_test, place_test_order
from apps.channels.services.webhook_setup import (
    can_register,
    confirm_webhooks,
    ensure_secret,
    register_webhooks,
    secret_is_pasted,
    webhook_address,
)
from apps.channels.setup_steps import SetupStep, done_steps, missing_steps, needed_steps, next_step, steps_of
from apps.console.channels.capability_texts import STEPS, abilities
from apps.console.shell.access import StaffRequest, action, page
from apps.core import clock
from apps.listings.importing.selectors import proposed_node
from apps.listings.models import CatalogImport, ChannelPlace
from apps.listings.services.places import read_places
from apps.network.models import Node
from apps.orders.models import Order
from apps.ui.language import translated
from apps.ui.locale import day

SCOPE = "channels:write"
MOST_SHOWN, MOST_LOOKED_AT = 5, 50
# How often the shop is asked for a test order while somebody waits for it.
ASKED_EVERY_S, _ASKED = 15, "test_order_asked:{}"


def find_channel(code: str) -> Channel:
    channel = Channel.objects.filter(code=code).first()
    if channel is None:
        raise Http404(_("There is no such channel."))
    return channel


@page(SCOPE)
def choose(request: StaffRequest) -> HttpResponse:
    """Every kind of channel there is, with what it can do."""
    kinds = [
        {"kind": kind, "title": adapter.title, "abilities": abilities(adapter), "shop": adapter.shop is not None}
        for kind, adapter in adapters().items()
    ]
    kinds.sort(key=lambda one: (not one["shop"], str(one["title"]).casefold()))
    chosen = next((one for one in kinds if one["kind"] == request.GET.get("kind")), None)
    context = {
        "kinds": kinds,
        "chosen": chosen,
        "begun": [one for one in Channel.objects.order_by("name") if one.is_connecting],
    }
    return render(request, "console/channels/choose.html", context)


@action(SCOPE)
def begin(request: StaffRequest) -> HttpResponse:
    asked = {name: request.POST.get(name, "").strip() for name in ("kind", "name", "code")}
    channel = begin_channel(**asked, actor=request.caller.actor)
    return redirect("console:channel_connect", channel.code)


@page(SCOPE)
def connect(request: StaffRequest, code: str) -> HttpResponse:
    """The step that is next, or the one asked for."""
    channel = find_channel(code)
    live = channel.setup.get("state") == LIVE
    if not (channel.is_connecting or live):
        return redirect("console:channel", channel.code)
    adapter = adapter_of(channel.kind)
    steps = steps_of(adapter)
    asked = request.GET.get("step")
    step = SetupStep.TEST if live else next((one for one in steps if one == asked), next_step(channel, steps))
    context = {
        "channel": channel,
        "adapter": adapter,
        "live": live,
        "step": step,
        "steps": [(one.value, translated(STEPS[one]), standing_of_step(channel, one)) for one in steps],
        "left": [translated(STEPS[one]) for one in missing_steps(channel, adapter)],
        "can_be_left": step not in needed_steps(adapter) and step not in (SetupStep.ORDERS, SetupStep.TEST),
        **_SHOWN.get(step, lambda _: {})(channel),
    }
    return render(request, "console/channels/connect.html", context)


def standing_of_step(channel: Channel, step: SetupStep) -> str:
    """``done``; ``later``: it was passed over; empty: it is ahead."""
    if step == SetupStep.TEST:
        return "done" if any(order for _, order in _arrived(channel)) else ""
    if step not in done_steps(channel):
        return "later" if channel.setup.get("state") == LIVE else ""
    passed = {
        SetupStep.CATALOG: not CatalogImport.objects.filter(channel=channel).exists(),
        SetupStep.PLACES: not ChannelPlace.objects.filter(channel=channel, active=True, node__isnull=False).exists(),
    }
    return "later" if passed.get(step) else "done"


def day_of(on: date | None) -> str:
    """A day as the reader writes it; empty: there is none."""
    return day(datetime.combine(on, time(12), tzinfo=UTC)) if on else ""


def return_address() -> str:
    """The one address vendors send people back to; it is entered in the vendor's settings of the app."""
    return settings.ORDERYARD["URL"].rstrip("/") + reverse("console:channel_access_back")


def _of_credentials(channel: Channel) -> dict[str, Any]:
    return {**credential_fields(channel), **shown_report(channel)}


def credential_fields(channel: Channel) -> dict[str, Any]:
    """What is typed to connect it, without what was typed."""
    adapter = adapter_of(channel.kind)
    fields = [
        {"spec": one, "has": bool(channel.credential(one.name)), "open": one.is_open,
         "value": channel.credential(one.name) if one.is_open else ""}
        for one in adapter.asked
    ]  # fmt: skip
    typed = all(one["has"] or one["spec"].optional for one in fields)  # type: ignore[attr-defined]
    return {
        "fields": fields,
        "typed": typed,
        # Without the app's id the vendor would not know whose page it is.
        "oauth": adapter.oauth is not None and bool(adapter.oauth.authorize_url) and bool(channel.api_key),
        "given": ChannelToken.objects.filter(channel=channel).exists(),
        "needs_access": needs_access(channel),
        "return_address": return_address() if adapter.oauth is not None else "",
        "may_check": typed and can_try(channel),
        "checks": adapter.can(Capability.CHECK),
    }


def shown_report(channel: Channel) -> dict[str, Any]:
    """What the shop reported about itself, and what these credentials may do there."""
    report = channel.setup.get("report") or {}
    scopes = report.get("scopes", [])
    return {
        "report": report,
        "scopes": scopes,
        "missing": [one for one in scopes if one["needed"] and not one["granted"]],
        "fine": bool(report) and may_go_on(channel),
    }


def _of_webhooks(channel: Channel) -> dict[str, Any]:
    return {
        "address": webhook_address(channel),
        "registers": can_register(channel),
        "pasted": secret_is_pasted(channel),
        "has_secret": bool(channel.secret),
        "topics": channel.setup.get("hooks", {}).get("topics", []),
        "note": adapter_of(channel.kind).webhooks_note,
    }


def _of_catalog(channel: Channel) -> dict[str, Any]:
    return {"run": CatalogImport.objects.filter(channel=channel).order_by("-pk").first()}


def _of_places(channel: Channel) -> dict[str, Any]:
    """What the shop calls its places, and which node each is or may be."""
    nodes = list(Node.objects.filter(active=True).order_by("name"))
    rows = ChannelPlace.objects.filter(channel=channel, active=True).order_by("name")
    found = [{"place": row, "proposed": None if row.node_id else proposed_node(row, nodes)} for row in rows]
    return {"shop_places": found, "nodes": nodes}


def _of_test(channel: Channel) -> dict[str, Any]:
    """What has arrived of the test order, with what became of it."""
    polls = channel.speaks and channel.paused_at is None and adapter_of(channel.kind).can(Capability.POLLING)
    test, arrived = last_test(channel), _arrived(channel)
    awaited = bool(test) or not can_place(channel)
    return {
        "arrived": arrived,
        "polls": polls,
        # While nothing has come, the open page has the shop asked; at most so often, however many pages are open.
        "ask_now": polls and awaited and not arrived and _is_due(channel),
        "places_tests": can_place(channel),
        "last": {**test, "at": datetime.fromisoformat(test["at"])} if test else {},
        "test_note": adapter_of(channel.kind).test_note,
    }


def _is_due(channel: Channel) -> bool:
    """Whether the shop was not asked within the last seconds, by anybody."""
    recently = clock.now() - timedelta(seconds=ASKED_EVERY_S)
    lately = channel.polled_until is not None and channel.polled_until > recently
    return not lately and cache.get(_ASKED.format(channel.pk)) is None


def _arrived(channel: Channel) -> list[tuple[InboxMessage, Order | None]]:
    """Messages of test orders placed from here; where none was, what came since it went live."""
    rows = InboxMessage.objects.filter(channel=channel).defer("headers", "problems").order_by("-pk")
    if last_test(channel):
        found = [row for row in rows[:MOST_LOOKED_AT] if is_test(channel, row)][:MOST_SHOWN]
    else:
        found = list(rows.defer("body").filter(received_at__gte=channel.setup.get("live_at", clock.now()))[:MOST_SHOWN])
    orders = {one.public_id: one for one in Order.objects.filter(public_id__in=[row.order_ref for row in found])}
    return [(row, orders.get(row.order_ref)) for row in found]


_SHOWN = {
    SetupStep.CREDENTIALS: _of_credentials,
    SetupStep.WEBHOOKS: _of_webhooks,
    SetupStep.CATALOG: _of_catalog,
    SetupStep.PLACES: _of_places,
    SetupStep.TEST: _of_test,
}


def _to_step(channel: Channel, step: SetupStep | None = None) -> HttpResponse:
    if not channel.is_connecting and step != SetupStep.TEST:
        return redirect("console:channel", channel.code)
    address = reverse("console:channel_connect", args=[channel.code])
    return redirect(f"{address}?step={step}" if step else address)


@action(SCOPE)
def credentials(request: StaffRequest, code: str) -> HttpResponse:
    """Take what was typed, and try it at the shop."""
    channel = find_channel(code)
    typed = {one.name: request.POST.get(one.name, "") for one in adapter_of(channel.kind).asked}
    give_credentials(channel.pk, typed=typed, actor=request.caller.actor, keep_refused=True)
    if not channel.is_connecting:
        messages.success(request, _("The credentials were tried and are in use."))
    return _to_step(channel, SetupStep.CREDENTIALS)


@action(SCOPE)
def check(request: StaffRequest, code: str) -> HttpResponse:
    """Ask the shop again, as after a scope was added there."""
    channel = find_channel(code)
    check_channel(channel.pk, actor=request.caller.actor)
    if not channel.is_connecting:
        messages.success(request, _("The shop accepts the credentials."))
    return _to_step(channel, SetupStep.CREDENTIALS)


@action(SCOPE)
def webhooks(request: StaffRequest, code: str) -> HttpResponse:
    """Have the shop send its webhooks here, or say that somebody set that up there."""
    channel = find_channel(code)
    if not can_register(channel):
        confirm_webhooks(channel.pk, actor=request.caller.actor)
        return _to_step(channel)
    hooks = register_webhooks(channel.pk, actor=request.caller.actor)
    said = ngettext(
        "{count} webhook is registered at the shop.", "{count} webhooks are registered at the shop.", len(hooks)
    )
    messages.success(request, said.format(count=len(hooks)))
    return _to_step(channel)


@action(SCOPE)
def secret(request: StaffRequest, code: str) -> HttpResponse:
    """Show the secret that is to be typed into the shop, this once: it is in the answer itself, and nowhere else."""
    channel = ensure_secret(find_channel(code).pk, actor=request.caller.actor)
    context = {"channel": channel, "secret": channel.secret, "address": webhook_address(channel)}
    answer = render(request, "console/channels/secret.html", context)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@action(SCOPE)
def places(request: StaffRequest, code: str) -> HttpResponse:
    """Read the shop's places."""
    channel = find_channel(code)
    read_places(channel.pk, actor=request.caller.actor)
    return _to_step(channel, SetupStep.PLACES)


@action(SCOPE)
def later(request: StaffRequest, code: str) -> HttpResponse:
    """Go on; the step is done, or left for later."""
    channel = find_channel(code)
    step = next((one for one in SetupStep if one == request.POST.get("step")), None)
    if step is None:
        raise Http404(_("There is no such step."))
    finish_step(channel.pk, step=step, actor=request.caller.actor)
    return _to_step(channel)


@action(SCOPE)
def live(request: StaffRequest, code: str) -> HttpResponse:
    channel = go_live(find_channel(code).pk, hold_new=request.POST.get("orders") != "run", actor=request.caller.actor)
    messages.success(request, _("{name} is connected.").format(name=channel.name))
    return _to_step(channel, SetupStep.TEST)


@action(SCOPE)
def test_order(request: StaffRequest, code: str) -> HttpResponse:
    """Have the shop take an order that is plainly a test."""
    channel = place_test_order(find_channel(code).pk, actor=request.caller.actor)
    messages.success(request, _("A test order was placed at the shop."))
    return _to_step(channel, SetupStep.TEST)


@action(SCOPE)
def look(request: StaffRequest, code: str) -> HttpResponse:
    """Ask the shop for its orders now instead of in some minutes."""
    channel = find_channel(code)
    if request.headers.get("HX-Request"):
        if _is_due(channel) and cache.add(_ASKED.format(channel.pk), True, ASKED_EVERY_S):
            request_poll(channel.pk, actor=request.caller.actor)
        return HttpResponse(status=204)
    request_poll(channel.pk, actor=request.caller.actor)
    messages.success(request, _("Orders are being fetched from the shop."))
    return _to_step(channel, SetupStep.TEST)


@action(SCOPE)
def abandon(request: StaffRequest, code: str) -> HttpResponse:
    channel = find_channel(code)
    if give_up(channel.pk, actor=request.caller.actor):
        said = _("{name} was removed; nothing of it was kept.")
    else:
        said = _("{name} is switched off and its credentials are gone; what had come from it is kept.")
    messages.success(request, said.format(name=channel.name))
    return redirect("console:channels")
