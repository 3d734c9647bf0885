"""What a channel shows against what it should, and why they differ."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from apps.listings.states import FigureState


class Cause(StrEnum):
    NONE = "none"
    UNKNOWN_SKU = "unknown_sku"
    UNCOUNTED = "uncounted"
    NOT_THERE = "not_there"
    REFUSED = "refused"
    SEND_FAILED = "send_failed"
    HELD_UP = "held_up"
    WAITING = "waiting"
    CHANGED_THERE = "changed_there"
    NEVER_SENT = "never_sent"


SENTENCES = {
    Cause.NONE: "It shows what it should.",
    Cause.UNKNOWN_SKU: "We do not know which SKU it is.",
    Cause.UNCOUNTED: "The SKU is sold without counting; the channel is sent no figure.",
    Cause.NOT_THERE: "The channel has no such article, or does not count it.",
    Cause.REFUSED: "The channel does not take the figure.",
    Cause.SEND_FAILED: "Sending failed; it is tried again.",
    Cause.HELD_UP: "The figure waits to be sent: {why}.",
    Cause.WAITING: "The figure waits to be sent.",
    Cause.CHANGED_THERE: "It was changed or sold there after we sent our figure.",
    Cause.NEVER_SENT: "It was never sent a figure.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureStatus:
    """What is known of one listing's figure. ``held_up``: why the shop may not be called now, though nothing failed."""

    known_sku: bool
    wanted: int | None
    sent: int | None
    sent_at: datetime | None
    shown: int | None
    shown_at: datetime | None
    state: str
    attempts: int = 0
    held_up: str = ""

    @property
    def looked(self) -> bool:
        """Whether what was read back is newer than what was sent."""
        return self.shown_at is not None and (self.sent_at is None or self.shown_at >= self.sent_at)

    @property
    def there(self) -> int | None:
        """What the channel shows, as far as is known."""
        return self.shown if self.looked else self.sent

    @property
    def difference(self) -> int:
        """Units shown beyond what should be."""
        return (self.there or 0) - self.wanted if self.wanted is not None and self.there is not None else 0


def cause_of(one: FigureStatus) -> Cause:
    if not one.known_sku:
        return Cause.UNKNOWN_SKU
    if one.wanted is None:
        return Cause.UNCOUNTED
    if one.state == FigureState.REFUSED:
        return Cause.REFUSED
    if one.state == FigureState.WAITING and one.held_up:
        return Cause.HELD_UP
    if one.state == FigureState.WAITING:
        return Cause.SEND_FAILED if one.attempts else Cause.WAITING
    if one.looked and one.shown is None:
        return Cause.NOT_THERE
    if one.sent is None and one.shown is None:
        return Cause.NEVER_SENT
    return Cause.CHANGED_THERE if one.difference else Cause.NONE


def sentence_of(one: FigureStatus) -> str:
    return SENTENCES[cause_of(one)].format(why=one.held_up)
