"""The refusals of notifications."""

from apps.core.errors import DomainError


class MailRefused(DomainError):
    code = "mail_refused"
    status = 422
    message = "{problem}"


class TextRefused(DomainError):
    code = "customer_text_refused"
    status = 422
    message = "{problem}"
