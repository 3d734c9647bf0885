"""What a message says of an order that is known, done to it; and of one that has not come yet, remembered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from apps.channels import events as channel_events
from apps.channels import verdict_reasons
from apps.channels.framework.registry import adapter_of
from apps.channels.mapping.message_form import Topic
from apps.channels.mapping.results import HoldRequest, Mapped, Notice
from apps.channels.models import Channel, InboxMessage, Verdict
from apps.channels.services.handled_elsewhere import handled_meanwhile, without_own_shipments
from apps.channels.services.known_orders import KnownOrders
from apps.core import database_clock
from apps.core.actor import Actor
from apps.core.bulk.bulk_update import update_rows
from apps.core.event_types import EventData
from apps.core.models import Event
from apps.core.outbox import record
from apps.core.text import Text
from apps.fulfillment.selectors import UnitsInHand, in_hand
from apps.fulfillment.services import call_off_order, stop_units
from apps.orders import events
from apps.orders.canonical import CanonicalOrder, DoubtReason, OrderStatus, PaymentState, Risk, RiskLevel
from apps.orders.checks import NEVER_PAID
from apps.orders.errors import OrderNotCancellable
from apps.orders.models import BY_CONTRACT, Hold, Order, OrderLine
from apps.orders.services import (
    Revised,
    doubts_of,
    is_revisable,
    is_stale,
    place_hold,
    release_holds,
    revise_order,
    says_the_same,
    units_taken_off,
)
from apps.orders.states import BEFORE_LEAVING, HoldReason, OrderState

WAIT_FOR_ORDER_S = 15 * 60
# How far a shop's clock may be ahead of ours.
SKEW = timedelta(minutes=5)
ALL_REPLACED = Text(
    "The channel has replaced every line of it after work had begun; cancel it, or release it as it was."
)
DOUBT_REASONS = frozenset(DoubtReason)


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a message. ``order_ref`` is the order's public id; ``give_up_at`` only while it waits."""

    verdict: str
    reason: str
    order_ref: str = ""
    problems: Sequence[dict[str, Any]] = ()
    give_up_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """Something said of an order. ``canonical`` is None for a notice that names the order and brings nothing of it. ``unsaid``: what it
    says nothing of, so that a hold for that stands as it does."""

    channel: Channel
    message: InboxMessage
    external_id: str
    canonical: CanonicalOrder | None
    holds: Sequence[HoldRequest]
    cancels: bool
    why: str
    unsaid: Sequence[HoldRequest] = ()

    @classmethod
    def of(cls, channel: Channel, message: InboxMessage, reading: Mapped | Notice) -> Change:
        if isinstance(reading, Notice):
            return cls(channel, message, reading.external_id, None, (), True, reading.reason)
        order = reading.order
        cancels = order.status == OrderStatus.CANCELLED
        why = order.cancel_reason
        return cls(channel, message, order.external_id, order, _holds(reading), cancels, why, reading.unsaid)

    def is_older_than(self, order: Order) -> bool:
        """A notice has no time of its own; that of its arrival is late enough."""
        known_at = order.source_updated_at
        if known_at is None:
            return False
        if self.canonical is None:
            return self.message.received_at + SKEW < known_at
        return (self.canonical.updated_at or self.canonical.placed_at) < known_at


def opens(canonical: CanonicalOrder) -> bool:
    """Whether the message brings an order, if we do not know it: not one that was cancelled before it came. One that was
    completed there is recorded as done."""
    return canonical.status != OrderStatus.CANCELLED


def place_opening_holds(order: Order, reading: Mapped, actor: Actor) -> None:
    """The holds a new order starts with, besides those of validation; one that was completed there needs none."""
    if reading.order.status == OrderStatus.COMPLETED:
        return
    for hold in _of_the_contract(reading):
        place_hold(order.pk, reason=hold.reason, note=hold.note, while_asked=True, actor=actor)


def _of_the_contract(reading: Mapped) -> list[HoldRequest]:
    """The holds that validation does not place for a doubt."""
    return [hold for hold in reading.holds if hold.reason not in DOUBT_REASONS]


