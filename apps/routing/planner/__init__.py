"""The routing planner: pure decisions. Demand, sites and policy in; plan, verdicts and costs out.

Imports no Django, reads no clock, asks no database: `plan(demand, sites, policy)` gives the same answer for ever.
"""

from apps.routing.planner.explain import explain
from apps.routing.planner.packages import PlannedPackage, packages_of
from apps.routing.planner.plan import plan
from apps.routing.planner.problem import (
    Demand,
    Destination,
    InvalidProblem,
    LineDemand,
    PolicyContent,
    Rate,
    Site,
    StockFact,
)
from apps.routing.planner.replay import differences, inputs_json, replay
from apps.routing.planner.results import Assignment, Candidate, Plan, RunnerUp, Shortfall, Verdict

__all__ = [
    "Assignment",
    "Candidate",
    "Demand",
    "Destination",
    "InvalidProblem",
    "LineDemand",
    "Plan",
    "PlannedPackage",
    "PolicyContent",
    "Rate",
    "RunnerUp",
    "Shortfall",
    "Site",
    "StockFact",
    "Verdict",
    "differences",
    "explain",
    "inputs_json",
    "packages_of",
    "plan",
    "replay",
]
