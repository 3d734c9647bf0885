"""From accepted to released: check, route, release."""

from __future__ import annotations

from collections.abc import Sequence

from apps.casework.services import Problem, clear_cases, open_cases
from apps.casework.states import SHORTAGES, CaseType
from apps.channels.selectors import checking_terms, routing_terms
from apps.core.actor import Actor
from apps.fulfillment.selectors import refusing_nodes
from apps.orchestration.step import Due
from apps.orders.checks import Finding
from apps.orders.models import Order
from apps.orders.selectors import held_order_ids, lock_orders, lock_orders_to_move
from apps.orders.services import mark_released, validate_orders
from apps.orders.services.validating import OWN_REASONS
from apps.orders.states import OrderState
from apps.routing.services import Routed, route_orders


def _actor(name: str) -> Actor:
    return Actor("step", name)


def validate_order(dues: Sequence[Due]) -> None:
    """Check the orders; each finding becomes a hold and a case, and a case whose finding has gone is closed."""
    actor = _actor("validate_order")
    orders = lock_orders(due.subject_id for due in dues)
    findings = validate_orders(list(orders.values()), terms=checking_terms(), actor=actor)
    open_cases([_finding(orders[pk], one) for pk, many in findings.items() for one in many], actor=actor)
    rechecked = {due.subject_id for due in dues if due.event != "order.accepted"}
    for pk in rechecked & findings.keys():
        gone = OWN_REASONS - {one.reason for one in findings[pk]}
        clear_cases([orders[pk].public_id], types=gone, resolution="the cause is gone", actor=actor)


def _finding(order: Order, finding: Finding) -> Problem:
    return Problem(
        type=finding.reason,
        subject_ref=order.public_id,
        sentence=finding.sentence,
        order_id=order.pk,
        stream=order.public_id,
        detail=finding.detail,
    )


def route_order(dues: Sequence[Due]) -> None:
    """Choose nodes for validated orders and reserve there; what could not be placed goes before a person."""
    actor = _actor("route_order")
    orders = [o for o in lock_orders(due.subject_id for due in dues).values() if o.state == OrderState.VALIDATED]
    held = held_order_ids([order.pk for order in orders])
    free = [order for order in orders if order.pk not in held]
    again = [due.subject_id for due in dues if due.event != "order.validated"]
    routed = route_orders(free, terms=routing_terms(), refused=refusing_nodes(again), actor=actor)
    problems = [problem for one in routed for problem in _shortage(one)]
    open_cases(problems, actor=actor)
    if again:
        _clear_shortages(routed, {problem.subject_ref for problem in problems}, set(again), actor)


def _clear_shortages(routed: Sequence[Routed], still_short: set[str], again: set[int], actor: Actor) -> None:
    found = [one.order.public_id for one in routed if one.order.pk in again and one.order.public_id not in still_short]
    clear_cases(found, types=SHORTAGES, resolution="stock was found", actor=actor)


_CASE_OF = {
    "unroutable": CaseType.NO_STOCK,
    "partial": CaseType.PARTIAL_ALLOCATION,
    "backordered": CaseType.BACKORDERED,
}


def _shortage(one: Routed) -> list[Problem]:
    if one.plan is None or one.plan.outcome not in _CASE_OF:
        return []
    return [
        Problem(
            type=_CASE_OF[one.plan.outcome],
            subject_ref=one.order.public_id,
            sentence=one.sentence,
            order_id=one.order.pk,
            stream=one.order.public_id,
            detail={"shortfalls": [short.to_json() for short in one.plan.shortfalls][:100]},
        )
    ]


def release_order(dues: Sequence[Due]) -> None:
    """Let routed orders go to their nodes, unless a hold was placed meanwhile."""
    locked = lock_orders_to_move(due.subject_id for due in dues)
    orders = [order for order in locked.values() if order.state == OrderState.ROUTED]
    held = held_order_ids([order.pk for order in orders])
    mark_released([order for order in orders if order.pk not in held], actor=_actor("release_order"))
