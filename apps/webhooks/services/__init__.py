"""Notifying other systems of what happened."""

from apps.webhooks.services.delivering import deliver
from apps.webhooks.services.endpoints import (
    change_endpoint,
    create_endpoint,
    forget_deliveries,
    remove_endpoint,
    replay_deliveries,
    replay_given_up,
    rotate_secret,
)
from apps.webhooks.services.fan_out import LoggedEvent, note_events

__all__ = [
    "LoggedEvent",
    "change_endpoint",
    "create_endpoint",
    "deliver",
    "forget_deliveries",
    "note_events",
    "remove_endpoint",
    "replay_deliveries",
    "replay_given_up",
    "rotate_secret",
]
