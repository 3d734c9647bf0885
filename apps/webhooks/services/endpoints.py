"""Setting up endpoints, and making up for what one missed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from apps.core import clock
from apps.core.actor import Actor
from apps.core.errors import StaleVersion
from apps.core.outbox import record
from apps.core.process_cache import clear_process_cache
from apps.core.transactions import service
from apps.outbound import guard
from apps.webhooks.errors import EndpointNotFound, EventUnknown, TooManyEndpoints
from apps.webhooks.events import due_fact
from apps.webhooks.models import Delivery, WebhookEndpoint
from apps.webhooks.payloads import subscribable
from apps.webhooks.services.signing import new_secret
from apps.webhooks.states import DeliveryState

MOST_ENDPOINTS = 50
MOST_REPLAYED = 1_000
OVERLAP = timedelta(hours=24)


def refuse_unknown_events(events: Sequence[str]) -> None:
    """Raises EventUnknown."""
    known = subscribable()
    for number, event in enumerate(events):
        if event not in known:
            detail = {"pointer": f"/events/{number}", "detail": f"must be one of {', '.join(known)}"}
            raise EventUnknown(event=event, errors=[{**detail, "code": "event_unknown"}])


@service
def create_endpoint(*, name: str, url: str, events: Sequence[str], actor: Actor) -> tuple[WebhookEndpoint, str]:
    """A new endpoint and its secret, which is shown this once. Raises AddressRefused, EventUnknown, TooManyEndpoints."""
    guard.check(url)
    refuse_unknown_events(events)
    if WebhookEndpoint.objects.count() >= MOST_ENDPOINTS:
        raise TooManyEndpoints(most=MOST_ENDPOINTS)
    secret = new_secret()
    made = WebhookEndpoint.objects.create(name=name, url=url, events=list(events), secret=secret, created_by=str(actor))
    _reload_endpoints()
    return made, secret


@service
def change_endpoint(
    endpoint_ref: str,
    *,
    name: str | None = None,
    url: str | None = None,
    events: Sequence[str] | None = None,
    active: bool | None = None,
    expected_version: int | None = None,
    actor: Actor,
) -> WebhookEndpoint:
    """Change what is given. Switching on also ends the machine's own switching off, and sends what it kept meanwhile.

    Raises EndpointNotFound, StaleVersion, AddressRefused, EventUnknown.
    """
    endpoint = _lock(endpoint_ref)
    if expected_version is not None and expected_version != endpoint.version:
        raise StaleVersion(current=endpoint.version)
    if url is not None:
        guard.check(url)
    refuse_unknown_events(events or ())
    endpoint.name = name if name is not None else endpoint.name
    endpoint.url = url if url is not None else endpoint.url
    endpoint.events = list(events) if events is not None else endpoint.events
    endpoint.active = active if active is not None else endpoint.active
    if active:
        _revive(endpoint)
    endpoint.version += 1
    endpoint.save()
    _reload_endpoints()
    if active:
        _start_again(endpoint, [DeliveryState.HELD], None, actor)
    return endpoint


def _reload_endpoints() -> None:
    """Who wants what is remembered for a second: forgotten for who goes on in this transaction, and again when it is done."""
    clear_process_cache()
    transaction.on_commit(clear_process_cache, robust=True)


def _revive(endpoint: WebhookEndpoint) -> None:
    endpoint.disabled_at, endpoint.disabled_because = None, ""
    endpoint.failing_since = endpoint.quiet_until = endpoint.warned_at = None
    endpoint.failures_in_a_row = 0


@transaction.atomic
def rotate_secret(endpoint_ref: str) -> tuple[WebhookEndpoint, str]:
    """A new secret, shown this once; for a day deliveries carry a signature of each. Raises EndpointNotFound."""
    endpoint = _lock(endpoint_ref)
    endpoint.previous_secret, endpoint.previous_until = endpoint.secret, clock.now() + OVERLAP
    endpoint.secret = new_secret()
    endpoint.version += 1
    endpoint.save()
    return endpoint, endpoint.secret


@service
def replay_deliveries(endpoint_ref: str, *, since: datetime | None, actor: Actor) -> int:
    """Send again, from the start of the schedule, what was given up or kept; returns how many. Raises EndpointNotFound.

    At most a thousand at a time; asking again takes the next.
    """
    endpoint = _lock(endpoint_ref)
    return _start_again(endpoint, [DeliveryState.FAILED, DeliveryState.HELD], since, actor)


@service
def replay_given_up(delivery_id: int, *, actor: Actor) -> int:
    """Send one delivery again that was given up, from the start of the schedule; 0: it is given up no more."""
    ref = WebhookEndpoint.objects.filter(deliveries__pk=delivery_id).values_list("public_id", flat=True).first()
    return _start_again(_lock(ref), [DeliveryState.FAILED], None, actor, only=delivery_id) if ref else 0


def _start_again(
    endpoint: WebhookEndpoint, states: Sequence[str], since: datetime | None, actor: Actor, *, only: int | None = None
) -> int:
    rows = Delivery.objects.select_for_update(no_key=True).filter(endpoint=endpoint, state__in=states)
    rows = rows if only is None else rows.filter(pk=only)
    if since is not None:
        rows = rows.filter(made_at__gte=since)
    owed = list(rows.order_by("pk")[:MOST_REPLAYED])
    for row in owed:
        row.start_again()
    Delivery.objects.bulk_update(owed, ["state", "attempts", "next_at"])
    record(*[due_fact(row) for row in owed], actor=actor)
    return len(owed)


@transaction.atomic
def remove_endpoint(endpoint_ref: str) -> None:
    """With its deliveries. Raises EndpointNotFound."""
    _lock(endpoint_ref).delete()
    _reload_endpoints()


def forget_deliveries(before: datetime) -> None:
    """Drop the log of what was delivered before; what is still owed stays."""
    Delivery.objects.filter(state=DeliveryState.DELIVERED, made_at__lt=before).delete()


def _lock(ref: str) -> WebhookEndpoint:
    endpoint = WebhookEndpoint.objects.select_for_update(no_key=True).filter(public_id=ref).first()
    if endpoint is None:
        raise EndpointNotFound(endpoint=ref)
    return endpoint
