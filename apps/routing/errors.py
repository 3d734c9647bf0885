"""The refusals of routing."""

from apps.core.errors import DomainError, NotFound


class NoPolicy(DomainError):
    code = "no_routing_policy"
    status = 409
    message = "No routing policy is active; activate one first."


class DecisionNotFound(NotFound):
    code = "decision_not_found"
    message = "There is no routing decision for {order} yet."


class PolicyInvalid(DomainError):
    """``problems`` lists what is wrong with it."""

    code = "policy_invalid"
    status = 422
    message = "The routing policy can't be used: {problems}."
