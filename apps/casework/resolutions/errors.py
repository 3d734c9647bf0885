"""The refusals of resolutions."""

from apps.core.errors import DomainError, IllegalTransition, InvalidInput, NotFound
from apps.core.text import Text

NO_LEVEL = Text("The case is about no stock level.")


class NoSuchResolution(NotFound):
    code = "resolution_not_found"
    message = "There is no resolution {resolution} for cases of this type."


class NotResolvable(DomainError):
    """``why`` is the sentence the person was shown beside the button."""

    code = "resolution_not_possible"
    status = 409
    message = "{why}"


class BeyondLimits(DomainError):
    """``why`` says whose limit of what is crossed."""

    code = "beyond_limits"
    status = 403
    message = "{why}"


class WrongParameters(InvalidInput):
    """``errors`` names each parameter by its pointer."""

    code = "invalid_parameters"
    message = "{said}"


class ActionUnderWay(DomainError):
    code = "action_under_way"
    status = 409
    message = "{label} was chosen for this case already and is about to be done."


class ActionNotFound(NotFound):
    code = "action_not_found"
    message = "There is no chosen resolution {action}."


class ActionNotUndoable(IllegalTransition):
    code = "action_not_undoable"
    message = "It is {state} already; it can't be taken back from here."


class EffectStale(DomainError):
    """``why`` says what is not as it was read."""

    code = "overtaken"
    status = 409
    message = "{why} Look again and choose again."
