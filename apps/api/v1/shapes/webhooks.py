"""Webhook endpoints and their deliveries from outside."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from apps.api.v1.base import PageOf, Shape
from apps.webhooks.models import Delivery, WebhookEndpoint


class EndpointOut(Shape):
    """``events`` empty: all of them. ``disabled_at``: switched off by us, and why; switch it on again with ``active``."""

    id: str
    name: str
    url: str
    events: list[str]
    active: bool
    failing_since: datetime | None
    disabled_at: datetime | None
    disabled_because: str
    last_success_at: datetime | None
    created_at: datetime
    version: int


class EndpointPage(PageOf[EndpointOut]):
    """Webhook endpoints."""


class EndpointMade(EndpointOut):
    """``secret`` signs every delivery; it is shown this once."""

    secret: str


class DeliveryOut(Shape):
    """One event delivered to one endpoint; ``id`` is its ``webhook-id``. ``note`` says how it went, never the response."""

    id: str
    event: str
    payload: dict[str, Any]
    state: str
    attempts: int
    made_at: datetime
    next_at: datetime
    last_at: datetime | None
    last_status: int | None
    note: str


class DeliveryPage(PageOf[DeliveryOut]):
    """Deliveries of an endpoint."""


class ReplayOut(Shape):
    """How many deliveries are sent again."""

    count: int


def endpoint(row: WebhookEndpoint) -> EndpointOut:
    return EndpointOut(**_endpoint(row))


def endpoint_made(row: WebhookEndpoint, secret: str) -> EndpointMade:
    return EndpointMade(**_endpoint(row), secret=secret)


def _endpoint(row: WebhookEndpoint) -> dict[str, Any]:
    same = EndpointOut.model_fields.keys() - {"id"}
    return {"id": row.public_id, **{name: getattr(row, name) for name in same}}


def delivery(row: Delivery) -> DeliveryOut:
    return DeliveryOut(
        id=row.public_id,
        event=row.event,
        payload=row.payload,
        state=row.state,
        attempts=row.attempts,
        made_at=row.made_at,
        next_at=row.next_at,
        last_at=row.last_at,
        last_status=row.last_status,
        note=row.last_note,
    )
