"""The refusals of casework."""

from apps.core.errors import DomainError, IllegalTransition, InvalidInput, NotFound, StaleVersion


class CaseNotFound(NotFound):
    code = "case_not_found"
    message = "There is no case {case}."


class CaseClosed(IllegalTransition):
    code = "case_closed"
    message = "The case is {state} already."


class CaseStale(StaleVersion):
    """``current``: the version it has now."""

    code = "stale_version"
    message = "Somebody changed the case meanwhile; it is at version {current} now. Look again and decide again."


class CaseTaken(DomainError):
    """``owner``: the public id of who has it, ``name``: what they are called."""

    code = "case_taken"
    message = "{name} has this case already. Assign it to yourself if you take over."


class CaseRefused(InvalidInput):
    """``problem``: what does not fit, as a sentence."""

    code = "case_refused"
    message = "{problem}"
