"""The shop behind a channel."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from apps.channels.framework.registry import adapter_of
from apps.channels.framework.shop import Connection, Shop
from apps.channels.models import Channel
from apps.channels.services.tokens import fresh_token, token_of_app


def shop_of(channel: Channel, *, token: str = "") -> Shop:
    """The shop behind a channel that ``speaks``. ``token``: to be used in the place of the one that is kept."""
    adapter = adapter_of(channel.kind)
    assert adapter.shop is not None, f"channels of the kind {channel.kind} can't be called"
    connection = Connection(
        channel=channel.code,
        base_url=channel.base_url,
        api_key=channel.api_key,
        api_secret=channel.api_secret,
        settings=channel.typed_settings,
        account=channel.account,
        signing_key=channel.signing_key,
    )
    if adapter.oauth is not None:
        given = (lambda: token) if token else partial(fresh_token, channel)
        connection = replace(connection, token=given, app_token=partial(token_of_app, channel))
    return adapter.shop(connection)
