"""The refusals of orders."""

from apps.core.errors import DomainError, IllegalTransition, NotFound


class OrderNotFound(NotFound):
    code = "order_not_found"
    message = "There is no order {order}."


class OrderNotCancellable(IllegalTransition):
    code = "order_not_cancellable"
    message = "The order is {state}; it can't be cancelled any more."


class OrderNotRevisable(IllegalTransition):
    code = "order_not_revisable"
    message = "The order is {state}; its lines can't be changed any more."


class OrderEnded(IllegalTransition):
    code = "order_ended"
    message = "The order is {state}; nothing is left to hold."


class NoSuchHold(DomainError):
    code = "no_such_hold"
    status = 409
    message = "The order has no standing hold for {reason}."


class AddressNotDeliverable(DomainError):
    """``fields`` says what is wrong with which."""

    code = "address_not_deliverable"
    status = 422
    message = "{why}"


class LinesNotCancellable(DomainError):
    """``free`` units of the line are nowhere under way yet."""

    code = "lines_not_cancellable"
    status = 409
    message = "Of {line}, {free} can still be cancelled here."


class LineNotSubstitutable(DomainError):
    code = "line_not_substitutable"
    status = 409
    message = "This can't be substituted: {why}."


class SubstitutionUnwanted(DomainError):
    code = "substitution_unwanted"
    status = 409
    message = "The customer wants no substitute for {line}."