def _holds(reading: Mapped) -> list[HoldRequest]:
    """What a later version is to be held for; of one that is completed there, nothing is left to hold."""
    if reading.order.status == OrderStatus.COMPLETED:
        return []
    doubts = [HoldRequest(doubt.reason, "", doubt.sentence, doubt.code) for doubt in doubts_of(reading.order)]
    return [*_of_the_contract(reading), *doubts]


def apply_change(change: Change, known: KnownOrders, actor: Actor) -> Settled:
    """Do what is said. Doing it again, or after something newer was done, changes nothing and says so."""
    order = known.get(change.external_id)
    if order is None:
        return _wait_for_order(change, actor)
    if change.cancels:
        return _cancel(change, order, known, actor)
    assert change.canonical is not None
    return _update(change, change.canonical, order, known, actor)


def _wait_for_order(change: Change, actor: Actor) -> Settled:
    """Webhooks overtake one another: the order may be on its way. Given up, it still counts should the order come."""
    message, now = change.message, database_clock.now()
    if adapter_of(change.channel.kind).messages.topics.meaning_of(message.topic) in (Topic.OTHER, Topic.CREATED):
        return Settled(Verdict.IGNORED, verdict_reasons.CAME_CANCELLED)
    if message.give_up_at is not None and now >= message.give_up_at:
        return Settled(Verdict.IGNORED, verdict_reasons.NEVER_CAME)
    if message.give_up_at is None:
        record(channel_events.message_fact(message, channel_events.InboxEarly()), actor=actor)
    return Settled(
        Verdict.WAITING, verdict_reasons.WAITS, give_up_at=message.give_up_at or now + _patience(change.channel)
    )


def _patience(channel: Channel) -> timedelta:
    seconds = channel.typed_settings.wait_for_order_s
    return timedelta(seconds=WAIT_FOR_ORDER_S if seconds is None else seconds)


def _cancel(change: Change, order: Order, known: KnownOrders, actor: Actor) -> Settled:
    if order.state == OrderState.CANCELLED or order.rest_cancelled_at is not None:
        return _cancelled_already(change, order, known, actor)
    if change.is_older_than(order):
        return Settled(Verdict.IGNORED, verdict_reasons.OLDER, order.public_id)
    if order.state == OrderState.DELIVERED and _is_refund(change):
        return _refunded(change, order, known, actor)
    try:
        order = call_off_order(order.pk, reason=change.why or Text("cancelled by the channel"), actor=actor)
        reason = verdict_reasons.CANCELLED if order.rest_cancelled_at is None else verdict_reasons.REST_CANCELLED
    except OrderNotCancellable:
        if _was_recorded(order, events.OrderCancelCameLate):
            # Whoever settled the case is not asked again by every later message of the cancelled order.
            return _payment_follows(change, order, known, verdict_reasons.LATE_CANCEL_KNOWN, actor)
        reason = verdict_reasons.CANCEL_CAME_LATE
        record(events.order_fact(order, events.OrderCancelCameLate(state=order.state)), actor=actor)
    if change.canonical is not None:
        # The payment follows, and the moment, so that what was said before this is known to be older.
        order = revise_order(order.pk, change.canonical, actor=actor, bound=True).order
    else:
        order.source_updated_at = max(order.source_updated_at or change.message.received_at, change.message.received_at)
        update_rows([order], ["source_updated_at"])
    known.add([order])
    return Settled(Verdict.ACCEPTED, reason, order.public_id)


def _cancelled_already(change: Change, order: Order, known: KnownOrders, actor: Actor) -> Settled:
    said = change.canonical
    if said is None or said.payment.state == order.payment_state or change.is_older_than(order):
        return Settled(Verdict.DUPLICATE, verdict_reasons.CANCELLED_ALREADY, order.public_id)
    return _payment_follows(change, order, known, verdict_reasons.PAYMENT_FOLLOWS, actor)


