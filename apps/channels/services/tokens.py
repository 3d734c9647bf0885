"""Access tokens of shops connected by OAuth: kept fresh, and each refresh token used once."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q

from apps.channels.errors import ShopAddressRefused, ShopBusy, ShopDeclined, ShopRefused, ShopUnreachable
from apps.channels.framework.refusal_text import said_in, shop_words
from apps.channels.framework.registry import adapter_of
from apps.channels.framework.setup import OAuth
from apps.channels.models import Channel, ChannelToken
from apps.core import clock
from apps.core.errors import AddressRefused
from apps.core.strict_json import load_bounded
from apps.core.text import Text
from apps.outbound import retry_after
from apps.outbound.client import Reply
from apps.outbound.counterparts import Counterpart
from apps.outbound.errors import CounterpartQuiet, IncompleteResponse, NotSent
from apps.outbound.services import Call, call_out
from apps.outbound.states import CounterpartKind

# A token that ends within that is not used for one more call.
MARGIN = timedelta(seconds=90)
# Whoever has not fetched one by then is gone; the others come again sooner.
LEASE, COME_AGAIN = timedelta(seconds=40), timedelta(seconds=2)


def fresh_token(channel: Channel) -> str:
    """An access token that is good for the next minute. Must run outside any transaction: it may call the vendor.

    Raises ShopRefused where the access was taken back or has ended, ShopBusy, ShopUnreachable.
    """
    token = ChannelToken.objects.filter(channel=channel).first()
    if token is None and _oauth_of(channel).client_credentials:
        token, _ = ChannelToken.objects.get_or_create(channel=channel)
    if token is None:
        said, do = Text("nobody gave access to it."), Text("Connect the channel.")
        raise ShopDeclined(channel=channel.code, answer=401, operation="a call", said=said, do=do)
    if _is_good(token, clock.now()):
        return str(token.access_token)
    return _refreshed(channel, token)


def exchange_code(channel: Channel, code: str, *, redirect_uri: str, verifier: str = "") -> ChannelToken:
    """What the vendor's page sent the person back with, turned into a token, and kept. ``verifier``: of PKCE.

    Must run outside any transaction. Raises ShopRefused, ShopBusy, ShopUnreachable.
    """
    return keep_token(channel, trade_code(channel, code, redirect_uri=redirect_uri, verifier=verifier))


def trade_code(channel: Channel, code: str, *, redirect_uri: str, verifier: str = "") -> Mapping[str, Any]:
    """What the vendor gives for a code, not kept yet. Raises as ``exchange_code``."""
    body = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
    # Some vendors have a name of their own for the address people are sent back to.
    body |= {name: text for name, text in body_from_settings(channel).items() if name in body}
    body |= {**_oauth_of(channel).code_extra, **({"code_verifier": verifier} if verifier else {})}
    return _asked(channel, body)


def app_token(channel: Channel) -> Mapping[str, Any]:
    """A token for the app's own id and secret, not kept yet. Raises as ``exchange_code``."""
    return _asked(channel, _renewal(channel, ChannelToken(channel=channel)))


def token_of_app(channel: Channel, scope: str) -> str:
    """A token of the application itself, for what belongs to no seller there; used at once and kept nowhere. Raises as ``exchange_code``."""
    return str(_asked(channel, {"grant_type": "client_credentials", "scope": scope})["access_token"])


def renew_by(channel: Channel, refresh_token: str) -> Mapping[str, Any]:
    """What the vendor gives for a refresh token that somebody pasted, not kept yet. Raises as ``exchange_code``."""
    return _asked(channel, {"grant_type": "refresh_token", "refresh_token": refresh_token})


def body_from_settings(channel: Channel) -> dict[str, str]:
    """What the vendor's page is given from the channel's own settings."""
    settings = channel.typed_settings
    said = {name: str(getattr(settings, field, "") or "") for name, field in _oauth_of(channel).from_settings.items()}
    return {name: text for name, text in said.items() if text}


def access_given(channel: Channel) -> bool:
    """Whether there is a token, or the app gets one without a person, where the vendor wants one."""
    oauth = adapter_of(channel.kind).oauth
    return oauth is None or oauth.client_credentials or ChannelToken.objects.filter(channel=channel).exists()


def keep_token(channel: Channel, given: Mapping[str, Any]) -> ChannelToken:
    """Use from now on what the vendor gave."""
    token = ChannelToken.objects.filter(channel=channel).first() or ChannelToken(channel=channel)
    return _keep(token, given)


