"""Credentials tried at the shop before they are used: whose shop it is, what they allow, and what to do about a no."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import structlog
from django.core.exceptions import ValidationError
from django.db import transaction

from apps.channels.errors import ChannelNotReady
from apps.channels.framework.adapter import Capability, ChannelAdapter
from apps.channels.framework.registry import adapter_of
from apps.channels.framework.setup import REFRESH_TOKEN, SETTING, ConnectionReport, is_same_account
from apps.channels.models import Channel, ChannelToken
from apps.channels.selectors import lock_channel
from apps.channels.services.asked_by_people import asked_by_people
from apps.channels.services.connecting import shop_of
from apps.channels.services.onboarding import note_done
from apps.channels.services.tokens import access_given, app_token, keep_token, renew_by
from apps.channels.setup_steps import SetupStep
from apps.core import clock
from apps.core.actor import Actor
from apps.core.process_cache import clear_process_cache
from apps.core.text import Text
from apps.core.transactions import service
from apps.outbound.guard import validate_connection

log = structlog.get_logger(__name__)
# Kept between two tries of somebody who connects a shop; typed again once they would go to another address.
_SENT_THERE = ("api_key", "api_secret")


def give_credentials(channel_id: int, *, typed: Mapping[str, str], actor: Actor, keep_refused: bool = False) -> Channel:
    """Take what was typed, tried at the shop first where it can be; what is empty stays as it is.

    A refusal changes nothing; on a page (``keep_refused``) a channel that is being connected keeps what was typed, so that nobody
    types twice. So it does once it had access to another shop or application, which must not be sent to this one. Must run outside any transaction. Raises ChannelNotReady, NotConnected.
    """
    channel = Channel.objects.get(pk=channel_id)
    tried = _with(channel, typed)
    if channel.is_connecting and (keep_refused or _has_access_elsewhere(channel, tried)):
        _keep_typed(channel.pk, tried, actor=actor)
    if pasted := typed.get(REFRESH_TOKEN, "").strip():
        given = _renewed(tried, pasted)
        report = ask_whose(tried, token=str(given["access_token"])) if _can_ask(tried) else None
        return _take(channel.pk, tried, report, given, actor=actor)
    if can_try(tried):
        return _take(channel.pk, tried, ask_whose(tried), actor=actor)
    if channel.is_connecting and needs_access(tried):
        return _keep_typed(channel.pk, tried, actor=actor)
    return _take(channel.pk, tried, None, actor=actor)


@service
def _take(
    channel_id: int,
    tried: Channel,
    report: ConnectionReport | None,
    given: Mapping[str, Any] | None = None,
    *,
    actor: Actor,
) -> Channel:
    """Of a channel that is being connected the access to another shop or application goes with what it was for."""
    if lock_channel(channel_id).is_connecting:
        _keep_typed(channel_id, tried, actor=actor)
    return _swap(channel_id, tried, report, given, actor=actor)


def _renewed(tried: Channel, pasted: str) -> Mapping[str, Any]:
    """What a pasted refresh token is good for. Raises NotConnected."""
    with asked_by_people():
        return {REFRESH_TOKEN: pasted, **renew_by(tried, pasted)}


def check_channel(channel_id: int, *, actor: Actor) -> Channel:
    """Try what the channel has. Must run outside any transaction. Raises ChannelNotReady, NotConnected."""
    channel = Channel.objects.get(pk=channel_id)
    if missing := _not_typed(channel, adapter_of(channel.kind)):
        raise ChannelNotReady(problem=Text("Type what is missing: {fields}.", fields=", ".join(missing)))
    return _swap(channel.pk, channel, ask_whose(channel) if can_try(channel) else None, actor=actor)


def can_try(channel: Channel) -> bool:
    """Whether the shop can be asked now: it knows the question, and where leave is given on the vendor's page it was."""
    return _can_ask(channel) and access_given(channel)


def _can_ask(channel: Channel) -> bool:
    return adapter_of(channel.kind).can(Capability.CHECK)


def needs_access(channel: Channel) -> bool:
    """Whether somebody has to give access on the vendor's page first."""
    return not access_given(channel)


def ask_whose(channel: Channel, *, token: str = "") -> ConnectionReport:
    """What the shop says to the first call. Raises NotConnected: what went wrong, and what to do about it."""
    oauth = adapter_of(channel.kind).oauth
    with asked_by_people():
        if oauth is not None and oauth.gets_by_itself(channel.api_secret) and not token:
            # By the id and secret that are tried, not by a token of those before.
            token = str(app_token(channel)["access_token"])
        return shop_of(channel, token=token).check_connection()


def _with(channel: Channel, typed: Mapping[str, str]) -> Channel:
    """A copy of the channel with what was typed. Raises ChannelNotReady where it is not whole."""
    tried, adapter = copy.copy(channel), adapter_of(channel.kind)
    given = {one.name: typed.get(one.name, "").strip() for one in adapter.asked}
    address = given.get("base_url") or channel.base_url
    if address != channel.base_url and channel.base_url:
        for name in _SENT_THERE:
            setattr(tried, name, "")
    for name, text in given.items():
        if text:
            tried.take_credential(name, text)
    if missing := _not_typed(tried, adapter):
        raise ChannelNotReady(problem=Text("Type what is missing: {fields}.", fields=", ".join(missing)))
    try:
        if tried.base_url:
            validate_connection(tried.base_url)
    except ValidationError as error:
        raise ChannelNotReady(problem=Text.literal(" ".join(error.messages))) from None
    return tried