def _payment_follows(change: Change, order: Order, known: KnownOrders, reason: str, actor: Actor) -> Settled:
    """Money may go back long after an order was cancelled; nothing else of it is new."""
    if change.canonical is None:
        return Settled(Verdict.DUPLICATE, reason, order.public_id)
    revised = revise_order(order.pk, change.canonical, actor=actor, bound=True)
    known.add([revised.order])
    return Settled(Verdict.ACCEPTED if revised.changed else Verdict.DUPLICATE, reason, order.public_id)


def _was_recorded(order: Order, kind: type[EventData]) -> bool:
    rows = Event.objects.filter(stream=order.public_id, name=kind.spec.name)
    return rows.filter(actor__startswith=BY_CONTRACT).exists()


def _is_refund(change: Change) -> bool:
    return change.canonical is not None and change.canonical.payment.state == PaymentState.REFUNDED


def _refunded(change: Change, order: Order, known: KnownOrders, actor: Actor) -> Settled:
    """The money went back after the parcel had arrived, and some shops call that cancelled: there is nothing to stop."""
    assert change.canonical is not None
    revised = revise_order(order.pk, change.canonical, actor=actor, bound=True)
    known.add([revised.order])
    verdict = Verdict.ACCEPTED if revised.changed else Verdict.DUPLICATE
    return Settled(
        verdict, verdict_reasons.REFUNDED if revised.changed else verdict_reasons.KNOWN_ALREADY, order.public_id
    )


def _update(change: Change, canonical: CanonicalOrder, order: Order, known: KnownOrders, actor: Actor) -> Settled:
    if is_stale(order, canonical):
        return Settled(Verdict.IGNORED, verdict_reasons.OLDER, order.public_id)
    newer = order.source_updated_at is None or (canonical.updated_at or canonical.placed_at) > order.source_updated_at
    if order.state == OrderState.CANCELLED or _called_off_there(order):
        if not newer or canonical.payment.state in NEVER_PAID:
            return _older(order)
        return _reopen(canonical, order, known, actor)
    whole = adapter_of(change.channel.kind).completes_whole
    canonical = without_own_shipments(order, _with_known_risk(order, canonical), whole=whole)
    lines, people = known.content(order)
    meanwhile = handled_meanwhile(order, lines, canonical)
    if meanwhile and is_revisable(order, lines, bound=known.is_bound(order)):
        meanwhile = []
    held = _follow_holds(change, meanwhile, order, actor)
    if says_the_same(order, lines, people, canonical):
        if not newer:
            return held or Settled(Verdict.DUPLICATE, verdict_reasons.KNOWN_ALREADY, order.public_id)
        order.source_updated_at = canonical.updated_at or canonical.placed_at
        update_rows([order], ["source_updated_at"])
        return held or Settled(Verdict.IGNORED, verdict_reasons.NOTHING_NEW, order.public_id)
    bound = known.is_bound(order)
    stopped = _stop_what_was_taken_off(order, lines, canonical, bound=bound, actor=actor)
    hand = in_hand(order.pk) if bound else UnitsInHand([], 0)
    revised = revise_order(order.pk, canonical, actor=actor, bound=bound, in_hand=hand.stuck, at_nodes=hand.at_nodes)
    known.add([revised.order])
    if not (revised.changed or stopped):
        return held or Settled(Verdict.IGNORED, verdict_reasons.NOTHING_NEW, order.public_id)
    return Settled(Verdict.ACCEPTED, _reason(revised), order.public_id)


def _with_known_risk(order: Order, canonical: CanonicalOrder) -> CanonicalOrder:
    """A message that says nothing of the risk does not take back what an assessment has said."""
    if "risk" in canonical.model_fields_set or order.risk_level == RiskLevel.NONE:
        return canonical
    return canonical.model_copy(update={"risk": Risk(level=RiskLevel(order.risk_level))})


def _reason(revised: Revised) -> str:
    if not revised.late:
        return verdict_reasons.UPDATED
    return verdict_reasons.UPDATED_LATE if revised.followed else verdict_reasons.CAME_LATE


