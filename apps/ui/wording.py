"""Durations and moments the way people say them."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from apps.ui.language import translated
from apps.ui.locale import absolute, day, number

__all__ = ["absolute", "duration", "plural", "relative"]

_UNITS = (
    (86_400, gettext_noop("{count} d")),
    (3_600, gettext_noop("{count} h")),
    (60, gettext_noop("{count} m")),
    (1, gettext_noop("{count} s")),
)
_DAY = 86_400
_AGO = ((_DAY, gettext_noop("{count} d")), (3_600, gettext_noop("{count} h")), (60, gettext_noop("{count} min")))


def duration(span: timedelta) -> str:
    """``3 d 4 h``, ``12 m 5 s``, ``under 1 s``: the two largest units, no more."""
    seconds = int(span.total_seconds())
    for place, (size, said) in enumerate(_UNITS):
        if seconds < size:
            continue
        words = [translated(said).format(count=seconds // size)]
        for smaller, said_of_rest in _UNITS[place + 1 : place + 2]:
            if seconds % size >= smaller:
                words.append(translated(said_of_rest).format(count=seconds % size // smaller))
        return " ".join(words)
    return _("under 1 s")


def relative(moment: datetime, now: datetime) -> str:
    """``just now``, ``5 min ago``, ``in 2 h``, ``3 d ago``; beyond four weeks the date."""
    seconds = (now - moment).total_seconds()
    size = abs(seconds)
    if size < 45:
        return _("just now")
    if size >= 28 * _DAY:
        return day(moment)
    unit, said = next((row for row in _AGO if size >= row[0] * 0.95), _AGO[-1])
    span = translated(said).format(count=max(round(size / unit), 1))
    return _("{span} ago").format(span=span) if seconds > 0 else _("in {span}").format(span=span)


def plural(count: int, one: str, many: str = "") -> str:
    """``1 order``, ``2 orders``."""
    return f"{number(count)} {ngettext(one, many or one + 's', count)}"
