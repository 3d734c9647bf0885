"""The calls made for an order as a drawing: a lane for us and one for each system that was called, time downwards.

Only where things stand and what is written there; the page draws it. The table below it says the same in words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from apps.outbound.models import CallLog
from apps.outbound.states import CallOutcome, CounterpartKind

TIMES, LANE, TOP, ROW = 86, 190, 46, 56
# What lies between two calls is written between them where it is longer.
PAUSE = timedelta(minutes=1)
_ORDER = (CounterpartKind.SHOP, CounterpartKind.PARTNER, CounterpartKind.WEBHOOK)
# A call that came to no answer ends where its arrow would come home.
_TONES = {
    CallOutcome.OK: "green",
    CallOutcome.REFUSED: "amber",
    CallOutcome.FAILED: "red",
    CallOutcome.UNKNOWN: "red",
    CallOutcome.SKIPPED: "gray",
}


@dataclass(frozen=True, slots=True)
class Lane:
    """``kind`` empty: ours. ``x``: the middle of it."""

    kind: str
    name: str
    x: int


@dataclass(frozen=True, slots=True)
class Arrow:
    """One call: out at ``y``, and where an answer came, back at ``y_back``. ``pause``: since the call before, where that is long."""

    call: CallLog
    lane: Lane
    y: int
    y_back: int
    tone: str
    sent: bool
    answered: bool
    pause: timedelta | None

    @property
    def middle(self) -> int:
        return (TIMES + LANE // 2 + self.lane.x) // 2


@dataclass(frozen=True, slots=True)
class Drawing:
    """Measures are those of the drawing's own grid."""

    lanes: list[Lane]
    arrows: list[Arrow]
    width: int
    height: int

    @property
    def home(self) -> int:
        """Our own lane."""
        return TIMES + LANE // 2


def draw(calls: Sequence[CallLog]) -> Drawing:
    """``calls``: oldest first."""
    lanes = _lanes(calls)
    arrows = [
        _arrow(
            call, lanes[call.kind, call.counterpart], TOP + 34 + number * ROW, _pause(call, calls[max(0, number - 1)])
        )
        for number, call in enumerate(calls)
    ]
    ours = Lane("", "", TIMES + LANE // 2)
    return Drawing([ours, *lanes.values()], arrows, TIMES + LANE * (len(lanes) + 1), TOP + 20 + ROW * len(calls))


def _lanes(calls: Sequence[CallLog]) -> dict[tuple[str, str], Lane]:
    """Shops, then partners, then webhook endpoints; each by when it was first called, with the name it has now."""
    names = {(call.kind, call.counterpart): call.name for call in calls}
    ordered = sorted(names, key=lambda whom: _ORDER.index(CounterpartKind(whom[0])))
    middle = TIMES + LANE // 2
    return {whom: Lane(whom[0], names[whom], middle + LANE * place) for place, whom in enumerate(ordered, start=1)}


def _arrow(call: CallLog, lane: Lane, y: int, pause: timedelta | None) -> Arrow:
    outcome = CallOutcome(call.outcome)
    return Arrow(
        call=call,
        lane=lane,
        y=y,
        y_back=y + 20,
        tone=_TONES[outcome],
        sent=outcome != CallOutcome.SKIPPED,
        answered=call.status is not None or outcome == CallOutcome.OK,
        pause=pause,
    )


def _pause(call: CallLog, before: CallLog) -> timedelta | None:
    """Of the first call, which has itself before it, none."""
    pause = call.started_at - before.started_at
    return pause if pause >= PAUSE else None
