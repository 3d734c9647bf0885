"""The refusals of listings."""

from __future__ import annotations

from apps.core.errors import DomainError, NotFound


class ListingNotFound(NotFound):
    code = "listing_not_found"
    message = "{channel} does not list {sku}."


class RuleNotFound(NotFound):
    code = "stock_rule_not_found"
    message = "There is no such rule."


class RuleRefused(DomainError):
    code = "stock_rule_refused"
    status = 422
    message = "The rule can't be kept: {problem}."
