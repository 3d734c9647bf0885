"""Notifying other systems: which endpoints want an event, and each delivery separately."""

from __future__ import annotations

from collections.abc import Sequence

from apps.core.actor import Actor
from apps.orchestration.step import Due, TryLater
from apps.webhooks.errors import DeliverLater
from apps.webhooks.services import LoggedEvent, deliver, note_events


def queue_webhooks(dues: Sequence[Due], actor: Actor) -> None:
    """Queue a delivery for each endpoint that subscribes to the event; most events have none."""
    news = [LoggedEvent(due.event_id, due.event, due.subject_ref, due.stream, due.recorded_at) for due in dues]
    note_events(news, actor=actor)


def send_webhook(dues: Sequence[Due], actor: Actor) -> None:
    """Make one delivery; one that is not taken comes back when its schedule says."""
    for due in dues:
        try:
            deliver(due.subject_id, actor=actor)
        except DeliverLater as later:
            raise TryLater(later.until, str(later)) from None
