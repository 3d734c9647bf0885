"""Blocking an order, and letting it go on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from apps.core import clock
from apps.core.actor import Actor
from apps.core.outbox import record
from apps.core.transactions import service
from apps.orders import events, selectors
from apps.orders.errors import NoSuchHold, OrderEnded
from apps.orders.models import Hold, Order
from apps.orders.states import TERMINAL, OrderState

# Of these nothing is left that a hold could keep back.
ENDED = TERMINAL | {OrderState.SHIPPED}


@service
def place_hold(order_id: int, *, reason: str, note: str = "", while_asked: bool = False, actor: Actor) -> Hold:
    """Block the order. A second hold for the same reason is the first one. Raises OrderEnded, also where all has left.

    ``while_asked``: it goes when the channel's contract asks for it no more.
    """
    order = selectors.lock_order(order_id)
    standing = selectors.standing_holds(order_id).filter(reason=reason).first()
    if standing is not None:
        return standing
    if order.state in ENDED or order.rest_cancelled_at is not None:
        raise OrderEnded(state=order.state)
    return place_holds({order: [(reason, note)]}, while_asked=while_asked, actor=actor)[0]


def place_holds(
    findings: Mapping[Order, Sequence[tuple[str, str]]], *, while_asked: bool = False, actor: Actor
) -> list[Hold]:
    """Block many orders, each for its (reason, note) pairs; the caller has locked them and knows none stands yet."""
    holds = Hold.objects.bulk_create(
        Hold(order=order, reason=reason, note=note[:255], placed_by=str(actor), while_asked=while_asked)
        for order, pairs in findings.items()
        for reason, note in pairs
    )
    record(
        *[events.order_fact(hold.order, events.OrderHeld(reason=hold.reason, hold=hold.public_id)) for hold in holds],
        actor=actor,
    )
    return holds


@service
def release_hold(order_id: int, *, reason: str, note: str = "", actor: Actor) -> Order:
    """Take one hold away; with the last one gone the order goes on from where it stood."""
    order = selectors.lock_order(order_id)
    hold = selectors.standing_holds(order_id).filter(reason=reason).first()
    if hold is None:
        raise NoSuchHold(reason=reason)
    release_holds(order, [hold], note=note, actor=actor)
    return order


def release_holds(order: Order, holds: Sequence[Hold], *, note: str, actor: Actor) -> None:
    """Take these standing holds away; the caller has locked the order."""
    for hold in holds:
        hold.released_at, hold.released_by, hold.release_note = clock.now(), str(actor), note[:255]
    Hold.objects.bulk_update(holds, ["released_at", "released_by", "release_note"])
    facts = [events.order_fact(order, events.OrderHoldReleased(reason=one.reason, hold=one.public_id)) for one in holds]
    if holds and order.state not in ENDED and not selectors.standing_holds(order.pk).exists():
        facts.append(events.order_fact(order, events.OrderResumed(state=order.state)))
    record(*facts, actor=actor)


def end_holds(orders: Sequence[Order], *, why: str, actor: Actor) -> None:
    """Take away what still stands on orders that have ended; the caller has locked them."""
    by_order: dict[int, list[Hold]] = {}
    for hold in selectors.holds_standing_on([order.pk for order in orders]) if orders else ():
        by_order.setdefault(hold.order_id, []).append(hold)
    for order in orders:
        if order.pk in by_order:
            release_holds(order, by_order[order.pk], note=why, actor=actor)
