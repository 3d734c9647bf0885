"""Messages from channels, and the updates that are sent back to them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

import structlog

from apps.casework.services import Problem, clear_cases, open_cases
from apps.casework.states import CaseType
from apps.channels.errors import ShopBusy, ShopNotReady, ShopRefused, ShopUnreachable
from apps.channels.events import InboxReceived
from apps.channels.models import InboxMessage, NoticeEffect, UploadJob, Verdict
from apps.channels.services.fetching import GIVES_UP_AFTER, OrderNotThere, give_up_fetching
from apps.channels.services.fetching import fetch_order as fetch
from apps.channels.services.intake import take_in_messages
from apps.channels.services.polling import poll_channel as poll
from apps.channels.services.reconciling import reconcile_part
from apps.channels.services.refund_details import read_refunds as read_refunds_of
from apps.channels.services.shop_updates import ShopUpdate, queue_updates, send_update
from apps.channels.services.uploading import run_csv_job
from apps.channels.services.webhook_watch import check_webhooks as check_webhooks_of
from apps.core import database_clock
from apps.core.actor import Actor
from apps.core.models import Event
from apps.core.text import Text
from apps.core.transactions import in_transaction
from apps.fulfillment.events import FulfillmentPacked, FulfillmentShipped
from apps.fulfillment.models import FulfillmentOrder
from apps.fulfillment.states import FulfillmentState
from apps.orchestration.step import Due, DueOf, TryLater
from apps.orders.canonical import ServiceLevel
from apps.orders.events import (
    OrderCancelled,
    OrderHeld,
    OrderLinesCancelled,
    OrderLineSubstituted,
    OrderRestCancelled,
    OrderResumed,
)

log = structlog.get_logger(__name__)
# What a channel may have to be notified of.
_Reported = (
    OrderCancelled
    | OrderLinesCancelled
    | OrderRestCancelled
    | OrderLineSubstituted
    | FulfillmentShipped
    | OrderHeld
    | OrderResumed
)
_BY_THE_CHANNEL = (OrderCancelled, OrderLinesCancelled, OrderRestCancelled, OrderHeld, OrderResumed)
REFUND_ATTEMPTS = 6
LOOK_AGAIN = timedelta(seconds=10)
TELL_ATTEMPTS = 10
LONGEST_FETCH_PAUSE = timedelta(minutes=10)
KEY_REFUSED = frozenset({401, 403})


class NotReadyYet(Exception):
    """The shop itself holds the order back; mostly for minutes. The last attempt's refusal goes before a person."""


def take_in_message(dues: Sequence[DueOf[InboxReceived]], actor: Actor) -> None:
    """Map raw messages to orders and changes of orders; what nobody can read goes before a person."""
    settled = take_in_messages([due.subject_id for due in dues])
    open_cases([_unreadable(message) for message in settled if message.verdict == Verdict.QUARANTINED], actor=actor)
    replayed = {due.subject_ref for due in dues if due.event.replayed}
    read = [m.public_id for m in settled if m.public_id in replayed and m.verdict != Verdict.QUARANTINED]
    if read:
        clear_cases(read, types=[CaseType.MESSAGE_QUARANTINED], resolution=Text("it was read again"), actor=actor)


def _unreadable(message: InboxMessage) -> Problem:
    return Problem(
        type=CaseType.MESSAGE_QUARANTINED,
        subject_ref=message.public_id,
        sentence=Text(
            "A message of {channel} was not understood: {why}", channel=message.channel.name, why=message.reason
        ),
        stream=message.public_id,
        detail={"channel": message.channel.code, "topic": message.topic, "problems": message.problems[:20]},
    )


def give_up_waiting_message(dues: Sequence[Due], actor: Actor) -> None:
    """A message came before its order. The order, when it comes, takes it along; this looks again, and gives up in time."""
    for message in take_in_messages([due.subject_id for due in dues]):
        if message.verdict == Verdict.WAITING:
            at = database_clock.now() + LOOK_AGAIN
            raise TryLater(min(at, message.give_up_at or at), "its order has not come yet")


def run_upload(dues: Sequence[Due], actor: Actor) -> None:
    """Take the next part of a file or a bulk body in."""
    # A file of their own: the API's bulk endpoint.
    from apps.channels.services.bulk import run_bulk_job

    jobs = {
        job.pk: job for job in UploadJob.objects.filter(pk__in=[d.subject_id for d in dues]).defer("body", "results")
    }
    for due in dues:
        job = jobs[due.subject_id]
        if job.kind == "csv":
            run_csv_job(job.public_id)
        else:
            run_bulk_job(job.public_id)


def poll_channel(dues: Sequence[Due], actor: Actor) -> None:
    """Ask a shop for orders that no webhook brought."""
    for due in dues:
        try:
            poll(due.subject_id)
        except ShopBusy as busy:
            raise TryLater(busy.until, str(busy)) from None


def reconcile_channel(dues: Sequence[Due], actor: Actor) -> None:
    """Ask a shop again for its orders since a date."""
    for due in dues:
        try:
            reconcile_part(due.subject_id)
        except ShopBusy as busy:
            raise TryLater(busy.until, str(busy)) from None


