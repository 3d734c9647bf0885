"""The refusals of accounts."""

from __future__ import annotations

from apps.core.errors import DomainError


class KeyRefused(DomainError):
    code = "key_refused"
    status = 422
    message = "The key can't be made: {problem}."


class ReasonMissing(DomainError):
    code = "reason_missing"
    status = 422
    message = "Say why the key is revoked; whoever looks into it later reads it."


class LoginRefused(DomainError):
    code = "login_refused"
    status = 422
    message = "{problem}"
