"""Misbehaving on demand: which partner does what wrong, how often and for how long."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from .exchange import Response, problem

# What each mode can spoil; `only` narrows it further.
_ALL = frozenset({"submit", "look_up", "cancel", "read", "write"})
SPOILS: dict[str, frozenset[str]] = {
    "slow": _ALL,
    "fail": _ALL,
    "hang": _ALL,
    "too_many": _ALL,
    "lock_out": _ALL,
    "lose_ack": frozenset({"submit", "write"}),
    "garbage": frozenset({"submit", "look_up", "read", "write"}),
    "double_send": frozenset({"submit"}),
    "reject": frozenset({"submit"}),
    "refuse_cancel": frozenset({"cancel"}),
}
EVERYBODY = "*"
_DEFAULT_SECONDS = {"slow": 3.0, "hang": 60.0, "too_many": 120.0}


@dataclass(frozen=True)
class Mood:
    """How a partner misbehaves.

    Attributes:
        times: how many more requests it spoils; None until changed.
        seconds: how long `slow` and `hang` wait, what `too_many` asks for, how long `lose_ack` waits before it cuts.
        only: the one operation it spoils; empty: all that the mode can.
        rate: the share of requests it spoils, 0 to 1.
        reason: what `reject` and `refuse_cancel` give as their reason.
    """

    mode: str
    times: int | None = None
    seconds: float = 0.0
    only: str = ""
    rate: float = 1.0
    reason: str = ""

    def spoils(self, operation: str) -> bool:
        return operation in SPOILS[self.mode] and self.only in ("", operation)


class Moods:
    """The present mood of each partner; safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._moods: dict[str, Mood] = {}

    def set(self, partner: str, mood: Mood | None) -> None:
        """None: behave normally again."""
        with self._lock:
            if mood is None:
                self._moods.pop(partner, None)
            else:
                self._moods[partner] = mood

    def take(self, partner: str, operation: str) -> Mood | None:
        """The mood that spoils this request, if any; it counts as used."""
        with self._lock:
            name = partner if partner in self._moods else EVERYBODY
            mood = self._moods.get(name)
            if mood is None or not mood.spoils(operation) or random.random() >= mood.rate:
                return None
            if mood.times is not None:
                self._use(name, mood, mood.times)
            return mood

    def _use(self, name: str, mood: Mood, times: int) -> None:
        if times <= 1:
            del self._moods[name]
        else:
            self._moods[name] = replace(mood, times=times - 1)

    def shown(self) -> dict[str, dict[str, Any]]:
        with self._lock:
            return {partner: asdict(mood) for partner, mood in self._moods.items()}


def before(mood: Mood | None, pause: Callable[[float], None]) -> Response | None:
    """What is answered instead of doing what was asked; None: it is done."""
    if mood is None:
        return None
    if mood.mode in ("slow", "hang"):
        pause(mood.seconds)
        return Response(cut=True) if mood.mode == "hang" else None
    if mood.mode == "fail":
        return problem(500, "broken", "Something broke here.")
    if mood.mode == "lock_out":
        return problem(401, "unauthorized", "We don't know this token.")
    if mood.mode == "too_many":
        headers = {"Retry-After": str(int(mood.seconds))}
        return Response(429, {"code": "too_many", "detail": "Slow down."}, headers)
    return None


def after(mood: Mood | None, response: Response, pause: Callable[[float], None]) -> Response:
    """How the response to what was done comes back."""
    if mood and mood.mode == "lose_ack":
        pause(mood.seconds)
        return Response(cut=True)
    if mood and mood.mode == "garbage":
        return Response(200, raw=response.payload[: len(response.payload) // 2])
    return response


def parse_mood(body: Mapping[str, Any]) -> Mood | None:
    """A mood from a control message; None for `normal`. Raises ValueError with what is wrong."""
    mode = body.get("mode")
    if mode == "normal":
        return None
    if mode not in SPOILS:
        raise ValueError(f"mode must be normal or one of {', '.join(SPOILS)}")
    times = body.get("times")
    return Mood(
        mode=mode,
        times=None if times is None else int(times),
        seconds=float(body.get("seconds", _DEFAULT_SECONDS.get(mode, 0.0))),
        only=str(body.get("only", "")),
        rate=float(body.get("rate", 1.0)),
        reason=str(body.get("reason", "")),
    )
