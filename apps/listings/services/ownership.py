"""Whose word holds for a field of what a channel sells."""

from __future__ import annotations

from collections.abc import Mapping

from apps.channels.events import channel_fact
from apps.channels.models import Channel
from apps.core.actor import Actor
from apps.core.outbox import record
from apps.core.transactions import service
from apps.listings import events
from apps.listings.models import FieldRule
from apps.listings.states import FieldName, FieldOwner


@service
def set_field_owners(channel: Channel, owners: Mapping[FieldName, FieldOwner], *, actor: Actor) -> None:
    """From the next import on; fields not named stay as they are. Said twice is said once."""
    rows = FieldRule.objects.select_for_update(no_key=True).filter(channel=channel)
    known = {row.field: row for row in rows.order_by("pk")}
    changed = []
    for field, owner in owners.items():
        row = known.get(field) or FieldRule(channel=channel, field=field)
        if row.owner != owner:
            row.owner = owner
            row.save()
            changed.append(str(field))
    if changed:
        record(channel_fact(channel, events.ChannelFieldOwnersChanged(fields=changed)), actor=actor)
