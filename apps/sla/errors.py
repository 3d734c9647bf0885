"""The refusals of SLA."""

from apps.core.errors import DomainError


class SlaPolicyInvalid(DomainError):
    """``errors``: a list of ``{"pointer", "detail"}``, one for every flaw."""

    code = "sla_policy_invalid"
    status = 422
    message = "The policy can't hold yet: {problems}"


class NoDraft(DomainError):
    code = "no_sla_draft"
    status = 404
    message = "There is no draft of the SLA policy; it was published or thrown away."


class NoSuchRule(DomainError):
    code = "no_such_rule"
    status = 404
    message = "The draft has no rule number {rule}."
