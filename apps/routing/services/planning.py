"""From orders to the planner's questions and answers; nothing is claimed or written here."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from apps.core import clock
from apps.network import selectors as network
from apps.orders.addresses import label_country, post_code
from apps.orders.models import Order, OrderContact
from apps.orders.selectors import lines_by_order
from apps.routing.demands import Part, covered_units, demand_of, uncovered_parts
from apps.routing.models import RoutingPolicyVersion
from apps.routing.planner import plan
from apps.routing.planner.problem import Demand, Site
from apps.routing.planner.results import Plan
from apps.routing.selectors import ActivePolicies, instructions_for
from apps.routing.situation import SMALL_NETWORK, Situation, survey
from apps.routing.terms import NONE, Instruction, RoutingTerms


@dataclass(slots=True)
class PlanningRequest:
    """One order's question and, once planned, its answer."""

    order: Order
    parts: list[Part]
    policy: RoutingPolicyVersion
    instruction: Instruction = NONE
    demand: Demand | None = None
    sites: list[Site] = field(default_factory=list)
    answer: Plan | None = None

    @property
    def instructed(self) -> bool:
        return self.instruction is not NONE


def questions(
    orders: Sequence[Order], *, freed: Mapping[tuple[int, int], int] | None = None
) -> tuple[list[PlanningRequest], Situation]:
    """What of these orders still has to be found somewhere, and the world it has to be found in.

    ``freed``: claimed units to look at as if they were given up, by (order line pk, SKU pk).
    """
    ids = [order.pk for order in orders]
    lines, policies = lines_by_order(ids), ActivePolicies()
    situation = survey({line.sku_id for many in lines.values() for line in many if line.sku_id}, at=clock.now())
    covered, instructions = covered_units(ids), instructions_for(ids)
    for key, units in (freed or {}).items():
        covered[key] = covered.get(key, 0) - units
    return [
        PlanningRequest(
            order,
            uncovered_parts(lines[order.pk], situation, covered),
            policies.for_channel(order.channel),
            instructions.get(order.pk, NONE),
        )
        for order in sorted(orders, key=lambda order: order.pk)
    ], situation


def answer(
    one: PlanningRequest,
    situation: Situation,
    contact: OrderContact,
    terms: Mapping[str, RoutingTerms],
    refused: Mapping[int, Collection[str]],
    *,
    compare: bool = True,
) -> Plan:
    """Plan one order under its instruction; the question and the answer are kept in ``one``."""
    place = (label_country(contact.country), post_code(contact.country, contact.postal_code))
    skus = {part.sku.pk: part.sku for part in one.parts}
    one.demand = demand_of(
        one.order,
        one.parts,
        contact=contact,
        at_place=network.coordinates([place])[place],
        terms=terms.get(one.order.channel, RoutingTerms()),
        refused=refused,
        instruction=one.instruction,
        nodes=situation.nodes.values(),
        situation=situation,
    )
    one.sites = situation.sites_for(skus, stock_nodes_only=len(situation.nodes) > SMALL_NETWORK)
    one.answer = plan(one.demand, one.sites, one.instruction.over(one.policy.rules), compare=compare)
    return one.answer