def _is_good(token: ChannelToken, now: datetime) -> bool:
    return bool(token.access_token) and (token.expires_at is None or token.expires_at - MARGIN > now)


def _refreshed(channel: Channel, token: ChannelToken) -> str:
    now = clock.now()
    free = Q(refreshing_until=None) | Q(refreshing_until__lt=now)
    # Only as it was read: another may have used this refresh token meanwhile.
    mine = ChannelToken.objects.filter(free, pk=token.pk, refreshed_at=token.refreshed_at)
    if not mine.update(refreshing_until=now + LEASE):
        raise ShopBusy(now + COME_AGAIN, "its access is being renewed")
    row = ChannelToken.objects.filter(pk=token.pk)
    try:
        given = _asked(channel, _renewal(channel, token))
    except ShopRefused as refusal:
        row.update(trouble=refusal.sentence[:300], refreshing_until=None)
        raise
    except (ShopBusy, ShopUnreachable):
        row.update(refreshing_until=None)
        raise
    return str(_keep(token, given).access_token)


def _renewal(channel: Channel, token: ChannelToken) -> dict[str, str]:
    if not token.refresh_token and _oauth_of(channel).client_credentials:
        return {"grant_type": "client_credentials"}
    return {"grant_type": "refresh_token", "refresh_token": token.refresh_token}


def _keep(token: ChannelToken, given: Mapping[str, Any]) -> ChannelToken:
    now = clock.now()
    token.access_token = str(given["access_token"])
    token.refresh_token = str(given.get("refresh_token") or token.refresh_token)
    token.expires_at = _until(now, given.get("expires_in"))
    token.refresh_expires_at = _until(now, given.get("refresh_token_expires_in")) or token.refresh_expires_at
    token.scopes = str(given.get("scope") or "").replace(",", " ").split() or token.scopes
    token.refreshed_at, token.refreshing_until, token.trouble = now, None, ""
    token.save()
    return token


def _until(now: datetime, seconds: Any) -> datetime | None:
    return now + timedelta(seconds=int(seconds)) if str(seconds or "").isdecimal() else None


def _asked(channel: Channel, body: dict[str, str]) -> Mapping[str, Any]:
    reply = _posted(channel, _oauth_of(channel), body)
    if reply.status in (429, 503):
        until = retry_after.quiet_until(reply.status, reply.headers, clock.now())
        raise ShopBusy(until or clock.now() + timedelta(minutes=1))
    if reply.status >= 500:
        raise ShopUnreachable(f"answered {reply.status}")
    try:
        given = load_bounded(reply.body, most_values=1_000)
    except ValueError:
        raise ShopUnreachable(f"{reply.status} with an unreadable body") from None
    if reply.status != 200 or not isinstance(given, dict) or not given.get("access_token"):
        said = shop_words(said_in(given)) or Text("it gave no reason (status {status}).", status=reply.status)
        renewal = {"channel": channel.code, "answer": reply.status, "operation": "the renewal of its access"}
        raise ShopDeclined(said=said, do=Text("Give access again, or correct the credentials."), **renewal)
    return given


def _oauth_of(channel: Channel) -> OAuth:
    oauth = adapter_of(channel.kind).oauth
    assert oauth is not None, f"channels of the kind {channel.kind} are not connected by OAuth"
    return oauth


def _posted(channel: Channel, oauth: OAuth, body: dict[str, str]) -> Reply:
    call = Call(Counterpart(CounterpartKind.SHOP, channel.code, channel.code), "token")
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    if oauth.basic:
        pair = base64.b64encode(f"{channel.api_key}:{channel.api_secret}".encode()).decode()
        headers["Authorization"] = f"Basic {pair}"
    else:
        body = body | {"client_id": channel.api_key, "client_secret": channel.api_secret}
    url = oauth.token_url.format(base_url=channel.base_url.rstrip("/"))
    try:
        return call_out(call, "POST", url, headers=headers, content=urlencode(body).encode())
    except CounterpartQuiet as quiet:
        raise ShopBusy(quiet.until, quiet.reason) from None
    except AddressRefused as refused:
        raise ShopAddressRefused(channel=channel.code, why=refused.why) from None
    except NotSent as error:
        raise ShopUnreachable(f"not reached: {error}") from None
    except IncompleteResponse as error:
        raise ShopUnreachable(f"no answer: {error}") from None
