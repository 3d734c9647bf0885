"""Keeping the clocks of orders and fulfillment orders in step with their events.

A clock is started by what the row looks like now and stopped by events, so that events may come twice, late or in any
order. Where a stop overtakes its start, the event log sets it right when the clock is due.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from apps.core.actor import Actor
from apps.core.event_types import EventData
from apps.fulfillment.events import (
    FulfillmentPicked,
    FulfillmentRejected,
    FulfillmentRequested,
    FulfillmentShortPicked,
)
from apps.orders.events import OrderAccepted, OrderAmended, OrderHeld, OrderResumed, OrderRevised
from apps.orders.selectors import held_order_ids
from apps.orders.states import OrderState
from apps.sla.active_policy import ActivePolicy, book_in_force
from apps.sla.endings import ENDS, NODE_HAS_IT, VOIDING
from apps.sla.facts import Facts, fulfillment_facts, order_facts
from apps.sla.services.recalculating import settle_orders
from apps.sla.services.retiming import retime_orders
from apps.sla.services.starting import Start, start_timers
from apps.sla.services.stopping import Stop, stop_timers
from apps.sla.stages import STAGES, Of, Stage

# The states of a subject in which a stage is not over yet.
_OPEN_IN: dict[str, frozenset[str]] = {
    Stage.RESPONSE: frozenset({OrderState.RECEIVED, OrderState.VALIDATED}),
    Stage.ROUTING: frozenset({OrderState.RECEIVED, OrderState.VALIDATED, OrderState.ROUTED}),
    Stage.DELIVERY: frozenset(set(OrderState) - {OrderState.DELIVERED, OrderState.CANCELLED}),
    Stage.PARTNER_ACK: frozenset({"open"}),
    Stage.PICK_START: frozenset({"open", "accepted"}),
    Stage.PACK: frozenset({"picked"}),
    Stage.SHIP: frozenset({"open", "accepted", "picked", "packed"}),
}
_GIVEN_BACK = (FulfillmentRejected, FulfillmentShortPicked)
_HOLDING = (OrderHeld, OrderResumed)
_CHANGING = (OrderRevised, OrderAmended)


def _ended_by() -> dict[type[EventData], list[tuple[str, Of, bool]]]:
    """Which stages each event ends, of what they are stages, and whether it makes their clocks pointless."""
    found: dict[type[EventData], list[tuple[str, Of, bool]]] = {}
    for stage, about in STAGES.items():
        voiding = {kind for kind in VOIDING if kind.spec.family == about.of}
        for kind in ENDS[stage] | voiding:
            # A partner that refuses has answered.
            void = kind in voiding and not (stage == Stage.PARTNER_ACK and kind is FulfillmentRejected)
            found.setdefault(kind, []).append((stage, about.of, void))
    return found


_ENDED_BY = _ended_by()


@dataclass(frozen=True, slots=True)
class News:
    """What happened, to which subject, when."""

    event: EventData
    subject_id: int
    at: datetime

    @property
    def complete(self) -> bool:
        """Not so where it happened to one parcel of several."""
        return bool(getattr(self.event, "complete", True))


def keep_orders(news: Sequence[News], *, actor: Actor) -> None:
    """Start, stop, pause and re-time the clocks of orders."""
    book = book_in_force()
    accepted = {one.subject_id: one for one in news if isinstance(one.event, OrderAccepted)}
    facts = order_facts(accepted, book)
    start_timers(list(_order_starts(accepted, facts, book)), book)
    stop_timers([stop for one in news for stop in _order_stops(one)], actor=actor)
    holding = {one.subject_id for one in news if isinstance(one.event, _HOLDING)}
    if holding:
        settle_orders(list(holding), book)
    changing = {one.subject_id for one in news if isinstance(one.event, _CHANGING)}
    if changing:
        retime_orders(changing, book)


def _order_starts(accepted: Mapping[int, News], facts: Mapping[int, Facts], book: ActivePolicy) -> Iterator[Start]:
    stuck = [pk for pk, one in facts.items() if one.state in _OPEN_IN[Stage.RESPONSE]]
    held = held_order_ids(stuck) if stuck else set()
    for pk, one in facts.items():
        if one.state == OrderState.CANCELLED:
            continue
        began = accepted[pk].at
        if pk not in held:
            # A held order has had its first decision: a person is to look at it.
            yield _start(Stage.RESPONSE, one, began)
        yield _start(Stage.ROUTING, one, began)
        yield _start(Stage.DELIVERY, one, began)


def _start(stage: str, facts: Facts, at: datetime) -> Start:
    return Start(stage, facts, at, over=facts.state not in _OPEN_IN[stage])


def _order_stops(news: News) -> Iterator[Stop]:
    for stage, _, void in _ENDED_BY.get(type(news.event), ()):
        yield Stop(stage, news.subject_id, news.at, void)


def keep_fulfillment(news: Sequence[News], *, actor: Actor) -> None:
    """Start and stop the clocks of fulfillment orders, and stop those of their orders that were waiting for a node."""
    book = book_in_force()
    facts = fulfillment_facts({one.subject_id for one in news}, book)
    known = [(one, facts[one.subject_id]) for one in news if one.subject_id in facts]
    start_timers([start for one, of in known for start in _fulfillment_starts(one, of)], book)
    start_timers(list(_rerouted(known, book)), book)
    stop_timers([stop for one, of in known for stop in _fulfillment_stops(one, of)], actor=actor)


def _rerouted(known: Sequence[tuple[News, Facts]], book: ActivePolicy) -> Iterator[Start]:
    """A node gave it back, or a part of it: the order waits for another one, as long as it may wait for the first."""
    back = [(one, of.order_id) for one, of in known if isinstance(one.event, _GIVEN_BACK) and of.order_id is not None]
    orders = order_facts({order_id for _, order_id in back}, book) if back else {}
    for one, order_id in back:
        order = orders[order_id]
        if order.state != OrderState.CANCELLED:
            # Still in the state it was in when it was given back: nobody has begun to look for another node.
            over = order.state not in _OPEN_IN[Stage.ROUTING] and order.entered_at >= one.at
            yield Start(Stage.ROUTING, order, one.at, over=over, occasion=one.subject_id)


def _fulfillment_starts(news: News, facts: Facts) -> Iterator[Start]:
    if facts.state in ("cancelled", "rejected") or facts.waits:
        return
    outside = facts.place is not None and facts.place.outside
    if isinstance(news.event, NODE_HAS_IT):
        if isinstance(news.event, FulfillmentRequested):
            yield _start(Stage.PARTNER_ACK, facts, news.at)
        if not outside:
            yield _start(Stage.PICK_START, facts, news.at)
        yield _start(Stage.SHIP, facts, news.at)
    elif isinstance(news.event, FulfillmentPicked) and not outside:
        yield _start(Stage.PACK, facts, news.at)


def _fulfillment_stops(news: News, facts: Facts) -> Iterator[Stop]:
    if not news.complete:
        return
    for stage, of, void in _ENDED_BY.get(type(news.event), ()):
        if of is Of.FULFILLMENT:
            yield Stop(stage, news.subject_id, news.at, void)
        elif facts.order_id is not None:
            yield Stop(stage, facts.order_id, news.at, void)
