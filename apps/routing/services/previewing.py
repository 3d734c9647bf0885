"""What routing would decide for one order under this instruction or that. Reads only."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from apps.orders.models import Order, OrderContact
from apps.routing.planner import plan
from apps.routing.planner.results import Plan
from apps.routing.services.planning import PlanningRequest, answer, questions
from apps.routing.situation import Situation
from apps.routing.terms import Instruction, RoutingTerms


@dataclass(frozen=True, slots=True)
class PlanningInputs:
    """One order's uncovered lines and the world as it is, looked at once and planned for often."""

    asked: PlanningRequest
    situation: Situation
    contact: OrderContact
    terms: Mapping[str, RoutingTerms]
    refused: Mapping[int, Collection[str]]

    @property
    def line_ids(self) -> list[int]:
        """The order lines that still have to be found somewhere, by pk."""
        return sorted({part.line.pk for part in self.asked.parts})

    def under(self, instruction: Instruction) -> Plan:
        """The plan if a person said so."""
        one = replace(self.asked, instruction=instruction)
        return answer(one, self.situation, self.contact, self.terms, self.refused, compare=False)

    def usual_cost_minor(self) -> int:
        """What it would cost if every node had everything: what the costs of a way out are held against."""
        one = replace(self.asked, instruction=Instruction())
        answer(one, self.situation, self.contact, self.terms, self.refused, compare=False)
        assert one.demand is not None
        stocked = replace(one.demand, lines=tuple(replace(line, tracked=False) for line in one.demand.lines))
        rules = replace(one.policy.rules, untracked="any_node")
        return plan(stocked, one.sites, rules, compare=False).cost_minor


def planning_inputs(
    order: Order,
    *,
    contact: OrderContact,
    terms: Mapping[str, RoutingTerms],
    refused: Mapping[int, Collection[str]],
    freed: Mapping[tuple[int, int], int],
) -> PlanningInputs | None:
    """Look at one order; None where all of it has its place. ``freed``: as in ``questions``. Raises NoPolicy."""
    asked, situation = questions([order], freed=freed)
    return PlanningInputs(asked[0], situation, contact, terms, refused) if asked[0].parts else None
