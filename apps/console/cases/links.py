"""The workbench's addresses and fixed choices: what its forms offer, and where they lead."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext_noop

from apps.casework.models import ExceptionCase
from apps.casework.states import CaseState, Severity, WaitingOn
from apps.console.cases.filters import CLOCKS, query_of
from apps.console.cases.order import SORTS
from apps.ui.language import choices, translated
from apps.ui.locale import countries


@dataclass(frozen=True, slots=True)
class Snooze:
    """One way to put a case aside. ``key`` is the key that chooses it while the dialog is open."""

    code: str
    label: str
    key: str


SNOOZES = (
    Snooze("hour", gettext_noop("In an hour"), "1"),
    Snooze("afternoon", gettext_noop("In four hours"), "2"),
    Snooze("tomorrow", gettext_noop("Tomorrow at 9:00"), "3"),
    Snooze("monday", gettext_noop("Next Monday at 9:00"), "4"),
    Snooze(WaitingOn.CUSTOMER, gettext_noop("When the customer answers"), "5"),
    Snooze(WaitingOn.PARTNER, gettext_noop("When the partner answers"), "6"),
    Snooze(WaitingOn.STOCK, gettext_noop("When stock arrives"), "7"),
)


def snoozes() -> list[Snooze]:
    """The ways to put a case aside, in the language of whoever looks."""
    return [replace(one, label=translated(one.label)) for one in SNOOZES]


def fixed_choices() -> dict[str, list[tuple[str, str]]]:
    """What the filters offer everybody."""
    return {
        "case_states": choices(CaseState.choices),
        "severities": choices(Severity.choices),
        "waitings": choices(WaitingOn.choices),
        "clocks": choices(CLOCKS),
        "sorts": choices(SORTS),
        "countries": countries(),
    }


def snoozed(code: str, now: datetime, zone: ZoneInfo) -> tuple[str, datetime | None] | None:
    """(what it waits on, until when) of a choice, None for nonsense. Mornings are those of ``zone``."""
    if code in (WaitingOn.CUSTOMER, WaitingOn.PARTNER, WaitingOn.STOCK):
        return code, None
    if code in ("hour", "afternoon"):
        return WaitingOn.TIME, now + timedelta(hours=1 if code == "hour" else 4)
    if code not in ("tomorrow", "monday"):
        return None
    here = now.astimezone(zone)
    days = 1 if code == "tomorrow" else 7 - here.weekday()
    return WaitingOn.TIME, datetime.combine(here.date() + timedelta(days=days), time(9), tzinfo=zone)


def with_query(address: str, query: str, *, play: bool = False) -> str:
    """The address with the list it belongs to, so that the next case is the next of that list."""
    parts = [part for part in (query, "play=1" if play else "") if part]
    return f"{address}?{'&'.join(parts)}" if parts else address


def with_values(address: str, **values: str) -> str:
    """The address with these values after what it asks for already."""
    return f"{address}{'&' if '?' in address else '?'}{urlencode(values)}"


def onwards(case: ExceptionCase, query: str, *, play: bool, stay: bool = False) -> str:
    """Where to go after something was done: the next case while playing, else the case itself."""
    query = query_of(QueryDict(query[:2000]))  # read again: it came in a form
    if play and not stay:
        return with_query(reverse("console:cases_play"), "&".join(p for p in (query, f"done={case.public_id}") if p))
    return with_query(reverse("console:case", args=[case.public_id]), query, play=play)


_PAGES = {  # by how a reference begins: (the page, the scope that may read it)
    "ord": ("console:order", "orders:read"),
    "ful": ("console:fulfillment_order", "fulfillment:read"),
    "msg": ("console:inbox_message", "inbox:read"),
    "level": ("console:level", "inventory:read"),
}


def page_of(ref: str, scopes: Collection[str]) -> str:
    """Where what a case is about has its page; empty where it has none, or this person may not read it."""
    kind, _, number = ref.partition(":") if ":" in ref else (ref.partition("_")[0], "", ref)
    name, scope = _PAGES.get(kind, ("", ""))
    if not name or scope not in scopes or (kind == "level" and not number.isdigit()):
        return ""
    return reverse(name, args=[int(number) if kind == "level" else number])
