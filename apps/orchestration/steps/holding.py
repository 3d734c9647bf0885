"""Holds that people placed: a person at the console, or a caller of the API."""

from __future__ import annotations

from collections.abc import Sequence

from apps.casework.services import Problem, clear_cases, open_cases
from apps.core.actor import Actor
from apps.orchestration.step import Due
from apps.orders.models import Hold, Order
from apps.orders.selectors import holds_standing_on, lock_orders
from apps.orders.services.validating import OWN_REASONS


def settle_holds(dues: Sequence[Due]) -> None:
    """Such a hold has a case as a check's own has, by whose limits it is released; one that is released leaves none."""
    actor = Actor("step", "settle_holds")
    orders = lock_orders(due.subject_id for due in dues)
    standing = [hold for hold in holds_standing_on(orders) if hold.reason in OWN_REASONS]
    placed = {due.data["hold"] for due in dues if due.event == "order.held"}
    fresh = [hold for hold in standing if hold.public_id in placed and hold.by_people]
    open_cases([_problem(orders[hold.order_id], hold) for hold in fresh], actor=actor)
    held = {(hold.order_id, hold.reason) for hold in standing}
    for due in dues:
        reason = due.data["reason"]
        if due.event == "order.hold_released" and reason in OWN_REASONS and (due.subject_id, reason) not in held:
            clear_cases([due.subject_ref], types=[reason], resolution="its hold was released", actor=actor)


def _problem(order: Order, hold: Hold) -> Problem:
    said = f": {hold.note}" if hold.note else "."
    return Problem(
        type=hold.reason,
        subject_ref=order.public_id,
        sentence=f"Held by hand, {hold.get_reason_display().lower()}{said}"[:500],
        order_id=order.pk,
        stream=order.public_id,
        detail={"hold": hold.public_id},
    )
