"""Refusals, and the ways in which talking to a partner can fail without being one."""

from __future__ import annotations

from datetime import datetime

from apps.core.errors import DomainError, InvalidInput, NotFound


class PartnerNotConfigured(DomainError):
    code = "partner_not_configured"
    message = "{node} is run by a partner, but {problem}."


class PartnerUnusable(DomainError):
    code = "partner_unusable"
    status = 409
    message = "The partner {partner} can't be spoken with: {problem}."


class PartnerNotFound(NotFound):
    code = "partner_not_found"
    message = "There is no partner {partner}."


class CallbackNotUnderstood(InvalidInput):
    code = "callback_not_understood"
    message = "The message is not one of the contract."


class AlreadyShipped(DomainError):
    """Another shipment of goods that have all left: a second parcel, or a second id for the first."""

    code = "already_shipped"
    status = 409
    message = "These lines have shipped already, under {shipments}; {shipment} would be a second time."


class PartnerQuiet(Exception):
    """Nothing is to be sent before ``until``: the breaker is open, the partner asked for quiet, or too much is under way.

    ``sick``: because the partner is not well, rather than because we are busy.
    """

    def __init__(self, until: datetime, reason: str, *, sick: bool = True) -> None:
        super().__init__(reason)
        self.until, self.reason, self.sick = until, reason, sick


class PartnerFault(Exception):
    """The partner could not be reached or said that it failed; what was asked did not happen."""


class OutcomeUnsure(PartnerFault):
    """Something was sent, and whether the partner took it is not known."""
