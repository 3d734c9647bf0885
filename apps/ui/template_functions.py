"""The small pieces that pages are written in: plain functions, which `rendering.py` gives to them."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from django.db import models
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core import clock
from apps.ui import chips, wording
from apps.ui import locale as own_locale
from apps.ui.addresses import static
from apps.ui.language import language
from apps.ui.timezone import in_own_time


@lru_cache(maxsize=1024)  # a page of fifty rows draws some hundreds, of which a few dozen differ
def icon(name: str, label: str = "") -> SafeString:
    """A drawing from our own sheet; silent to screen readers unless it is given a label."""
    sheet = static("console/icons.svg")
    if label:
        return format_html(
            '<svg class="i" role="img" aria-label="{}"><use href="{}#{}"></use></svg>', label, sheet, name
        )
    return format_html('<svg class="i" aria-hidden="true"><use href="{}#{}"></use></svg>', sheet, name)


def chip(kind: str, value: str, note: str = "") -> SafeString:
    """A state as a word with its icon, on its tone."""
    return _chip(kind, value, note, language())


@lru_cache(maxsize=1024)
def _chip(kind: str, value: str, note: str, _language: str) -> SafeString:
    look = chips.chip(kind, value)
    said = format_html('{} <span class="chip-note">{}</span>', look.label, note) if note else look.label
    return format_html('<span class="chip tone-{}">{}{}</span>', look.tone, icon(look.icon), said)


def clock_chip(look: chips.Chip, due: datetime | None = None) -> SafeString:
    """The time left of a case; the browser keeps it fresh where ``due`` is given."""
    mark = format_html(' data-due="{}" title="{}"', due.isoformat(), wording.absolute(in_own_time(due))) if due else ""
    drawn = icon(look.icon, _("Clock:"))
    return format_html('<span class="chip tone-{}"{}>{}<span>{}</span></span>', look.tone, mark, drawn, look.label)


def tag(label: str, tone: str = "gray", glyph: str = "") -> SafeString:
    """A free chip."""
    return format_html('<span class="chip tone-{}">{}{}</span>', tone, icon(glyph) if glyph else "", label)


def count(number: int) -> str:
    """``10,000``."""
    return own_locale.number(number)


def said(value: str, kind: str) -> str:
    """``reason|said:"hold"``: what people call it."""
    return chips.word(kind, value)


def when(moment: datetime | None, empty: str = "—") -> SafeString | str:
    """How long ago, with the exact moment behind it; the browser keeps it fresh and adds the local time."""
    if moment is None:
        return empty
    return format_html(
        '<time datetime="{}" title="{}" data-when>{}</time>',
        moment.isoformat(),
        wording.absolute(in_own_time(moment)),
        wording.relative(moment, clock.now()),
    )


def at(moment: datetime | None, pattern: str = "%H:%M") -> SafeString | str:
    """A moment written out, in the hours of whoever looks."""
    if moment is None:
        return "—"
    moment = in_own_time(moment)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        moment.isoformat(),
        wording.absolute(moment),
        own_locale.written(moment, pattern),
    )


def since(moment: datetime | None) -> str:
    """How long something has lasted."""
    return wording.duration(clock.now() - moment) if moment else "—"


def lasting(span: timedelta | None) -> str:
    return wording.duration(span) if span is not None else "—"


def money(minor: int, currency: str) -> str:
    return own_locale.money(minor, currency)


def signed(minor: int, currency: str, plain: bool = False) -> str:
    """A change of money with its sign; ``plain``: how much, whichever way."""
    sign = "" if plain or not minor else "+" if minor > 0 else "−"
    return f"{sign}{own_locale.money(abs(minor), currency)}"


def days_off(days: int) -> str:
    """``2 days later``, ``1 day earlier``."""
    size = abs(days)
    if days > 0:
        return ngettext("{count} day later", "{count} days later", size).format(count=count(size))
    return ngettext("{count} day earlier", "{count} days earlier", size).format(count=count(size))


def part(mapping: Any, key: str) -> Any:
    """One value of a mapping that may be none."""
    return mapping.get(key, "") if isinstance(mapping, dict) else ""


def field(row: Any, name: str) -> Any:
    """A field of a row by its name; empty where there is no row."""
    return getattr(row, name, "") if isinstance(row, models.Model) else ""


def plural(count: int, one: str, many: str = "") -> str:
    return wording.plural(count, one, many)


def copy_button(text: str, label: str) -> SafeString:
    """A small button that copies ``text``; ``label`` says so: ``Copy the key``."""
    return format_html(
        '<button type="button" class="copy" data-copy="{}" aria-label="{}">{}</button>', text, label, icon("copy")
    )


def here_with(request: HttpRequest, **changes: Any) -> str:
    """The present address's query with changes; an empty value takes the field out. Paging starts again."""
    params = request.GET.copy()
    for name in ("before", "after"):
        params.pop(name, None)
    for name, value in changes.items():
        params.pop(name, None)
        if value not in ("", None):
            params[name] = str(value)
    text = params.urlencode()
    return f"?{text}" if text else "?"
