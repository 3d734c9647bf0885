"""When the contracts of shops and partners end, and notifying operations in time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from apps.channels.framework.registry import adapters as channel_adapters
from apps.channels.models import Channel
from apps.core import clock
from apps.core.actor import Actor
from apps.core.bulk.advisory_locks import lock_name
from apps.core.ids import ID_LENGTH
from apps.core.models import Event
from apps.core.outbox import Fact, record
from apps.integrations.framework.registry import adapters as partner_adapters
from apps.integrations.models import Partner
from apps.orchestration.events import ContractEnding

# How many days ahead operations are notified; each once.
AHEAD = (7, 30, 60)
_CALENDAR = Actor("system", "calendar")


@dataclass(frozen=True, slots=True)
class Contract:
    """One version of an external contract. ``used_by``: names of the channels or partners that use it now."""

    title: str
    kind: str
    version: str
    partner: bool
    used_by: tuple[str, ...]
    ends_on: date | None
    breaks: str
    docs_url: str = ""

    def days_left(self, today: date) -> int | None:
        return (self.ends_on - today).days if self.ends_on else None

    @property
    def stream(self) -> str:
        return f"{self.kind}@{self.version}"[:ID_LENGTH]


def contracts() -> list[Contract]:
    """All there are: those that end first, then those without a date, by title."""
    shops = _names(Channel.objects.filter(active=True).order_by("name").values_list("kind", "name"))
    partners = _names(Partner.objects.filter(active=True).order_by("name").values_list("adapter", "name"))
    found = [
        Contract(a.title, kind, a.version, False, shops.get(kind, ()), a.deprecated_on, a.breaks, a.docs_url)
        for kind, a in channel_adapters().items()
    ] + [
        Contract(a.title, kind, a.version, True, partners.get(kind, ()), a.deprecated_on, a.breaks)
        for kind, a in partner_adapters().items()
    ]
    return sorted(found, key=lambda one: (one.ends_on or date.max, one.title.casefold()))


def _names(pairs: object) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for kind, name in pairs:  # type: ignore[attr-defined]
        found[kind] = (*found.get(kind, ()), name)
    return found


@transaction.atomic
def announce_endings() -> int:
    """Have operations notified of contracts in use that end in 60, 30 or 7 days, each once; how many were announced."""
    lock_name("contract endings")
    due = [(one, stage) for one in contracts() if one.used_by and (stage := _stage(one)) is not None]
    notified = set(
        Event.objects.filter(name=ContractEnding.spec.name, stream__in=[one.stream for one, _ in due])
        .values_list("stream", "data__ahead", "data__ends_on")
    )  # fmt: skip
    fresh = [(one, stage) for one, stage in due if (one.stream, stage, str(one.ends_on)) not in notified]
    facts = [
        Fact(
            ContractEnding(title=one.title, version=one.version, ends_on=str(one.ends_on), ahead=stage, breaks=one.breaks),
            0, "", one.stream,
        )
        for one, stage in fresh
    ]  # fmt: skip
    record(*facts, actor=_CALENDAR)
    return len(facts)


def _stage(one: Contract) -> int | None:
    """The nearest of the marks that was passed; None: it is further off, or over."""
    left = one.days_left(clock.now().date())
    if left is None or left < 0:
        return None
    return next((mark for mark in AHEAD if left <= mark), None)
