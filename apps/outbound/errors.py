"""The ways in which a call to another system does not come about, or not to an end."""

from __future__ import annotations

from datetime import datetime


class NotSent(Exception):
    """The other side was never reached."""


class DeadlineExceeded(NotSent):
    """What calls has no time left for another call: its lease would be over before the answer."""


class IncompleteResponse(Exception):
    """Something was sent, and no whole answer came back. ``timed_out``: within the time allowed."""

    def __init__(self, detail: str, *, timed_out: bool = False) -> None:
        super().__init__(detail)
        self.timed_out = timed_out


class CounterpartQuiet(Exception):
    """Nothing is to be sent before ``until``: the breaker is open, it asked for quiet, or too much is under way.

    ``sick``: because the counterpart is not well, rather than because we are busy; ``paced``: because it may be called only so
    often.
    """

    def __init__(self, until: datetime, reason: str, *, sick: bool, paced: bool = False) -> None:
        super().__init__(reason)
        self.until, self.reason, self.sick, self.paced = until, reason, sick, paced


class CallNotNeeded(Exception):
    """Between deciding to call and calling, the reason to call went away."""
