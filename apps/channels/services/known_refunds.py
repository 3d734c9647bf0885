"""What is known of a shop's refunds: kept with the messages, read with all later ones that name an amount only."""

from __future__ import annotations

import json
from typing import Any

from apps.channels.framework.refunds import RefundForm
from apps.channels.framework.registry import adapter_of
from apps.channels.models import Channel, InboxMessage

# How the keys of the messages begin that were put together from a shop's answers about refunds.
KEY = "refunds:"


def with_known_refunds(channel: Channel, payload: Any) -> tuple[Any, bool]:
    """The order with what is known of its refunds by id, and whether some are left of which only the amount is."""
    form = adapter_of(channel.kind).refunds
    if form is None or not isinstance(payload, dict):
        return payload, False
    refunds = form.listed(payload)
    if not refunds or not any(form.is_bare(one) for one in refunds):
        return payload, False
    known = _known(channel, form, str(payload.get("id")))
    whole = [known.get(str(one.get("id")), one) if form.is_bare(one) else one for one in refunds]
    return {**payload, form.refunds: whole}, any(form.is_bare(one) for one in whole)


def _known(channel: Channel, form: RefundForm, external_id: str) -> dict[str, dict[str, Any]]:
    rows = InboxMessage.objects.filter(channel=channel, external_id=external_id, dedupe_key__startswith=KEY)
    bodies = rows.order_by("pk").values_list("body", flat=True)
    return {str(one.get("id")): one for body in bodies for one in form.listed(json.loads(bytes(body)))}
