"""Which endpoints want which events."""

from __future__ import annotations

from apps.core.process_cache import get_or_load
from apps.webhooks.models import WebhookEndpoint

EVERYTHING = "*"


def is_wanted(event: str) -> bool:
    """Whether an endpoint in use subscribed to the event; as it was at most a second ago.

    So that an event nobody wants makes no work: most installations have no endpoint, and an order has a dozen events.
    """
    wanted = get_or_load("webhooks", "wanted", _subscribed)
    return EVERYTHING in wanted or event in wanted or family_of(event) in wanted


def family_of(event: str) -> str:
    return event.partition(".")[0] + ".*"


def _subscribed() -> frozenset[str]:
    lists = WebhookEndpoint.objects.filter(active=True).values_list("events", flat=True)
    return frozenset(name for events in lists for name in events or (EVERYTHING,))