def check_webhooks(dues: Sequence[Due], actor: Actor) -> None:
    """See whether a shop still sends its webhooks. One that does not answer is asked the next time: what is wrong with it, polling says."""
    for due in dues:
        try:
            check_webhooks_of(due.subject_id)
        except (ShopBusy, ShopRefused, ShopUnreachable) as trouble:
            log.warning("webhooks_not_seen", channel=due.subject_ref, error=repr(trouble)[:300])


def read_refunds(dues: Sequence[Due], actor: Actor) -> None:
    """Ask a shop what it has refunded, where its message names an amount only. Unanswered, the order's hold stays with a person."""
    for due in dues:
        try:
            read_refunds_of(due.subject_id, attempt=due.attempts + 1)
        except ShopBusy as busy:
            raise TryLater(busy.until, str(busy)) from None
        except (ShopRefused, ShopUnreachable) as trouble:
            if isinstance(trouble, ShopUnreachable) and due.attempts + 1 < REFUND_ATTEMPTS:
                raise
            log.warning("refunds_not_read", message=due.subject_ref, error=repr(trouble)[:300])


def fetch_order(dues: Sequence[Due], actor: Actor) -> None:
    """Fetch the order that a message only names. A shop that is away, or that does not know our key any more, is asked again for a
    day; the message waits. Then it goes before a person, as does one whose order the shop refuses to show."""
    for due in dues:
        try:
            fetch(due.subject_id, attempt=due.attempts + 1)
        except ShopBusy as busy:
            raise TryLater(busy.until, str(busy)) from None
        except OrderNotThere:
            raise TryLater(database_clock.now() + LOOK_AGAIN, "the shop does not show the order yet") from None
        except (ShopRefused, ShopUnreachable) as trouble:
            again = _fetch_again_at(due.subject_id, trouble)
            if again is not None:
                raise TryLater(again, str(trouble)[:200]) from None
            in_transaction(partial(_not_fetched, due.subject_id, str(trouble)[:300], actor))


def _not_fetched(message_id: int, why: str, actor: Actor) -> None:
    message = give_up_fetching(message_id, why)
    if message.verdict == Verdict.QUARANTINED:
        open_cases([_unreadable(message)], actor=actor)


def _fetch_again_at(message_id: int, trouble: ShopRefused | ShopUnreachable) -> datetime | None:
    """None: it would not help, or it has been tried for long enough."""
    if isinstance(trouble, ShopRefused) and trouble.details.get("answer") not in KEY_REFUSED:
        return None
    received, now = InboxMessage.objects.values_list("received_at", flat=True).get(pk=message_id), database_clock.now()
    if now >= received + GIVES_UP_AFTER:
        return None
    return now + min(max((now - received) / 4, LOOK_AGAIN), LONGEST_FETCH_PAUSE)


def queue_channel_updates(dues: Sequence[DueOf[_Reported]], actor: Actor) -> None:
    """Queue an update for each shipment, substitution, cancellation and hold whose channel takes updates; most don't."""
    off = [due.event_id for due in dues if isinstance(due.event, _BY_THE_CHANNEL)]
    # What the channel itself called off or holds, it knows.
    known_there = set(Event.objects.filter(pk__in=off, actor__startswith="channel:").values_list("pk", flat=True))
    queue_updates([_update_of(due) for due in dues if due.event_id not in known_there], actor=actor)


def _update_of(due: DueOf[_Reported]) -> ShopUpdate:
    if isinstance(due.event, OrderCancelled):
        return ShopUpdate(NoticeEffect.CANCELLED, due.stream, due.subject_ref)
    if isinstance(due.event, OrderLinesCancelled | OrderRestCancelled):
        return ShopUpdate(NoticeEffect.REDUCED, due.stream, f"event:{due.event_id}")
    if isinstance(due.event, OrderHeld | OrderResumed):
        effect = NoticeEffect.HELD if isinstance(due.event, OrderHeld) else NoticeEffect.RESUMED
        return ShopUpdate(effect, due.stream, f"event:{due.event_id}")
    if isinstance(due.event, OrderLineSubstituted):
        return ShopUpdate(NoticeEffect.SUBSTITUTED, due.stream, due.event.substitute)
    return ShopUpdate(NoticeEffect.SHIPPED, due.stream, due.event.shipment)


def queue_pickup_updates(dues: Sequence[DueOf[FulfillmentPacked]], actor: Actor) -> None:
    """Queue an update for what is packed and waits at the counter."""
    packed = FulfillmentOrder.objects.filter(
        pk__in=[due.subject_id for due in dues], service_level=ServiceLevel.PICKUP, state=FulfillmentState.PACKED
    )
    found = packed.values_list("public_id", "order__public_id")
    queue_updates([ShopUpdate(NoticeEffect.READY, order, ref) for ref, order in found], actor=actor)


def send_channel_update(dues: Sequence[Due], actor: Actor) -> None:
    """Send a channel one update: a shipment, substitution or cancellation."""
    for due in dues:
        try:
            send_update(due.subject_id)
        except ShopBusy as busy:
            raise TryLater(busy.until, str(busy)) from None
        except ShopNotReady as refusal:
            if due.attempts + 1 < TELL_ATTEMPTS:
                raise NotReadyYet(refusal.sentence) from None
            raise
