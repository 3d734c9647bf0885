"""The refusals of the console itself."""

from apps.core.errors import DomainError


class FormIncomplete(DomainError):
    """``problem``: what is missing, in a sentence."""

    code = "form_incomplete"
    status = 422
    message = "{problem}"


class ViewNotSaved(DomainError):
    code = "view_not_saved"
    status = 422
    message = "The view was not saved: {problem}."
