"""Durations and moments the way people say them. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

_UNITS = ((86_400, "d"), (3_600, "h"), (60, "m"), (1, "s"))
_DAY = 86_400


def duration(span: timedelta) -> str:
    """``3 d 4 h``, ``12 m 5 s``, ``under 1 s``: the two largest units, no more."""
    seconds = int(span.total_seconds())
    if seconds < 1:
        return "under 1 s"
    for place, (size, name) in enumerate(_UNITS):
        if seconds >= size:
            rest = seconds % size
            said = f"{seconds // size} {name}"
            if place + 1 < len(_UNITS):
                smaller, small_name = _UNITS[place + 1]
                if rest >= smaller:
                    said += f" {rest // smaller} {small_name}"
            return said
    return "under 1 s"


def relative(moment: datetime, now: datetime) -> str:
    """``just now``, ``5 min ago``, ``in 2 h``, ``3 d ago``; beyond four weeks the date."""
    seconds = (now - moment).total_seconds()
    size = abs(seconds)
    if size < 45:
        return "just now"
    if size >= 28 * _DAY:
        return moment.strftime("%-d %b %Y")
    for unit, name in ((_DAY, "d"), (3_600, "h"), (60, "min")):
        if size >= unit * 0.95:
            said = f"{round(size / unit)} {name}"
            break
    else:
        said = "1 min"
    return f"{said} ago" if seconds > 0 else f"in {said}"


def absolute(moment: datetime) -> str:
    """``21 Nov 2026, 13:45:02 UTC``, in the moment's own time zone."""
    return moment.strftime("%-d %b %Y, %H:%M:%S %Z")


def plural(count: int, one: str, many: str = "") -> str:
    """``1 order``, ``2 orders``."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
