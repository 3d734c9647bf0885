"""Choosing nodes and reserving there, in one transaction, with the reason kept."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import F

from apps.core.actor import Actor
from apps.core.outbox import record
from apps.core.transactions import atomic_unless_buffered
from apps.inventory.services import Claim, claim_stock
from apps.network import selectors as network
from apps.network.models import NodeDay
from apps.orders import events as order_events
from apps.orders.models import Order
from apps.orders.selectors import ship_to
from apps.orders.services import mark_routed
from apps.routing.models import RoutingDecision
from apps.routing.planner import explain
from apps.routing.planner.results import Plan
from apps.routing.services.instructing import carried_out
from apps.routing.services.planning import PlanningRequest, answer, questions
from apps.routing.services.saving import keep_snapshot, store_decisions
from apps.routing.situation import Situation, survey
from apps.routing.terms import RoutingTerms

ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Routed:
    """What became of one order; ``plan`` None where nothing of it has to be shipped."""

    order: Order
    plan: Plan | None
    sentence: str


@atomic_unless_buffered
def route_orders(
    orders: Sequence[Order],
    *,
    terms: Mapping[str, RoutingTerms],
    refused: Mapping[int, Collection[str]],
    actor: Actor,
) -> list[Routed]:
    """Decide for each validated order where its uncovered lines come from, and claim them there.

    The caller has locked the orders. Losing the race for the last unit means planning again on what is left. Orders for
    which something was claimed become routed; the others keep their state, and a case says why. Raises NoPolicy.
    """
    asked, situation = questions(orders)
    contacts = ship_to([order.pk for order in orders])
    waiting = [one for one in asked if one.parts]
    for _ in range(ROUNDS):
        for one in waiting:
            answer(one, situation, contacts[one.order.pk], terms, refused)
            for claim in _claims(one, situation):
                situation.take(claim.level_id, claim.quantity)
        lost = _claim(waiting, situation, actor)
        if not lost:
            break
        # The levels lost at are locked by us now, so the next look at them is the truth until we commit.
        situation = survey(
            {part.line.sku_id for one in asked for part in one.parts if part.line.sku_id}, at=situation.at
        )
        waiting = lost
    else:
        raise RuntimeError("routing kept losing the race for stock; the step will run again")
    return _conclude(asked, actor)


def _claims(one: PlanningRequest, situation: Situation) -> list[Claim]:
    assert one.answer is not None
    parts, nodes = {part.ref: part for part in one.parts}, situation.pk_of_code
    claims: dict[tuple[str, str], Claim] = {}
    for assignment in one.answer.assignments:
        part, key = parts[assignment.line_ref], (assignment.line_ref, assignment.site)
        before = claims.get(key)
        claims[key] = Claim(
            order_id=one.order.pk,
            order_line_id=part.line.pk,
            level_id=situation.levels[nodes[assignment.site]][part.sku.pk].pk,
            quantity=assignment.quantity + (before.quantity if before else 0),
            reference=one.order.public_id,
            backorder=assignment.backordered or bool(before and before.backorder),
            counted=part.sku.tracked,
        )
    return list(claims.values())


def _claim(waiting: Sequence[PlanningRequest], situation: Situation, actor: Actor) -> list[PlanningRequest]:
    """Claim what was planned; returns the orders that came too late, for stock or for a node's last place today."""
    full = _take_capacity(waiting, situation)
    claims = [claim for one in waiting if one.order.pk not in full for claim in _claims(one, situation)]
    lost = set(claim_stock(claims, actor=actor).lost) | full
    _count_capacity([one for one in waiting if one.order.pk not in lost], situation)
    return [one for one in waiting if one.order.pk in lost]


def _capped(one: PlanningRequest, situation: Situation) -> list[int]:
    assert one.answer is not None
    pks = sorted({situation.pk_of_code[code] for code in one.answer.sites})
    return [pk for pk in pks if situation.nodes[pk].capacity_per_day is not None]


def _take_capacity(waiting: Sequence[PlanningRequest], situation: Situation) -> set[int]:
    wanted = {one.order.pk: _capped(one, situation) for one in waiting}
    counters = network.assigned_on(situation.at.date(), {pk for many in wanted.values() for pk in many}, lock=True)
    full: set[int] = set()
    for order_id, nodes in wanted.items():
        if any(counters.get(pk, 0) >= (situation.nodes[pk].capacity_per_day or 0) for pk in nodes):
            full.add(order_id)
            continue
        for pk in nodes:
            counters[pk] = counters.get(pk, 0) + 1
    situation.assigned.update(counters)
    return full


def _count_capacity(granted: Sequence[PlanningRequest], situation: Situation) -> None:
    counts: dict[int, int] = {}
    for one in granted:
        for pk in _capped(one, situation):
            counts[pk] = counts.get(pk, 0) + 1
    for pk in sorted(counts):
        NodeDay.objects.filter(node_id=pk, day=situation.at.date()).update(assigned=F("assigned") + counts[pk])


def _conclude(asked: Sequence[PlanningRequest], actor: Actor) -> list[Routed]:
    network = keep_snapshot([site for one in asked for site in one.sites])
    decisions = {one.order.pk: _decision(one, network, actor) for one in asked if one.answer is not None}
    store_decisions(list(decisions.values()))
    carried_out([one.order.pk for one in asked if one.instructed and not (one.answer and one.answer.shortfalls)])
    placed = [one.order for one in asked if one.answer is None or one.answer.assignments]
    short = {one.order.pk: decisions[one.order.pk].public_id for one in asked if one.answer and one.answer.shortfalls}
    mark_routed(placed, partly=short, actor=actor)
    stuck = [one.order for one in asked if one.answer is not None and not one.answer.assignments]
    record(
        *[
            order_events.order_fact(order, order_events.OrderUnroutable(decision=decisions[order.pk].public_id))
            for order in stuck
        ],
        actor=actor,
    )
    return [
        Routed(one.order, one.answer, decisions[one.order.pk].sentence if one.answer else "Nothing has to be shipped.")
        for one in asked
    ]


def _decision(one: PlanningRequest, network: str, actor: Actor) -> RoutingDecision:
    assert one.answer is not None
    assert one.demand is not None
    return RoutingDecision(
        order=one.order,
        policy=one.policy,
        outcome=one.answer.outcome,
        reroute=any(line.excluded_nodes for line in one.demand.lines),
        network_id=network,
        question={
            "demand": one.demand,
            "stock": {site.code: site.stock for site in one.sites},
            "capacity": {site.code: site.capacity_left for site in one.sites if site.capacity_left is not None},
            **({"instructed": one.instruction.rules} if one.instruction.rules else {}),
        },
        plan=one.answer.to_store(),
        sentence=explain(one.answer, one.demand),
        cost_minor=one.answer.cost_minor,
        currency=one.answer.cost_currency,
        actor=str(actor),
    )
