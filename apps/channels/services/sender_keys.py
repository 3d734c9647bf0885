"""What a webhook may be signed with: the channel's own secrets, or the vendor's key that it names, fetched and remembered."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from apps.channels.errors import SenderKeyUnavailable, ShopBusy, ShopRefused, ShopUnreachable
from apps.channels.framework.signatures import NamesItsKey, SigningScheme
from apps.channels.models import Channel
from apps.channels.services.connecting import shop_of
from apps.core.process_cache import get_or_load
from apps.core.signatures import SignatureRefused

# Vendors ask for keys to be kept for an hour. Whoever makes names up has the shop asked once for each.
KEPT_S = 3600.0
_NAME = re.compile(r"[\w-]{1,80}")


def keys_of(channel: Channel, signing: SigningScheme, headers: Mapping[str, str], now: datetime) -> Sequence[str]:
    """Must run outside any transaction: it may call the shop. Raises SignatureRefused, SenderKeyUnavailable."""
    if not isinstance(signing, NamesItsKey):
        return channel.secrets_at(now)
    name = signing.key_id(headers)
    if not _NAME.fullmatch(name) or not channel.base_url:
        raise SignatureRefused("unknown_key")
    key = get_or_load("sender_key", f"{channel.base_url} {name}", lambda: _fetched(channel, name), seconds=KEPT_S)
    if not key:
        raise SignatureRefused("unknown_key")
    return [key]


def _fetched(channel: Channel, name: str) -> str:
    try:
        return shop_of(channel).public_key(name) or ""
    except (ShopBusy, ShopRefused, ShopUnreachable) as trouble:
        raise SenderKeyUnavailable from trouble
