"""The only writers of routing."""

from apps.routing.services.deciding import Routed, route_orders
from apps.routing.services.instructing import instruct_routing
from apps.routing.services.policies import DEFAULT_POLICY, publish_policy
from apps.routing.services.previewing import PlanningInputs, planning_inputs

__all__ = [
    "DEFAULT_POLICY",
    "PlanningInputs",
    "Routed",
    "instruct_routing",
    "planning_inputs",
    "publish_policy",
    "route_orders",
]
