"""Every hold is somebody's work: a case stands as long as it does."""

from __future__ import annotations

from collections.abc import Sequence

from apps.casework.selectors import lock_standing_about
from apps.casework.services import Problem, clear_cases, open_cases
from apps.casework.states import CaseType, case_type_of_hold
from apps.core.actor import Actor
from apps.core.text import Text
from apps.orchestration.step import DueOf
from apps.orders.events import OrderHeld, OrderHoldReleased
from apps.orders.models import Hold, Order
from apps.orders.selectors import holds_standing_on, lock_orders


def settle_holds(dues: Sequence[DueOf[OrderHeld | OrderHoldReleased]], actor: Actor) -> None:
    """A hold that people or a contract placed has a case as a check's own has; one that is released leaves none."""
    orders = lock_orders(due.subject_id for due in dues)
    standing = holds_standing_on(orders)
    placed = {due.event.hold for due in dues if isinstance(due.event, OrderHeld)}
    fresh = [hold for hold in standing if hold.public_id in placed and (hold.by_people or hold.by_contract)]
    _open(fresh, orders, actor)
    held = {(hold.order_id, case_type_of_hold(hold.reason)) for hold in standing}
    for due in dues:
        kind = case_type_of_hold(due.event.reason)
        if isinstance(due.event, OrderHoldReleased) and (due.subject_id, kind) not in held:
            clear_cases([due.subject_ref], types=[kind], resolution=Text("its hold was released"), actor=actor)


def _open(holds: Sequence[Hold], orders: dict[int, Order], actor: Actor) -> None:
    """Where the check has found the same as the contract says, its case stands already and says it better."""
    if not holds:
        return
    problems = {hold.pk: _problem(orders[hold.order_id], hold) for hold in holds}
    there = lock_standing_about({(one.type, one.subject_ref) for one in problems.values()})
    known = {pk for pk, one in problems.items() if (one.type, one.subject_ref) in there}
    open_cases(
        [problems[hold.pk] for hold in holds if hold.by_people or hold.pk not in known],
        actor=actor,
    )


def _problem(order: Order, hold: Hold) -> Problem:
    kind = case_type_of_hold(hold.reason)
    by, _, name = hold.placed_by.partition(":")
    return Problem(
        type=kind,
        subject_ref=order.public_id,
        sentence=_sentence(hold),
        order_id=order.pk,
        stream=order.public_id,
        detail={"hold": hold.public_id},
        # Whoever holds an order manually knows what it waits for.
        owner_ref=name if by == "staff" and kind == CaseType.MANUAL else "",
    )


def _sentence(hold: Hold) -> str:
    if hold.by_contract and hold.note:
        return Text("On hold: {note}", note=hold.note)
    who = Text("by hand") if hold.by_people else Text("as the channel's contract says")
    if hold.reason != CaseType.MANUAL:
        who = Text("{who}, {reason}", who=who, reason=Text.lowered(hold.get_reason_display()))
    return Text("Held {who}: {note}", who=who, note=hold.note) if hold.note else Text("Held {who}.", who=who)
