"""Making one delivery: look, send, write down how it went."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from apps.core import clock, database_clock
from apps.core.actor import Actor
from apps.core.errors import AddressRefused
from apps.core.outbox import record
from apps.core.transactions import service
from apps.outbound import retry_after
from apps.outbound.client import Reply
from apps.outbound.counterparts import TERMS, Counterpart
from apps.outbound.errors import CounterpartQuiet, IncompleteResponse, NotSent
from apps.outbound.services import Call, call_out
from apps.outbound.states import CounterpartKind
from apps.webhooks import events
from apps.webhooks.errors import DeliverLater
from apps.webhooks.models import Delivery, WebhookEndpoint
from apps.webhooks.services.signing import body_of, headers_of
from apps.webhooks.states import SCHEDULE, DeliveryState

log = structlog.get_logger(__name__)
security = structlog.get_logger("security")
WARN_AFTER = timedelta(hours=24)
KEPT = (
    "failing_since", "failures_in_a_row", "quiet_until", "warned_at", "disabled_at", "disabled_because", "last_success_at",
)  # fmt: skip
LONGEST_QUIET = timedelta(minutes=5)
DEADLINE_S = 20.0
LONGEST_WAIT = TERMS[CounterpartKind.WEBHOOK].longest_quiet


@dataclass(frozen=True, slots=True)
class Response:
    """``status`` None: none came. ``wait_until``: it asks to be left alone until then."""

    status: int | None
    note: str = ""
    wait_until: datetime | None = None

    @property
    def taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def gone(self) -> bool:
        return self.status == 410


def deliver(delivery_id: int, *, actor: Actor) -> None:
    """Make the delivery if it is its time. Raises DeliverLater when it has to be tried (again) at a later moment.

    While an endpoint fails, one delivery at a time finds out whether it is well again; the others wait for it without
    spending an attempt, so that a dead endpoint costs nobody else their turn.
    """
    delivery = Delivery.objects.select_related("endpoint").get(pk=delivery_id)
    if delivery.state != DeliveryState.PENDING:
        return
    now = database_clock.now()
    if delivery.endpoint.sends:
        _wait_for_its_time(delivery, now)
    began = clock.monotonic()
    response = _send(delivery, now) if delivery.endpoint.sends else None
    took_ms = int((clock.monotonic() - began) * 1000)
    again = settle(delivery_id, response, took_ms=took_ms, actor=actor)
    if again is not None:
        raise DeliverLater(again, "the endpoint did not take it")


def _wait_for_its_time(delivery: Delivery, now: datetime) -> None:
    quiet = delivery.endpoint.quiet_until
    until = max(delivery.next_at, quiet) if quiet else delivery.next_at
    if until > now:
        raise DeliverLater(until, "not yet its time")


def _send(delivery: Delivery, now: datetime) -> Response:
    """Every outcome is a response. Raises DeliverLater where the endpoint is to be left alone."""
    try:
        reply = _post(delivery, now)
    except CounterpartQuiet as quiet:
        raise DeliverLater(quiet.until, quiet.reason) from None
    except AddressRefused as refused:
        security.warning("webhook_address_refused", endpoint=delivery.endpoint.public_id, why=refused.why)
        return Response(None, f"not sent: {refused.why}")
    except NotSent as error:
        return Response(None, str(error))
    except IncompleteResponse as error:
        return Response(None, "no answer in time" if error.timed_out else str(error))
    note = "a redirect, which is not followed" if 300 <= reply.status < 400 else ""
    return Response(reply.status, note, retry_after.quiet_until(reply.status, reply.headers, now, longest=LONGEST_WAIT))


def _post(delivery: Delivery, now: datetime) -> Reply:
    """Only the response's headers are read, so a body that never ends changes nothing. Raises as ``call_out``."""
    endpoint, ref, body = delivery.endpoint, delivery.public_id, body_of(delivery)
    whom = Counterpart(CounterpartKind.WEBHOOK, endpoint.public_id, endpoint.name)
    call = Call(whom, "deliver", delivery.stream, ref, ref, attempt=delivery.attempts + 1)
    headers = headers_of(endpoint, delivery, body, now)
    return call_out(
        call, "POST", endpoint.url, headers=headers, content=body.encode(), deadline_s=DEADLINE_S, head_only=True
    )


