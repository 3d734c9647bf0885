"""What happens to webhooks and their deliveries."""

from __future__ import annotations

from apps.core.event_types import Ball, EventData, Subject, event
from apps.core.outbox import Fact
from apps.webhooks.models import Delivery, WebhookEndpoint


@event("webhook.due", subject=Subject.DELIVERY, ball=Ball.INTEGRATION, says="A webhook is to be sent.")
class WebhookDue(EventData):
    pass


@event("webhook.failing", subject=Subject.ENDPOINT, ball=Ball.PERSON, says="A webhook endpoint is failing.")
class WebhookFailing(EventData):
    pass


@event("webhook.switched_off", subject=Subject.ENDPOINT, ball=Ball.PERSON, says="A webhook endpoint was switched off.")
class WebhookSwitchedOff(EventData):
    pass


def due_fact(row: Delivery) -> Fact:
    """A delivery has to be made."""
    return Fact(WebhookDue(), row.pk, row.public_id, "")


def endpoint_fact(endpoint: WebhookEndpoint, event: EventData) -> Fact:
    return Fact(event, endpoint.pk, endpoint.public_id, "")
