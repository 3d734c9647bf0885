"""What is done is what was read: the effect as it was shown, held against the effect as it is now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apps.casework.resolutions.base import Effect
from apps.core.money import show


def overtaken(read: Mapping[str, Any], now: Effect) -> str:
    """Why it is no longer what somebody read (an effect as JSON), as a sentence; empty: it is, or is less than that."""
    if not read:
        return ""
    return _other_ground(read, now) or _more_money(read, now) or _less_margin(read, now) or _later(read, now)


def _other_ground(read: Mapping[str, Any], now: Effect) -> str:
    before = read.get("rests_on", now.rests_on)
    changed = [name for name in now.rests_on if before.get(name) != now.rests_on[name]]
    said = [
        f"{_words(name)} {_value(before.get(name))} was read, it is {_value(now.rests_on[name])} now"
        for name in changed
    ]
    return f"It no longer rests on what was read: {'; '.join(said)}." if said else ""


def _words(name: str) -> str:
    return name.removesuffix("_minor").replace("_", " ")


def _value(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _more_money(read: Mapping[str, Any], now: Effect) -> str:
    if now.currency != read.get("currency", now.currency):
        return f"It was read in {read['currency']} and is in {now.currency} now."
    before = max(int(read.get("cost_minor") or 0), int(read.get("at_stake_minor") or 0), 0)
    if now.amount_minor <= before:
        return ""
    return f"It comes to {show(now.amount_minor, now.currency)} now; {show(before, now.currency)} was read."


def _less_margin(read: Mapping[str, Any], now: Effect) -> str:
    before = read.get("margin_minor")
    if before is None:
        return ""
    if now.margin_minor is None:
        return "What it does to the margin is not known any more."
    if now.margin_minor >= min(before, 0):
        return ""
    return (
        f"It changes the margin by {show(now.margin_minor, now.currency)} now; {show(before, now.currency)} was read."
    )


def _later(read: Mapping[str, Any], now: Effect) -> str:
    before = read.get("days")
    if now.days is None or now.days <= 0 or (before is not None and now.days <= before):
        return ""
    return f"It would be {now.days} day{'' if now.days == 1 else 's'} late now."
