"""The refusals of channels, and the errors of a shop's server."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from apps.core.errors import DomainError, NotFound
from apps.core.text import Text


class ContractNotFound(NotFound):
    code = "contract_not_found"
    message = "There is no contract {contract}."


class ReasonMissing(DomainError):
    code = "reason_missing"
    status = 422
    message = "Say why: the reason is read by whoever decides and stands in the history."


class VersionMoved(DomainError):
    """Proposed from what another version has replaced; as it stands it would undo that one."""

    code = "version_moved"
    status = 409
    message = "{version} was published meanwhile: look at what it changed, or yours undoes it."


class VersionActive(DomainError):
    code = "version_active"
    status = 409
    message = "{version} is the active version already."


class ChannelNotFound(NotFound):
    code = "channel_not_found"
    message = "There is no active channel {channel}."


class TakesNoReceipts(DomainError):
    code = "takes_no_receipts"
    status = 409
    message = "The channel {channel} takes no receipts of tills."


class ChannelPaused(DomainError):
    code = "channel_paused"
    status = 409
    message = "{channel} is paused: send it again once it is resumed."


class ChannelNotReady(DomainError):
    """``problem``: why what was asked for can't be done with the channel as it is, in a sentence."""

    code = "channel_not_ready"
    status = 409
    message = "{problem}"


class NotConnected(DomainError):
    """The shop could not be asked, or said no. ``why`` and ``problem``, which says what to do, are sentences."""

    code = "channel_not_connected"
    status = 422
    message = "{why} {problem}"


class UnknownChannelKind(DomainError):
    code = "channel_kind_unknown"
    status = 409
    message = "No adapter is installed for channels of the kind {kind}."


class BadSignature(DomainError):
    """Says nothing about why: ``reason`` is for our people, not for whoever is trying."""

    code = "bad_signature"
    status = 401
    message = "The signature is missing, wrong or too old."

    def __init__(self, reason: str = "") -> None:
        self.reason = reason
        super().__init__()


class SenderKeyUnavailable(DomainError):
    """Whether the message is from its sender can't be said now; it is to be sent again."""

    code = "sender_key_unavailable"
    status = 503
    message = "The key that the message is signed with can't be fetched now. Send it again."


class SecretRefused(DomainError):
    code = "channel_secret_refused"
    status = 422
    message = "The secret was not changed: {problem}."


class MessageNotFound(NotFound):
    code = "message_not_found"
    message = "There is no message {message}."


class MessageNotReplayable(DomainError):
    code = "message_not_replayable"
    status = 409
    message = "The message was {verdict}; only waiting, quarantined and rejected ones can be replayed."


class ContractInvalid(DomainError):
    """``problems`` lists everything wrong with the document, each with ``where`` and ``problem``."""

    code = "contract_invalid"
    status = 422
    message = "The mapping document can't be published: {first}"


class UploadRefused(DomainError):
    code = "upload_refused"
    status = 422
    message = "The file can't be read: {problem}."


class UploadTooLarge(DomainError):
    code = "upload_too_large"
    status = 413
    message = "The file is larger than {limit} bytes; split it."


class NotACsvFile(DomainError):
    code = "not_a_csv_file"
    status = 415
    message = "This is not a CSV file: {problem}."


def _usual_advice(answer: Any) -> Text:
    if answer in (401, 403):
        return Text("Its access was taken back or allows too little: try the credentials on the channel’s page.")
    if answer in (404, 410):
        return Text("See whether it is still there at the shop.")
    return Text("See about it at the shop, then try again.")


class ShopRefused(DomainError):
    """The shop's server understood and said no; asking again would not help."""

    code = "shop_refused"
    status = 502
    message = "{channel} answered {answer} to {operation}. {do}"

    def __init__(self, *, do: Text | None = None, **details: Any) -> None:
        """``do``: what is to be done about it, where the adapter knows more than what is usual."""
        self.advice = do
        super().__init__(do=do or _usual_advice(details.get("answer")), **details)


class ShopDeclined(ShopRefused):
    """As ShopRefused, where the shop says why: ``said`` in its own words, without personal data (``framework.shop_words``)."""

    code = "shop_declined"
    message = "{channel} declined {operation}: {said} {do}"


class ShopNotReady(DomainError):
    """Some units of a shipment can't be reported now. ``reported``: units by line id that the shop has received all the same."""

    code = "shop_not_ready"
    status = 409
    message = "The shipment of {count} could not be reported to {channel}: {reason}."

    def __init__(self, *, channel: str, units: int, reason: str, reported: Mapping[str, int]) -> None:
        self.reported = reported
        super().__init__(channel=channel, count="1 unit" if units == 1 else f"{units} units", reason=reason)


class OrdersGone(DomainError):
    code = "orders_gone"
    status = 502
    message = (
        "{channel} no longer has {gone} of {asked} open orders. Nothing was cancelled: see whether the address of the shop is "
        "right and the shop is whole."
    )


class ShopAddressRefused(ShopRefused):
    code = "shop_address_refused"
    message = "{channel} was not asked: its address can't be called: {why}. {do}"

    def __init__(self, *, channel: str, why: str) -> None:
        super().__init__(channel=channel, why=why, do=Text("Correct the address of the shop."))


class ShopUnreachable(Exception):
    """No response, or an unusable one: to be retried. The shop may have acted on it all the same."""


class ShopNotReached(ShopUnreachable):
    """Nothing was sent: no connection came about, or no time was left for one."""


class ShopBusy(Exception):
    """The shop asks to be left alone until ``until``, or is left alone because it is not well."""

    def __init__(self, until: datetime, reason: str = Text("it asked for quiet")) -> None:
        super().__init__(Text("{reason}, not before {at}", reason=reason, at=f"{until:%H:%M:%S}"))
        self.until = until


class ShopWorking(ShopBusy):
    """The shop took what it was sent, and says later what became of it: it is asked by ``ticket``, not before ``until``."""

    def __init__(self, ticket: str, until: datetime) -> None:
        super().__init__(until, "the shop has it, and says later what became of it")
        self.ticket = ticket


class IntakeFailed(Exception):
    """Taking messages in broke. Names them and the kind of error; the error's own text may quote a message."""