@service
def settle(delivery_id: int, response: Response | None, *, took_ms: int, actor: Actor) -> datetime | None:
    """Write down how an attempt went (None: the endpoint is switched off). Returns when the next one is due, if any."""
    # The endpoint first, then its delivery: everybody who takes both takes them in this order.
    endpoint_id = Delivery.objects.values_list("endpoint_id", flat=True).get(pk=delivery_id)
    endpoint = WebhookEndpoint.objects.select_for_update(no_key=True).get(pk=endpoint_id)
    delivery = Delivery.objects.select_for_update(no_key=True).get(pk=delivery_id)
    if delivery.state != DeliveryState.PENDING:
        return None
    if response is None:
        delivery.hold()
        delivery.save(update_fields=["state"])
        return None
    now = database_clock.now()
    delivery.attempts += 1
    delivery.last_at, delivery.last_status, delivery.last_note = now, response.status, response.note[:120]
    delivery.took_ms = took_ms
    if response.taken:
        _note_success(endpoint, delivery, now)
    else:
        _note_failure(endpoint, delivery, response, now, actor)
    delivery.save()
    # What the machine keeps of an endpoint is no change somebody made to it, so it leaves no history.
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(**{name: getattr(endpoint, name) for name in KEPT})
    return delivery.next_at if delivery.state == DeliveryState.PENDING else None


def _note_success(endpoint: WebhookEndpoint, delivery: Delivery, now: datetime) -> None:
    delivery.succeed()
    endpoint.last_success_at, endpoint.failures_in_a_row = now, 0
    endpoint.failing_since = endpoint.quiet_until = endpoint.warned_at = None


def _note_failure(
    endpoint: WebhookEndpoint, delivery: Delivery, response: Response, now: datetime, actor: Actor
) -> None:
    log.warning("webhook_not_taken", endpoint=endpoint.public_id, delivery=delivery.public_id, status=response.status)
    endpoint.failures_in_a_row += 1
    endpoint.failing_since = endpoint.failing_since or now
    endpoint.quiet_until = _quiet_until(endpoint.failures_in_a_row, response, now)
    if response.gone:
        delivery.hold()
        _switch_off(endpoint, "it answered 410 Gone", now, actor)
    elif delivery.spent:
        delivery.give_up()
        if endpoint.last_success_at is None or endpoint.last_success_at < delivery.made_at:
            _switch_off(endpoint, f"{len(SCHEDULE)} attempts over three days failed", now, actor)
    else:
        delivery.next_at = max(now + SCHEDULE[delivery.attempts], response.wait_until or now)
        _warn_once(endpoint, now, actor)


def _quiet_until(failures: int, response: Response, now: datetime) -> datetime:
    doubled = SCHEDULE[1] * float(2 ** min(failures - 1, 10))
    return max(response.wait_until or now, now + min(doubled, LONGEST_QUIET))


def _switch_off(endpoint: WebhookEndpoint, because: str, now: datetime, actor: Actor) -> None:
    if endpoint.disabled_at is None:
        endpoint.disabled_at, endpoint.disabled_because = now, because
        record(events.endpoint_fact(endpoint, events.WebhookSwitchedOff()), actor=actor)


def _warn_once(endpoint: WebhookEndpoint, now: datetime, actor: Actor) -> None:
    if endpoint.warned_at is None and endpoint.failing_since and now - endpoint.failing_since >= WARN_AFTER:
        endpoint.warned_at = now
        record(events.endpoint_fact(endpoint, events.WebhookFailing()), actor=actor)
