"""The only writers of routing."""

from apps.routing.services.deciding import Routed, route_orders
from apps.routing.services.policies import DEFAULT_POLICY, publish_policy

__all__ = ["DEFAULT_POLICY", "Routed", "publish_policy", "route_orders"]
