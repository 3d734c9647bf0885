"""What the system does about trouble automatically, and how it puts the rest before people."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from apps.casework.models import ExceptionCase
from apps.casework.selectors import lock_standing_about, waiting_for_stock
from apps.casework.services import Problem, clear_cases, open_cases, resume_cases
from apps.casework.states import STANDING, CaseType
from apps.core.actor import Actor
from apps.core.event_types import EventData
from apps.core.outbox import record
from apps.core.text import Text
from apps.fulfillment.events import (
    FulfillmentCancelRefused,
    FulfillmentOutcomeUnknown,
    FulfillmentUndeliverable,
    FulfillmentUnitsUnwanted,
    FulfillmentUnpacked,
)
from apps.fulfillment.selectors import claims_in_hand
from apps.fulfillment.services import wake_waiting
from apps.inventory.events import StockDoubted, StockFreed
from apps.inventory.models import StockLevel
from apps.inventory.selectors import lock_levels
from apps.inventory.services import cover_first, fill_backorders
from apps.network.models import Node
from apps.orchestration import housekeeping
from apps.orchestration.step import Due, DueOf
from apps.orchestration.steps.order_changes import late_change
from apps.orders.events import (
    OrderCancelCameLate,
    OrderChangeCameLate,
    OrderRestCancelled,
    OrderRoutingResumed,
    order_fact,
)
from apps.orders.models import Order
from apps.orders.selectors import lock_orders
from apps.orders.services import unroute_orders
from apps.orders.states import HoldReason, OrderState

MOST_WOKEN = 200


def retry_waiting_orders(dues: Sequence[DueOf[StockFreed]], actor: Actor) -> None:
    """Stock became free: bind it to backorders first come first served, then reroute what waits for these SKUs."""
    wake_waiting(fill_backorders({due.subject_id for due in dues}), actor=actor)
    levels = StockLevel.objects.in_bulk({due.subject_id for due in dues})
    # What came may all have gone to backorders; then nobody else is asked to try again for nothing.
    skus = {level.sku_id for level in levels.values() if level.reservable != 0}
    short = ExceptionCase.objects.filter(
        type__in=[CaseType.NO_STOCK, CaseType.PARTIAL_ALLOCATION], state__in=STANDING, order__lines__sku_id__in=skus
    )
    waiting = list(short.order_by("order_id").values_list("order_id", flat=True).distinct()[:MOST_WOKEN])
    orders = lock_orders(pk for pk in waiting if pk is not None).values()
    still = [order for order in orders if order.state == OrderState.VALIDATED]
    record(*[order_fact(order, OrderRoutingResumed()) for order in still], actor=actor)
    partly = [order for order in orders if order.state in (OrderState.ROUTED, OrderState.RELEASED)]
    unroute_orders(partly, actor=actor)
    resume_cases(waiting_for_stock(skus), actor=actor)


def report_oversold(dues: Sequence[Due], actor: Actor) -> None:
    """There is less than was promised: a case names the SKU, the node, and how many are short.

    What is picked exists, whatever the count says: it keeps its stock before what nobody has in hand.
    """
    pks = {due.subject_id for due in dues}
    cover_first(pks, claims_in_hand(pks))
    levels = StockLevel.objects.select_related("node", "sku").in_bulk(pks)
    problems = [
        Problem(
            type=CaseType.OVERSOLD,
            subject_ref=f"level:{pk}",
            sentence=Text(
                "{name} has {count} of {sku} but promised {promised}.",
                name=level.node.name,
                count=level.on_hand,
                sku=level.sku.code,
                promised=level.reserved,
            ),
            detail={"node": level.node.code, "sku": level.sku.code, "short": level.reserved - level.on_hand},
            node=level.node.code,
            value_minor=(level.reserved - level.on_hand) * (level.sku.price_minor or 0),
            currency=level.sku.currency,
        )
        for pk, level in levels.items()
        if level.reserved > level.on_hand
    ]
    open_cases(problems, actor=actor)


def settle_doubts(dues: Sequence[Due], actor: Actor) -> None:
    """One case stands for each level in doubt, and none for any other: who ends the doubt, ends the case."""
    refs = {due.subject_id: f"level:{due.subject_id}" for due in dues}
    # The cases first, then the levels: whoever counts at this moment is waited for, and found to have counted.
    lock_standing_about({(CaseType.STOCK_DISCREPANCY, ref) for ref in refs.values()})
    doubted = {pk for pk, level in lock_levels(refs).items() if level.doubted_at is not None}
    found = {due.subject_id: due.event.found for due in dues if isinstance(due.event, StockDoubted)}
    levels = StockLevel.objects.select_related("node", "sku").in_bulk(found.keys() & doubted)
    open_cases([_discrepancy(level, found[pk]) for pk, level in levels.items()], actor=actor)
    counted = {ref for pk, ref in refs.items() if pk not in doubted}
    clear_cases(counted, types=[CaseType.STOCK_DISCREPANCY], resolution=Text("it was counted"), actor=actor)


def _discrepancy(level: StockLevel, found: int) -> Problem:
    shown = max(level.on_hand - level.reserved, 0)
    return Problem(
        type=CaseType.STOCK_DISCREPANCY,
        subject_ref=f"level:{level.pk}",
        sentence=_left_uncounted(level, found) if found else _not_there(level, shown),
        detail={"node": level.node.code, "sku": level.sku.code, "shown": shown},
        node=level.node.code,
        value_minor=shown * (level.sku.price_minor or 0),
        currency=level.sku.currency,
    )


def _not_there(level: StockLevel, shown: int) -> Text:
    return Text.counted(
        "{name} says its {sku} is not there; {count} more is shown. It gets no orders for it until it is counted.",
        "{name} says its {sku} is not there; {count} more are shown. It gets no orders for it until it is counted.",
        shown,
        name=level.node.name,
        sku=level.sku.code,
    )


def _left_uncounted(level: StockLevel, found: int) -> Text:
    return Text.counted(
        "{name} shipped {count} more of {sku} than was counted. It gets no orders for it until it is counted.",
        "{name} shipped {count} more of {sku} than were counted. It gets no orders for it until it is counted.",
        found,
        name=level.node.name,
        sku=level.sku.code,
    )


def _late_cancel(due: DueOf[OrderCancelCameLate], order: Order) -> Problem:
    arrived = due.event.state == OrderState.DELIVERED
    sentence = (
        Text("Cancelled by the channel after it was delivered; agree on a return, or say that nothing is left to do.")
        if arrived
        else Text("The customer cancelled after goods had left; intercept the parcel or agree on a return.")
    )
    return _problem(CaseType.CANCEL_AFTER_SHIP, due, order, sentence, order.public_id)


def _rest_cancelled(due: DueOf[OrderRestCancelled], order: Order) -> Problem:
    units = due.event.left
    sentence = Text(
        "Cancelled when part of it had left; the rest is stopped. Intercept the parcel or agree on a return."
    )
    if units:
        sentence = Text.counted(
            "Cancelled when {count} unit had left; the rest is stopped. Intercept the parcel or agree on a return.",
            "Cancelled when {count} units had left; the rest is stopped. Intercept the parcel or agree on a return.",
            units,
        )
    return Problem(
        type=CaseType.CANCEL_AFTER_SHIP,
        subject_ref=order.public_id,
        sentence=sentence,
        order_id=order.pk,
        stream=due.stream,
        detail={"left": units},
        # Of a set that has left in part nobody knows what the part is worth.
        value_minor=due.event.left_minor or None,
    )


def _unpacked(due: Due, order: Order) -> Problem:
    node = _node(due)
    sentence = Text(
        "{name} had packed units that were taken off the order; have them taken out of the parcel, then release the hold.",
        name=node.name,
    )
    return _problem(HoldReason.MANUAL, due, order, sentence, order.public_id, node.code)


def _units_unwanted(due: DueOf[FulfillmentUnitsUnwanted], order: Order) -> Problem:
    node, units = _node(due), due.event.units
    sentence = Text.counted(
        "{name} has {count} unit that was taken off the order, and more of it that is wanted; "
        "call them before it ships, or send the rest from another location.",
        "{name} has {count} units that were taken off the order, and more of it that is wanted; "
        "call them before it ships, or send the rest from another location.",
        units,
        name=node.name,
    )
    return _problem(CaseType.CHANGED_AFTER_RELEASE, due, order, sentence, due.subject_ref, node.code)


def _undeliverable(due: DueOf[FulfillmentUndeliverable], order: Order) -> Problem:
    sentence = Text("The carrier gave up: {reason}.", reason=Text.lowered(due.event.reason))
    return _problem(CaseType.UNDELIVERABLE, due, order, sentence, due.subject_ref, _node(due).code)


# Why a partner's parcel can't be stopped, as ``FulfillmentCancelRefused`` has it.
_REFUSALS = {
    "already_shipped": Text("it has shipped already"),
    "takes_no_cancellations": Text("it takes no cancellations"),
    "nobody_knows_whether_they_have_it": Text("nobody knows whether they have it"),
}


def _cancel_refused(due: DueOf[FulfillmentCancelRefused], order: Order) -> Problem:
    node = _node(due)
    why = _REFUSALS.get(due.event.reason) or due.event.reason or Text("no reason given")
    sentence = Text(
        "{name} would not stop ({why}); intercept the parcel or agree on a return.", name=node.name, why=why
    )
    return _problem(CaseType.CANCEL_AFTER_SHIP, due, order, sentence, due.subject_ref, node.code)


def _outcome_unknown(due: Due, order: Order) -> Problem:
    node = _node(due)
    sentence = Text(
        "We can't find out whether {name} received the order; ask them. Nothing is sent again by itself.",
        name=node.name,
    )
    return _problem(CaseType.OUTCOME_UNKNOWN, due, order, sentence, due.subject_ref, node.code)


def _problem(kind: str, due: Due, order: Order, sentence: str, subject_ref: str, node: str = "") -> Problem:
    return Problem(
        type=kind,
        subject_ref=subject_ref,
        sentence=sentence,
        order_id=order.pk,
        stream=due.stream,
        detail=due.event.to_json(),
        node=node,
    )


def _node(due: Due) -> Node:
    """The node of the fulfillment order the event is about."""
    return Node.objects.only("code", "name").get(fulfillment_orders__pk=due.subject_id)


_PROBLEMS: dict[type[EventData], Callable[[DueOf[Any], Order], Problem]] = {
    OrderChangeCameLate: late_change,
    OrderCancelCameLate: _late_cancel,
    OrderRestCancelled: _rest_cancelled,
    FulfillmentUnpacked: _unpacked,
    FulfillmentUnitsUnwanted: _units_unwanted,
    FulfillmentUndeliverable: _undeliverable,
    FulfillmentCancelRefused: _cancel_refused,
    FulfillmentOutcomeUnknown: _outcome_unknown,
}


def report_problem(dues: Sequence[Due], actor: Actor) -> None:
    """Put before a person what the system can't correct automatically."""
    orders = {order.public_id: order for order in Order.objects.filter(public_id__among={due.stream for due in dues})}
    problems = [_PROBLEMS[type(due.event)](due, orders[due.stream]) for due in dues if due.stream in orders]
    open_cases(problems, actor=actor)


def return_canary(dues: Sequence[Due], actor: Actor) -> None:
    """The canary went the whole way: event, run, worker, database."""
    housekeeping.note_canary()
