"""What is known of a shop's refunds: kept with the messages, read with all later ones that name an amount only."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from apps.channels.framework.exchange import dicts
from apps.channels.models import Channel, ChannelKind, InboxMessage

# How the keys of the messages begin that were put together from a shop's answers about refunds.
KEY = "refunds:"


def with_known_refunds(channel: Channel, payload: Any) -> tuple[Any, bool]:
    """The order with what is known of its refunds by id, and whether some are left of which only the amount is."""
    if channel.kind != ChannelKind.WOOCOMMERCE or not isinstance(payload, dict):
        return payload, False
    refunds = dicts(payload.get("refunds"))
    if not refunds or not any(_is_bare(one) for one in refunds):
        return payload, False
    known = _known(channel, str(payload.get("id")))
    whole = [known.get(str(one.get("id")), one) if _is_bare(one) else one for one in refunds]
    return {**payload, "refunds": whole}, any(_is_bare(one) for one in whole)


def _is_bare(refund: Mapping[str, Any]) -> bool:
    return not isinstance(refund.get("line_items"), list)


def _known(channel: Channel, external_id: str) -> dict[str, dict[str, Any]]:
    rows = InboxMessage.objects.filter(channel=channel, external_id=external_id, dedupe_key__startswith=KEY)
    bodies = rows.order_by("pk").values_list("body", flat=True)
    return {str(one.get("id")): one for body in bodies for one in dicts(json.loads(bytes(body)).get("refunds"))}
