"""Sending figures again: one, some or all of a channel."""

from __future__ import annotations

from collections.abc import Collection

from apps.core.actor import Actor
from apps.core.bulk.bulk_update import update_rows
from apps.core.transactions import service
from apps.listings import selectors
from apps.listings.models import Listing
from apps.listings.services.computing import ask_to_send
from apps.listings.states import FigureState


@service
def resend(listing_ids: Collection[int], *, actor: Actor) -> int:
    """Send the figures of these listings once more, whatever their channel was sent before; returns of how many that take one."""
    takes = selectors.channels_sent_to()
    locked = selectors.lock_listings(listing_ids)
    rows = [row for row in locked if row.wanted is not None and row.active and row.channel_id in takes]
    for row in rows:
        row.state, row.attempts, row.next_at = FigureState.WAITING, 0, None
    update_rows(rows, ["state", "attempts", "next_at"])
    ask_to_send({row.channel_id for row in rows}, at_once=True, actor=actor)
    return len(rows)


@service
def resume_sending(channel_id: int, *, actor: Actor) -> None:
    """Send the channel now what waits for it and what it refused, although it took nothing the last time."""
    refused = Listing.objects.filter(channel=channel_id, state=FigureState.REFUSED, active=True)
    resend(list(refused.values_list("pk", flat=True)), actor=actor)
    ask_to_send([channel_id], at_once=True, actor=actor)
