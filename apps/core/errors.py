"""Refusals. A ``DomainError`` is a considered "no"; every other exception is a fault."""

from __future__ import annotations

from typing import Any


class DomainError(Exception):
    """A refusal with a stable ``code``. 4xx at the API, a plain message in the console, parked in the step runner.

    Subclasses name the refusal and set ``code``, ``status`` (HTTP) and ``message`` (a sentence with ``{details}``).
    """

    code = "refused"
    status = 409
    message = "This can't be done."

    def __init__(self, **details: Any) -> None:
        self.details = details
        super().__init__(self.sentence)

    @property
    def sentence(self) -> str:
        """What a person reads."""
        try:
            return self.message.format(**self.details)
        except (KeyError, IndexError):
            return self.message


class NotFound(DomainError):
    code = "not_found"
    status = 404
    message = "There is no such {what}."


class InvalidInput(DomainError):
    """Syntactically wrong. ``errors`` is a list of ``{"pointer": "/lines/0/quantity", "detail": "…"}``."""

    code = "invalid_input"
    status = 422
    message = "The request is not valid."


class AddressRefused(InvalidInput):
    """``why`` says what is wrong with the address, never what answered there."""

    code = "address_refused"
    message = "This address can't be called: {why}."

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why=why, errors=[{"pointer": "/url", "detail": why, "code": "address_refused"}])


class IllegalTransition(DomainError):
    code = "illegal_transition"
    status = 409
    message = "{what} is {state}; it can't {verb} now."


class StaleVersion(DomainError):
    code = "stale_version"
    status = 412
    message = "This has changed since you read it; read it again before you decide."


class NotAllowed(DomainError):
    code = "not_allowed"
    status = 403
    message = "You may not do this: it needs {permission}."