def _stop_what_was_taken_off(
    order: Order, lines: Sequence[OrderLine], canonical: CanonicalOrder, *, bound: bool, actor: Actor
) -> bool:
    """Units the source asks for no more are stopped wherever they are; where every one is, a person decides."""
    if order.state not in BEFORE_LEAVING or is_revisable(order, lines, bound=bound):
        return False
    units = units_taken_off(lines, canonical)
    if not units:
        return False
    if sum(units.values()) < sum(line.open_quantity for line in lines):
        stop_units(order.pk, units=units, reason=Text("taken off by the channel"), actor=actor)
    else:
        place_hold(order.pk, reason=HoldReason.MANUAL, note=ALL_REPLACED, actor=actor)
    return True


def _called_off_there(order: Order) -> bool:
    """Whether it was the channel that cancelled what had not left; what was cancelled here, it goes on to show as open."""
    if order.rest_cancelled_at is None:
        return False
    return _was_recorded(order, events.OrderRestCancelled)


def _older(order: Order) -> Settled:
    return Settled(Verdict.DUPLICATE, verdict_reasons.CANCELLED_ALREADY, order.public_id)


def _reopen(canonical: CanonicalOrder, order: Order, known: KnownOrders, actor: Actor) -> Settled:
    """Cancelled here, open again there: nothing is shipped automatically, and a person is notified."""
    record(events.order_fact(order, events.OrderChangeCameLate(state=order.state)), actor=actor)
    known.add([revise_order(order.pk, canonical, actor=actor, bound=True).order])
    return Settled(Verdict.ACCEPTED, verdict_reasons.REOPENED, order.public_id)


def _follow_holds(change: Change, meanwhile: Sequence[HoldRequest], order: Order, actor: Actor) -> Settled | None:
    """What the contract asks to be held for now, and not longer than it asks for it. None where that changes nothing.

    Each with its note once: a hold that somebody here released is not placed again by the next message.
    """
    if order.state not in BEFORE_LEAVING:
        return None
    asked, known = change.holds, list(Hold.objects.filter(order=order))
    still = {hold.reason for hold in (*asked, *meanwhile)}
    unsaid = {(hold.reason, hold.note[:255]) for hold in change.unsaid}
    over = [
        one
        for one in known
        if one.released_at is None
        and one.while_asked
        and one.reason not in still
        and (one.reason, one.note) not in unsaid
    ]
    if over:
        release_holds(order, over, note=Text("the channel does not ask for it any more"), actor=actor)
    placed = {(one.reason, one.note) for one in known if not one.released_by.startswith(BY_CONTRACT)}
    wanted = [hold for hold in (*meanwhile, *asked) if (hold.reason, hold.note[:255]) not in placed]
    now = {
        place_hold(order.pk, reason=hold.reason, note=hold.note, while_asked=hold in asked, actor=actor).pk
        for hold in wanted
    }
    if now - {one.pk for one in known}:
        return Settled(Verdict.ACCEPTED, verdict_reasons.HELD, order.public_id)
    return Settled(Verdict.ACCEPTED, verdict_reasons.NO_LONGER_HELD, order.public_id) if over else None


def hold_for_unread(message: InboxMessage, order: Order | None, actor: Actor) -> str:
    """What can't be read may be a cancellation: the order waits for a person, or for the next message that can be read.
    The order's public id, if it is known."""
    if order is None:
        return ""
    known_at = order.source_updated_at
    older = known_at is not None and message.received_at + SKEW < known_at
    # Whoever uploads a file sees the result of its rows there and then.
    uploaded = message.headers.get("source") == "upload"
    if not (older or uploaded) and order.state in BEFORE_LEAVING and order.rest_cancelled_at is None:
        note = Text(
            "A later message of the channel about it can't be read ({message}); it may cancel or change it.",
            message=message.public_id,
        )
        if not Hold.objects.filter(order=order, note=note).exists():
            place_hold(order.pk, reason=HoldReason.MANUAL, note=note, while_asked=True, actor=actor)
    return order.public_id
