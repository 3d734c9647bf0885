"""What is done is what was read: the effect as it was shown, held against the effect as it is now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apps.casework.resolutions.base import Effect
from apps.core.money import show
from apps.core.text import Text


def overtaken(read: Mapping[str, Any], now: Effect) -> str:
    """Why it is no longer what somebody read (an effect as JSON), as a sentence; empty: it is, or is less than that."""
    if not read:
        return ""
    return _other_ground(read, now) or _more_money(read, now) or _less_margin(read, now) or _later(read, now)


def _other_ground(read: Mapping[str, Any], now: Effect) -> str:
    before = read.get("rests_on", now.rests_on)
    changed = [name for name in now.rests_on if before.get(name) != now.rests_on[name]]
    said = [
        Text(
            "{what} {before} was read, it is {after} now",
            what=_words(name),
            before=_value(before.get(name)),
            after=_value(now.rests_on[name]),
        )
        for name in changed
    ]
    return Text("It no longer rests on what was read: {changes}.", changes=Text.joined("; ", said)) if said else ""


def _words(name: str) -> str:
    return name.removesuffix("_minor").replace("_", " ")


def _value(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _more_money(read: Mapping[str, Any], now: Effect) -> str:
    if now.currency != read.get("currency", now.currency):
        return Text("It was read in {before} and is in {after} now.", before=read["currency"], after=now.currency)
    before = max(int(read.get("cost_minor") or 0), int(read.get("at_stake_minor") or 0), 0)
    if now.amount_minor <= before:
        return ""
    return Text(
        "It comes to {amount} now; {before} was read.",
        amount=show(now.amount_minor, now.currency),
        before=show(before, now.currency),
    )


def _less_margin(read: Mapping[str, Any], now: Effect) -> str:
    before = read.get("margin_minor")
    if before is None:
        return ""
    if now.margin_minor is None:
        return Text("What it does to the margin is not known any more.")
    if now.margin_minor >= min(before, 0):
        return ""
    return Text(
        "It changes the margin by {amount} now; {before} was read.",
        amount=show(now.margin_minor, now.currency),
        before=show(before, now.currency),
    )


def _later(read: Mapping[str, Any], now: Effect) -> str:
    before = read.get("days")
    if now.days is None or now.days <= 0 or (before is not None and now.days <= before):
        return ""
    return Text.counted("It would be {count} day late now.", "It would be {count} days late now.", now.days)
