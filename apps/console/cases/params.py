"""What a resolution needs to know, out of a form. The name of a field says how it is to be read.

``p.<name>`` is text; ``a.<name>.<key>`` texts by key; ``u.<name>.<key>`` whole numbers by key; ``m.<name>`` a moment in the
browser's time zone, which stands in ``zone``.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.http import QueryDict
from django.utils.translation import gettext as _

from apps.console.shell.errors import FormIncomplete


def read_posted_params(posted: QueryDict) -> dict[str, Any]:
    """Raises FormIncomplete for a number or moment that is none. What was left empty is left out."""
    params: dict[str, Any] = {}
    for field, text in posted.items():
        how, _, rest = field.partition(".")
        name, _, key = rest.partition(".")
        if how not in ("p", "a", "u", "m") or not name or not isinstance(text, str) or not text.strip():
            continue
        if how == "p":
            params[name] = text.strip()
        elif how == "m":
            params[name] = _moment(text, zone_of(posted)).isoformat()
        elif how == "u":
            params.setdefault(name, {})[key] = _count(text)
        else:
            params.setdefault(name, {})[key] = text.strip()
    return params


def zone_of(posted: QueryDict) -> ZoneInfo:
    """The browser's time zone; UTC where it sent none that is known."""
    try:
        return ZoneInfo(posted.get("zone", "") or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def _moment(text: str, zone: ZoneInfo) -> datetime:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise FormIncomplete(problem=_("Choose a day and a time.")) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def _count(text: str) -> int:
    text = text.strip()
    if not text.isascii() or not text.isdigit() or len(text) > 6:
        raise FormIncomplete(problem=_("Say how many in whole numbers."))
    return int(text)
