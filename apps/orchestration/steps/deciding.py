"""From accepted to released: check, route, release."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from apps.casework.selectors import lock_standing_about, standing_of_orders
from apps.casework.services import Problem, clear_cases, open_cases
from apps.casework.states import SHORTAGES, CaseType
from apps.channels.selectors import checking_terms, routing_terms
from apps.core.actor import Actor
from apps.core.text import Text
from apps.fulfillment.selectors import refusing_nodes
from apps.orchestration.step import Due
from apps.orders.checks import Finding
from apps.orders.events import OrderAccepted, OrderValidated
from apps.orders.models import Order
from apps.orders.selectors import held_order_ids, holds_standing_on, lock_orders, lock_orders_to_move
from apps.orders.services import mark_released, validate_orders
from apps.orders.services.validating import OWN_REASONS
from apps.orders.states import OrderState
from apps.routing.demands import line_of, orders_with_placed_units
from apps.routing.services import Routed, route_orders

NO_OTHER_PLACE = Text("no other location has what could not be found; see the case about what is missing")


def validate_order(dues: Sequence[Due], actor: Actor) -> None:
    """Check the orders; each finding becomes a hold and a case, and a case whose finding has gone is closed."""
    orders = lock_orders(due.subject_id for due in dues)
    findings = validate_orders(list(orders.values()), terms=checking_terms(), actor=actor)
    open_cases([_finding(orders[pk], one) for pk, many in findings.items() for one in many], actor=actor)
    rechecked = {due.subject_id for due in dues if not isinstance(due.event, OrderAccepted)} & findings.keys()
    held = {(hold.order_id, hold.reason) for hold in holds_standing_on(rechecked)}
    for pk in rechecked:
        gone = OWN_REASONS - {one.reason for one in findings[pk]} - {reason for order, reason in held if order == pk}
        clear_cases([orders[pk].public_id], types=gone, resolution=Text("the cause is gone"), actor=actor)


def _finding(order: Order, finding: Finding) -> Problem:
    return Problem(
        type=finding.reason,
        subject_ref=order.public_id,
        sentence=finding.sentence,
        order_id=order.pk,
        stream=order.public_id,
        detail=finding.detail,
    )


def route_order(dues: Sequence[Due], actor: Actor) -> None:
    """Choose nodes for validated orders and reserve there; what could not be placed goes before a person."""
    orders = [o for o in lock_orders(due.subject_id for due in dues).values() if o.state == OrderState.VALIDATED]
    held = held_order_ids([order.pk for order in orders])
    free = [order for order in orders if order.pk not in held]
    again = {due.subject_id for due in dues if not isinstance(due.event, OrderValidated)}
    routed = route_orders(free, terms=routing_terms(), refused=refusing_nodes(again), actor=actor)
    partly = orders_with_placed_units([one.order.pk for one in routed if one.order.pk in again and _unroutable(one)])
    problems = [problem for one in routed for problem in _shortage(one, partly)]
    if again:
        _close_outdated([problem for problem in problems if problem.order_id in again], actor)
    open_cases(problems, actor=actor)
    if again:
        _clear_shortages(routed, {problem.subject_ref for problem in problems}, again, actor)


# One lack, one case: what it was called before closes, and says what the lack has become.
_BECAME: dict[str, tuple[tuple[str, ...], str]] = {
    CaseType.NO_STOCK: (
        (CaseType.PARTIAL_ALLOCATION,),
        Text("no line of the order has a location any more; see its no-stock case"),
    ),
    CaseType.PARTIAL_ALLOCATION: (
        (CaseType.NO_STOCK,),
        Text("part of the order has a location now; see the case about the rest"),
    ),
    CaseType.BACKORDERED: ((CaseType.NO_STOCK, CaseType.PARTIAL_ALLOCATION), Text("what was missing was backordered")),
}


def _close_outdated(problems: Sequence[Problem], actor: Actor) -> None:
    picks = _short_picks_without_place(problems)
    # All that stands about these orders at once, in pk order; what follows locks nothing new.
    lock_standing_about(
        {(kind, problem.subject_ref) for problem in problems for kind in SHORTAGES}
        | {(CaseType.SHORT_PICK, pick) for pick in picks}
    )
    clear_cases(picks, types=[CaseType.SHORT_PICK], resolution=NO_OTHER_PLACE, actor=actor)
    for kind, (before, became) in _BECAME.items():
        refs = {problem.subject_ref for problem in problems if problem.type == kind}
        clear_cases(refs, types=before, resolution=became, actor=actor)


def _short_picks_without_place(problems: Sequence[Problem]) -> set[str]:
    """What short picks are about (fulfillment orders' ids) whose units all are among what has no place now."""
    lacking = {problem.order_id: _lines_lacking(problem) for problem in problems if problem.order_id is not None}
    cases = standing_of_orders(lacking, CaseType.SHORT_PICK)
    missing = {case.subject_ref: (case.order_id, set(case.detail.get("missing", ()))) for case in cases}
    return {ref for ref, (order, lines) in missing.items() if order and lines and lines <= lacking[order]}


def _lines_lacking(problem: Problem) -> set[str]:
    """Without those that only wait for another line."""
    return {str(line_of(short["line_ref"])) for short in problem.detail["shortfalls"] if short["code"] != "held"}


def _clear_shortages(routed: Sequence[Routed], still_short: set[str], again: set[int], actor: Actor) -> None:
    found = [one.order.public_id for one in routed if one.order.pk in again and one.order.public_id not in still_short]
    clear_cases(found, types=SHORTAGES, resolution=Text("stock was found"), actor=actor)


_CASE_OF = {
    "unroutable": CaseType.NO_STOCK,
    "partial": CaseType.PARTIAL_ALLOCATION,
    "backordered": CaseType.BACKORDERED,
}


def _unroutable(one: Routed) -> bool:
    return one.plan is not None and one.plan.outcome == "unroutable"


def _shortage(one: Routed, partly: Collection[int]) -> list[Problem]:
    """``partly``: pks of orders of which another part has its place already, whatever became of this one."""
    if one.plan is None or one.plan.outcome not in _CASE_OF:
        return []
    return [
        Problem(
            type=CaseType.PARTIAL_ALLOCATION if one.order.pk in partly else _CASE_OF[one.plan.outcome],
            subject_ref=one.order.public_id,
            sentence=one.sentence,
            order_id=one.order.pk,
            stream=one.order.public_id,
            detail={"shortfalls": [short.to_json() for short in one.plan.shortfalls][:100]},
        )
    ]


def release_order(dues: Sequence[Due], actor: Actor) -> None:
    """Let routed orders go to their nodes, unless a hold was placed meanwhile."""
    locked = lock_orders_to_move(due.subject_id for due in dues)
    orders = [order for order in locked.values() if order.state == OrderState.ROUTED]
    held = held_order_ids([order.pk for order in orders])
    mark_released([order for order in orders if order.pk not in held], actor=actor)
