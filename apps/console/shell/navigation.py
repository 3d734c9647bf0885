"""The one list of places in the console, by job; the sidebar and the search both read it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.translation import gettext_noop

from apps.accounts.caller import Caller, caller_of_user
from apps.accounts.models import User
from apps.casework.approvals.selectors import waiting_for
from apps.casework.states import STANDING
from apps.console.shell.visibility import cases_for
from apps.console.sla.board import timers_for
from apps.core import clock
from apps.core.process_cache import get_or_load
from apps.orchestration.selectors import DeadLetters, dead_runs
from apps.sla.states import TimerState
from apps.ui.addresses import url
from apps.ui.language import translated

MOST_COUNTED = 100
# How old a number beside a place may be. Recounting them for every page cost as much as many a page.
COUNTED_FOR_S = 5.0


@dataclass(frozen=True, slots=True)
class Place:
    """One entry. ``scope`` empty: for all staff. ``under``: the addresses that count as being here."""

    label: str
    url: str
    icon: str
    scope: str = ""
    under: tuple[str, ...] = ()
    count: Callable[[Caller], int] | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A place as one person sees it now. ``badge`` empty: nothing waits there."""

    label: str
    href: str
    icon: str
    current: bool
    badge: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """``name``: what it is called here, in whichever language it is drawn."""

    name: str
    title: str
    entries: tuple[Entry, ...]


def _standing_cases(caller: Caller) -> int:
    return cases_for(caller).filter(state__in=STANDING)[:MOST_COUNTED].count()


def _approvals(caller: Caller) -> int:
    return waiting_for(caller)[:MOST_COUNTED].count()


def _late_clocks(caller: Caller) -> int:
    late = timers_for(caller).filter(state=TimerState.RUNNING, due_at__lt=clock.now())
    return late[:MOST_COUNTED].count()


def _parked(caller: Caller) -> int:
    return dead_runs(caller, DeadLetters())[:MOST_COUNTED].count()


WORK = (
    Place(gettext_noop("Today"), "console:home", "home"),
    Place(gettext_noop("Orders"), "console:orders", "orders", "orders:read", ("/orders/",)),
    Place(gettext_noop("Exceptions"), "console:cases", "alert", "cases:read", ("/exceptions/",), _standing_cases),
    Place(gettext_noop("Approvals"), "console:approvals", "check-doc", "approvals:read", ("/approvals/",), _approvals),
    Place(gettext_noop("Fulfillment"), "console:fulfillment", "box", "fulfillment:read", ("/fulfillment/",)),
    Place(gettext_noop("SLA"), "console:sla", "clock", "sla:read", ("/sla/",), _late_clocks),
    Place(gettext_noop("Stock"), "console:stock", "stock", "inventory:read", ("/stock/",)),
    Place(gettext_noop("Inbox"), "console:inbox", "inbox", "inbox:read", ("/inbox/",)),
    Place(gettext_noop("Integrations"), "console:integrations", "pulse", "network:read", ("/integrations/",)),
    Place(gettext_noop("Failed jobs"), "console:parked", "pause", "steps:retry", ("/parked/",), _parked),
)
CONFIGURATION = (
    Place(gettext_noop("Channels & contracts"), "console:channels", "plug", "channels:write",
        ("/channels/", "/admin/channels/", "/configuration/contracts/"),
    ),
    Place(gettext_noop("Network"), "admin:network_node_changelist", "network", "network:read", ("/admin/network/",)),
    Place(gettext_noop("Catalog"), "admin:catalog_sku_changelist", "tag", "catalog:read", ("/admin/catalog/",)),
    Place(gettext_noop("Catalog check"), "console:catalog_check", "check-doc", "catalog:write", ("/catalog/check/",)),
    Place(gettext_noop("Shop catalogs"), "console:catalog_imports", "download", "catalog:write",
        ("/catalog/imports/", "/catalog/fields/"),
    ),
    Place(gettext_noop("Routing policies"), "admin:routing_routingpolicyversion_changelist", "route", "network:read",
        ("/admin/routing/", "/configuration/policies/"),
    ),
    Place(gettext_noop("Limits"), "console:limits", "lock", "cases:read", ("/configuration/limits/",)),
    Place(gettext_noop("Queues & cases"), "admin:casework_queue_changelist", "filter", "casework:setup", ("/admin/casework/",)),
    Place(gettext_noop("Business calendars"), "admin:sla_slacalendar_changelist", "clock", "sla:write", ("/admin/sla/",)),
    Place(gettext_noop("Mail"), "console:mail", "mail", "casework:setup", ("/configuration/mail/",)),
    Place(gettext_noop("Webhooks"), "admin:webhooks_webhookendpoint_changelist", "send", "webhooks:write", ("/admin/webhooks/",)),
    Place(gettext_noop("Partners"), "console:partners", "handshake", "network:write", ("/partners/", "/admin/integrations/")),
    Place(gettext_noop("People & keys"), "admin:accounts_user_changelist", "people", "accounts:write", ("/admin/accounts/",)),
)  # fmt: skip


def sidebar(request: HttpRequest) -> tuple[Section, ...]:
    """The sections this person may use; an empty one is left out."""
    if not isinstance(request.user, User):
        return ()
    caller = caller_of_user(request.user)
    counts = _counts(caller)
    sections = [
        Section(
            name,
            translated(name),
            tuple(_entry(place, counts, request.path) for place in places if _may(caller, place)),
        )
        for name, places in ((gettext_noop("Work"), WORK), (gettext_noop("Configuration"), CONFIGURATION))
    ]
    return tuple(section for section in sections if section.entries)


def _counts(caller: Caller) -> Mapping[str, int]:
    """How much waits at each place that is counted, for this person, by the place's address."""

    def ask() -> dict[str, int]:
        return {place.url: place.count(caller) for place in WORK if place.count and _may(caller, place)}

    whose = f"{caller.actor} {caller.role} {' '.join(sorted(caller.nodes))}"
    return get_or_load("waiting", whose, ask, seconds=COUNTED_FOR_S)


def _may(caller: Caller, place: Place) -> bool:
    return not place.scope or place.scope in caller.scopes


def _entry(place: Place, counts: Mapping[str, int], path: str) -> Entry:
    href = url(place.url)
    count = counts.get(place.url, 0)
    badge = "" if not count else f"{MOST_COUNTED - 1}+" if count >= MOST_COUNTED else str(count)
    current = path == href or any(path.startswith(prefix) for prefix in place.under)
    return Entry(translated(place.label), href, place.icon, current, badge)


def places_named(caller: Caller, term: str) -> list[Entry]:
    """The places whose name has the term in it, for the search."""
    found = [
        p for p in (*WORK, *CONFIGURATION) if _may(caller, p) and term.casefold() in translated(p.label).casefold()
    ]
    return [Entry(translated(place.label), url(place.url), place.icon, current=False) for place in found]
