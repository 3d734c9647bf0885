"""What every adapter does, in the words the rest of the system uses. Pure.

An adapter never raises for what the other side did or failed to do: each of its calls ends in one of these answers, and
the discipline around the call (retries, budget, breaker) depends on nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Message = Mapping[str, Any]
PartnerState = Literal["received", "accepted", "rejected", "shipped", "delivered", "cancelled"]


@dataclass(frozen=True, slots=True)
class Submitted:
    """The partner has it, under ``reference``."""

    status: int
    reference: str
    state: PartnerState


@dataclass(frozen=True, slots=True)
class Refused:
    """A considered no: not to be asked again. ``reason`` is a code word, never free text."""

    status: int
    reason: str


@dataclass(frozen=True, slots=True)
class Found:
    """Asked by key, the partner knows it."""

    status: int
    reference: str
    state: PartnerState


@dataclass(frozen=True, slots=True)
class Missing:
    """Asked by key, the partner has no record of it."""

    status: int


@dataclass(frozen=True, slots=True)
class Stopped:
    """It will not ship."""

    status: int


@dataclass(frozen=True, slots=True)
class StopUndecided:
    """The partner will say later whether it can still be stopped."""

    status: int


@dataclass(frozen=True, slots=True)
class RateLimited:
    """The partner wants no call for a while; nothing was taken. How long is read from its ``Retry-After``."""

    status: int


@dataclass(frozen=True, slots=True)
class Failed:
    """Not reached (``status`` None), or the partner said that it failed. ``detail`` holds no personal data."""

    status: int | None
    detail: str


@dataclass(frozen=True, slots=True)
class Unsure:
    """Sent, and no answer that can be read: it may have been taken. ``timed_out``: because nobody answered in time."""

    status: int | None
    detail: str
    timed_out: bool = False


@dataclass(frozen=True, slots=True)
class TakenOn:
    """``reference``: the partner's own name for it."""

    fulfillment_order: str
    reference: str


@dataclass(frozen=True, slots=True)
class TurnedDown:
    fulfillment_order: str
    reason: str


@dataclass(frozen=True, slots=True)
class ReportedParcel:
    """``lines``: units by line id; empty on the only parcel: all that was left."""

    tracking_number: str
    tracking_url: str
    weight_g: int
    lines: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class GoodsLeft:
    fulfillment_order: str
    reference: str
    shipment: str
    carrier: str
    service: str
    parcels: tuple[ReportedParcel, ...]


@dataclass(frozen=True, slots=True)
class GoodsArrived:
    fulfillment_order: str
    shipment: str


@dataclass(frozen=True, slots=True)
class DeliveryFailed:
    fulfillment_order: str
    shipment: str
    reason: str


@dataclass(frozen=True, slots=True)
class CalledOff:
    """Nothing (more) of it will ship, whether we asked for that or not."""

    fulfillment_order: str


@dataclass(frozen=True, slots=True)
class WillNotStop:
    fulfillment_order: str
    reason: str


Callback = TakenOn | TurnedDown | GoodsLeft | GoodsArrived | DeliveryFailed | CalledOff | WillNotStop


@dataclass(frozen=True, slots=True)
class Outstanding:
    """A fulfillment order the partner has and has not finished. ``reference``: the partner's own name for it, or empty."""

    key: str
    reference: str


@dataclass(frozen=True, slots=True)
class Updates:
    """What has happened, oldest first. ``cursor``: where the next question goes on, as the partner or the adapter counts."""

    status: int
    callbacks: tuple[Callback, ...]
    cursor: str = ""


@dataclass(frozen=True, slots=True)
class StockFigure:
    """Units of a SKU at one location: an absolute figure, so that sending it twice changes nothing."""

    sku: str
    quantity: int


@dataclass(frozen=True, slots=True)
class StockTaken:
    """``unknown``: SKUs that the partner does not know; it has taken the figures of the others."""

    status: int
    unknown: tuple[str, ...] = ()


Trouble = RateLimited | Failed | Unsure
SubmitResponse = Submitted | Refused | Trouble
LookUpResponse = Found | Missing | Refused | Trouble
CancelResponse = Stopped | StopUndecided | Refused | Trouble
UpdatesResponse = Updates | Refused | Trouble
StockResponse = StockTaken | Refused | Trouble
PartnerResponse = SubmitResponse | LookUpResponse | CancelResponse | UpdatesResponse | StockResponse


@dataclass(frozen=True, slots=True)
class Connection:
    """By what a partner is reached. ``settings``: what else its adapter asks for, as that one's own model holds it."""

    base_url: str
    token: str = field(repr=False)
    settings: Any = None


class PartnerClient:
    """What a partner can be asked. An adapter's client is a subclass that implements what its capabilities declare."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def submit(self, message: Message, *, key: str) -> SubmitResponse:
        """Hand a fulfillment order over. The same ``key`` again is the same fulfillment order."""
        raise NotImplementedError

    def look_up(self, key: str) -> LookUpResponse:
        """Ask whether the partner has what was sent under ``key``."""
        raise NotImplementedError

    def cancel(self, reference: str, *, key: str) -> CancelResponse:
        """Ask to stop. Asking twice is asking once."""
        raise NotImplementedError

    def cancel_lines(self, reference: str, units: Mapping[str, int], *, key: str) -> CancelResponse:
        """Ask to leave out ``units``, by line id, and ship the rest. Asking twice under one ``key`` is asking once."""
        raise NotImplementedError

    def fetch_updates(self, outstanding: Sequence[Outstanding], *, cursor: str) -> UpdatesResponse:
        """Ask what has happened, for partners that do not report it themselves. What was said before may be said again.

        ``outstanding``: what we wait to hear about, for a contract that is asked order by order. ``cursor``: the one of the
        last answer, for a contract that lists what has changed; empty at first.
        """
        raise NotImplementedError

    def push_inventory(self, location: str, figures: Sequence[StockFigure], *, key: str) -> StockResponse:
        """Send what we count at ``location``, by the partner's own name for it."""
        raise NotImplementedError
