"""Access given on the vendor's page: where the person is sent, and what is made of the code they come back with."""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass
from urllib.parse import urlencode

import structlog
from django.db import transaction

from apps.channels.errors import ChannelNotReady, NotConnected, ShopBusy, ShopRefused, ShopUnreachable
from apps.channels.framework.adapter import Capability
from apps.channels.framework.registry import adapter_of
from apps.channels.framework.setup import ConnectionReport
from apps.channels.models import Channel
from apps.channels.selectors import lock_channel
from apps.channels.services import checking
from apps.channels.services.asked_by_people import PAGE_S, in_words
from apps.channels.services.onboarding import note_done
from apps.channels.services.tokens import body_from_settings, keep_token, trade_code
from apps.channels.setup_steps import SetupStep
from apps.core.actor import Actor
from apps.core.process_cache import clear_process_cache
from apps.core.text import Text
from apps.core.transactions import service
from apps.outbound import deadlines

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is remembered while the person is on the vendor's page. ``verifier``: of PKCE, empty where it is not used."""

    state: str
    verifier: str


def new_ask(channel: Channel) -> Asked:
    oauth = adapter_of(channel.kind).oauth
    if oauth is None:
        raise ChannelNotReady(problem=Text("Access to this kind of shop is not given on a page of the vendor."))
    return Asked(secrets.token_urlsafe(32), secrets.token_urlsafe(48) if oauth.pkce else "")


def vendor_page(channel: Channel, asked: Asked, *, redirect_uri: str) -> str:
    """The address at which the person gives access (RFC 6749, 4.1.1; RFC 7636, 4.3)."""
    oauth = adapter_of(channel.kind).oauth
    assert oauth is not None, "the caller made an ask"
    params = {
        "response_type": "code",
        "client_id": channel.api_key,
        "redirect_uri": redirect_uri,
        "scope": " ".join(oauth.scopes),
        "state": asked.state,
        **oauth.extra,
        **body_from_settings(channel),
    }
    if asked.verifier:
        digest = hashlib.sha256(asked.verifier.encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        params |= {"code_challenge": challenge, "code_challenge_method": "S256"}
    address = oauth.authorize_url.format(base_url=channel.base_url.rstrip("/"))
    return f"{address}{'&' if '?' in address else '?'}{urlencode(params)}"


def take_access(channel_id: int, *, code: str, redirect_uri: str, verifier: str, actor: Actor) -> Channel:
    """Trade the code for a token, ask the shop whose it is, and only then use it: a live channel is not moved to another shop by
    whoever was logged in there. Must run outside any transaction. Raises ChannelNotReady, NotConnected."""
    channel = Channel.objects.get(pk=channel_id)
    try:
        with deadlines.within(PAGE_S):
            given = trade_code(channel, code, redirect_uri=redirect_uri, verifier=verifier)
    except ShopRefused as refusal:
        why = Text("The vendor did not accept the access that was given: it answered {answer}.", answer=refusal.details["answer"])  # fmt: skip
        raise NotConnected(why=why, problem=Text("Give access again; a code is good for a few minutes.")) from refusal
    except (ShopBusy, ShopUnreachable) as trouble:
        raise in_words(trouble) from trouble
    report = None
    if adapter_of(channel.kind).can(Capability.CHECK):
        report = checking.ask_whose(channel, token=str(given["access_token"]))
    return _use(channel_id, given, report, actor=actor)


@service
def _use(channel_id: int, given: object, report: ConnectionReport | None, *, actor: Actor) -> Channel:
    channel = lock_channel(channel_id)
    if channel.is_connecting:
        checking.refuse_same_address(channel, channel.base_url, report)
    if report is not None:
        checking.refuse_another_shop(channel, report)
        names = checking.note_report(channel, report)
        channel.save(update_fields=names)
    keep_token(channel, given)  # type: ignore[arg-type]
    if channel.is_connecting and checking.may_go_on(channel):
        note_done(channel, SetupStep.CREDENTIALS)
    transaction.on_commit(clear_process_cache)
    log.info("channel_access_given", channel=channel.code, by=str(actor))
    return channel
