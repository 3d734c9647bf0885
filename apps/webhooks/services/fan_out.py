"""Creating the deliveries of an event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from apps.core.actor import Actor
from apps.core.event_types import EventData
from apps.core.ids import event_ref
from apps.core.outbox import record
from apps.core.transactions import atomic_unless_buffered
from apps.webhooks.events import due_fact
from apps.webhooks.models import Delivery, WebhookEndpoint
from apps.webhooks.payloads import public_data
from apps.webhooks.states import DeliveryState


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """An event as it stands in the log."""

    event_id: int
    event: EventData
    subject_ref: str
    stream: str
    at: datetime

    @property
    def name(self) -> str:
        return self.event.spec.name


@atomic_unless_buffered
def note_events(news: Sequence[LoggedEvent], *, actor: Actor) -> int:
    """One delivery for each endpoint that wants the event, once however often this is asked. Returns how many are new.

    For an endpoint the machine switched off they are kept, so that nothing is missing when it is on again.
    """
    endpoints = list(WebhookEndpoint.objects.filter(active=True)) if news else []
    wanted = [(endpoint, one) for one in news for endpoint in endpoints if endpoint.wants(one.name)]
    known = set(
        Delivery.objects.filter(event_id__in={one.event_id for _, one in wanted}).values_list("endpoint_id", "event_id")
    )
    payloads = public_data({one.event_id: one.event for _, one in wanted})
    rows = Delivery.objects.bulk_create(
        [
            _delivery(endpoint, one, payloads[one.event_id])
            for endpoint, one in wanted
            if (endpoint.pk, one.event_id) not in known
        ]
    )
    record(*[due_fact(row) for row in rows if row.state == DeliveryState.PENDING], actor=actor)
    return len(rows)


def _delivery(endpoint: WebhookEndpoint, news: LoggedEvent, payloads: Mapping[str, Any]) -> Delivery:
    payload = {
        "type": news.name,
        "timestamp": news.at.isoformat().replace("+00:00", "Z"),
        "data": {
            "event": event_ref(news.event_id),
            "version": news.event.spec.version,
            "subject": news.subject_ref,
            "order": news.stream if news.stream.startswith("ord_") else None,
            **payloads,
        },
    }
    return Delivery(
        endpoint=endpoint,
        event=news.name,
        event_id=news.event_id,
        stream=news.stream,
        payload=payload,
        state=DeliveryState.PENDING if endpoint.sends else DeliveryState.HELD,
    )