def _not_typed(channel: Channel, adapter: ChannelAdapter) -> list[str]:
    return [one.label for one in adapter.asked if not one.optional and not channel.credential(one.name)]


def _is_of_another(channel: Channel, tried: Channel) -> bool:
    return (tried.base_url, tried.api_key) != (channel.base_url, channel.api_key)


def _has_access_elsewhere(channel: Channel, tried: Channel) -> bool:
    return _is_of_another(channel, tried) and ChannelToken.objects.filter(channel=channel).exists()


@service
def _keep_typed(channel_id: int, tried: Channel, *, actor: Actor) -> Channel:
    channel = lock_channel(channel_id)
    if _is_of_another(channel, tried):
        ChannelToken.objects.filter(channel=channel).delete()
    names = _take_over(channel, tried)
    done = {step: at for step, at in channel.setup.get("done", {}).items() if step != SetupStep.CREDENTIALS}
    channel.setup = {**channel.setup, "done": done}
    channel.save(update_fields=[*names, "setup"])
    return channel


@service
def _swap(
    channel_id: int,
    tried: Channel,
    report: ConnectionReport | None,
    given: Mapping[str, Any] | None = None,
    *,
    actor: Actor,
) -> Channel:
    """Use from now on what was tried, and the access ``given`` for it. Raises ChannelNotReady where it is of another shop, or allows too little."""
    channel = lock_channel(channel_id)
    if report is not None:
        refuse_another_shop(channel, report)
    if channel.is_connecting or tried.base_url != channel.base_url:
        refuse_same_address(channel, tried.base_url, report)
    names = _take_over(channel, tried)
    if report is not None:
        names += note_report(channel, report)
    channel.save(update_fields=names)
    if given is not None:
        keep_token(channel, given)
    if channel.is_connecting and may_go_on(channel):
        note_done(channel, SetupStep.CREDENTIALS)
    transaction.on_commit(clear_process_cache)
    log.info("channel_credentials", channel=channel.code, by=str(actor))
    return channel


def may_go_on(channel: Channel) -> bool:
    """Whether nothing is missing that the channel needs: leave given, no scope missing."""
    if needs_access(channel):
        return False
    scopes = channel.setup.get("report", {}).get("scopes", [])
    return not any(one["needed"] and not one["granted"] for one in scopes)


def note_report(channel: Channel, report: ConnectionReport) -> list[str]:
    """Keep what the shop reported about itself; returns the names of the fields that changed. A lesser leave than before is refused to a live
    channel: it would stop in the middle of its work. Raises ChannelNotReady."""
    if report.missing and not channel.is_connecting:
        names = ", ".join(one.name for one in report.missing)
        raise ChannelNotReady(problem=Text("These credentials lack {scopes}; nothing was changed.", scopes=names))
    channel.account = channel.account or report.account[:128]
    channel.setup = {**channel.setup, "report": _as_json(report), "checked_at": clock.now().isoformat()}
    if channel.is_connecting:
        channel.default_currency = report.currency or channel.default_currency
        channel.default_country = report.country[:2] or channel.default_country
    return ["account", "setup", "default_currency", "default_country"]


def _as_json(report: ConnectionReport) -> dict[str, Any]:
    return {**asdict(report), "scopes": [asdict(one) for one in report.scopes]}


def _take_over(channel: Channel, tried: Channel) -> list[str]:
    asked = [one.name for one in adapter_of(channel.kind).asked if one.name != REFRESH_TOKEN]
    names = ["settings" if name.startswith(SETTING) else name for name in asked] + list(_SENT_THERE)
    if tried.base_url != channel.base_url and channel.is_connecting:
        channel.account = ""
        names.append("account")
    for name in {"base_url", *names} - {"account"}:
        setattr(channel, name, getattr(tried, name))
    return list(dict.fromkeys(["base_url", *names]))


def refuse_another_shop(channel: Channel, report: ConnectionReport) -> None:
    if not report.account:
        return
    if channel.account and not is_same_account(channel.account, report.account):
        problem = Text(
            "These credentials are of {other}, and this channel is {account}. Nothing was changed: connect the other "
            "shop as a channel of its own.", other=report.account, account=channel.account,
        )  # fmt: skip
        raise ChannelNotReady(problem=problem)
    others = Channel.objects.filter(kind=channel.kind).exclude(pk=channel.pk).exclude(account="")
    twin = next((one for one in others if is_same_account(one.account, report.account)), None)
    if twin is not None:
        raise _connected_already(report.account, twin)


def refuse_same_address(channel: Channel, address: str, report: ConnectionReport | None) -> None:
    """Of a live channel it may not be known whose shop it is; one address is one shop all the same, unless the vendor has one for all
    of them. Raises ChannelNotReady."""
    if not address or any(one.of_vendor for one in adapter_of(channel.kind).asked):
        return
    account = report.account if report is not None else ""
    for other in Channel.objects.filter(kind=channel.kind, active=True).exclude(pk=channel.pk).exclude(base_url=""):
        known_apart = account and other.account and not is_same_account(account, other.account)
        if is_same_account(other.base_url, address) and not known_apart:
            raise _connected_already(address, other)


def _connected_already(shop: str, twin: Channel) -> ChannelNotReady:
    problem = Text("{account} is connected already, as {name}: its orders would come twice.", account=shop, name=twin.name)  # fmt: skip
    return ChannelNotReady(problem=problem)
