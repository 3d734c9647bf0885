"""The refusals of casework."""

from apps.core.errors import IllegalTransition, NotFound


class CaseNotFound(NotFound):
    code = "case_not_found"
    message = "There is no case {case}."


class CaseClosed(IllegalTransition):
    code = "case_closed"
    message = "The case is {state} already."
