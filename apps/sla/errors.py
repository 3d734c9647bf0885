"""The refusals of SLA."""

from apps.core.errors import DomainError, NotFound


class SlaPolicyInvalid(DomainError):
    """``errors``: a list of ``{"pointer", "detail"}``, one for every flaw."""

    code = "sla_policy_invalid"
    status = 422
    message = "The policy can't hold yet: {problems}"


class NoDraft(NotFound):
    code = "no_sla_draft"
    message = "There is no draft of the SLA policy; it was published or discarded."


class NoSuchRule(NotFound):
    code = "no_such_rule"
    message = "The draft has no rule number {rule}."


class CalendarInUse(DomainError):
    code = "calendar_in_use"
    status = 409
    message = "“{name}” can't be deleted: {why}. Without it those clocks would run day and night."
