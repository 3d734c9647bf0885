"""How every shop, partner and webhook endpoint is: its calls, whether anything is sent to it, what waits, what was given up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from django.db.models import Count, Min, QuerySet

from apps.casework import visibility
from apps.casework.visibility import Reader
from apps.channels.framework.registry import adapters as channel_adapters
from apps.channels.models import Channel
from apps.core import clock
from apps.core.process_cache import get_or_load
from apps.integrations.framework.registry import adapters as partner_adapters
from apps.integrations.models import Partner
from apps.orchestration.called import CALLING, with_called
from apps.orchestration.models import RunState, StepRun
from apps.orchestration.selectors import parked_runs
from apps.outbound.models import Breaker
from apps.outbound.selectors import CallFigures, all_breakers, call_figures
from apps.outbound.states import CounterpartKind
from apps.webhooks.models import Delivery, WebhookEndpoint
from apps.webhooks.states import DeliveryState

PARTNER, SHOP, WEBHOOK = CounterpartKind.PARTNER, CounterpartKind.SHOP, CounterpartKind.WEBHOOK
CALLS_OF = timedelta(days=1)
# How old what is shown may be: a page that many keep open is counted once for all of them.
COUNTED_FOR_S = 5.0
Whom = tuple[str, str]


class Standing(StrEnum):
    """Whether a counterpart is called; the worst first. ``probing``: the next call shows whether it is well again."""

    OPEN = "open"
    QUIET = "quiet"
    PROBING = "probing"
    CLOSED = "closed"
    UNCALLED = "uncalled"
    OFF = "off"


_WORST_FIRST = (Standing.OPEN, Standing.QUIET, Standing.PROBING, Standing.CLOSED)


@dataclass(frozen=True, slots=True)
class ContractInUse:
    """``version`` of the external contract; ``ends_on``: its vendor ends it."""

    title: str
    version: str
    ends_on: date | None

    @property
    def days_left(self) -> int | None:
        return (self.ends_on - clock.now().date()).days if self.ends_on else None


@dataclass(frozen=True, slots=True)
class CounterpartHealth:
    """``part``: where only a part of it stands so, its name (a partner's location, a shop's usage plan); ``until``: nothing is sent
    before. ``backlog``: what waits to be sent or asked, ``waiting_since`` the oldest. ``pk``: of the row it is set up by."""

    kind: str
    code: str
    name: str
    pk: int
    standing: Standing
    part: str = ""
    until: datetime | None = None
    calls: CallFigures = field(default_factory=CallFigures)
    backlog: int = 0
    waiting_since: datetime | None = None
    dead_letters: int = 0
    contract: ContractInUse | None = None

    @property
    def needs_somebody(self) -> bool:
        return self.standing in (Standing.OPEN, Standing.QUIET, Standing.PROBING) or bool(self.dead_letters)


def integrations_for(reader: Reader) -> list[CounterpartHealth]:
    """Those whose figures the reader may see; what needs somebody first, then by name."""
    found = get_or_load("integrations", "health", _all, seconds=COUNTED_FOR_S)
    if not (reader.channels or reader.nodes):
        return found
    mine = {
        *((SHOP, code) for code in visibility.selling_channels(reader).values_list("code", flat=True)),
        *((PARTNER, code) for code in visibility.partners(reader).values_list("code", flat=True)),
        *((WEBHOOK, code) for code in visibility.endpoints(reader).values_list("public_id", flat=True)),
    }
    return [one for one in found if (one.kind, one.code) in mine]


@dataclass(frozen=True, slots=True)
class _Facts:
    breakers: Mapping[Whom, Sequence[Breaker]]
    calls: Mapping[Whom, CallFigures]
    backlog: Mapping[Whom, tuple[int, datetime | None]]
    dead: Mapping[Whom, int]


def _all() -> list[CounterpartHealth]:
    channels, partners = list(Channel.objects.all()), list(Partner.objects.all())
    endpoints = list(WebhookEndpoint.objects.all())
    whom: list[Whom] = [
        *((SHOP, one.code) for one in channels),
        *((PARTNER, one.code) for one in partners),
        *((WEBHOOK, one.public_id) for one in endpoints),
    ]
    figures = call_figures(whom, since=clock.now() - CALLS_OF)
    facts = _Facts(all_breakers(), figures, _backlog(), dead_letters_of())
    rows = [
        *(_health(SHOP, one.code, one, one.active, facts, _contract_of_shop(one)) for one in channels if one.base_url),
        *(_health(PARTNER, one.code, one, one.active, facts, _contract_of_partner(one)) for one in partners),
        *(_health(WEBHOOK, one.public_id, one, one.sends, facts, None) for one in endpoints),
    ]
    return sorted(rows, key=lambda one: (not one.needs_somebody, one.name.casefold(), one.kind, one.code))


def _health(
    kind: str,
    code: str,
    row: Channel | Partner | WebhookEndpoint,
    active: bool,
    facts: _Facts,
    contract: ContractInUse | None,
) -> CounterpartHealth:
    standing, part, until = _standing(row.name, facts.breakers.get((kind, code), ()))
    waiting, since = facts.backlog.get((kind, code), (0, None))
    return CounterpartHealth(
        kind=str(kind),
        code=code,
        name=row.name,
        pk=row.pk,
        standing=standing if active else Standing.OFF,
        part=part if active else "",
        until=until if active else None,
        calls=facts.calls[kind, code],
        backlog=waiting,
        waiting_since=since,
        dead_letters=facts.dead.get((kind, code), 0),
        contract=contract,
    )


def _standing(name: str, breakers: Sequence[Breaker]) -> tuple[Standing, str, datetime | None]:
    """The worst of its parts; named only where others stand better."""
    now, found = clock.now(), []
    for row in breakers:
        standing, until = _standing_of(row, now)
        found.append((_WORST_FIRST.index(standing), row, until))
    if not found:
        return Standing.UNCALLED, "", None
    worst, row, until = min(found, key=lambda one: (one[0], one[1].pk))
    alike = all(one[0] == worst for one in found)
    return _WORST_FIRST[worst], "" if alike else row.name.removeprefix(f"{name} · "), until


def _standing_of(row: Breaker, now: datetime) -> tuple[Standing, datetime | None]:
    if row.wait_until and row.wait_until > now:
        return Standing.QUIET, row.wait_until
    if row.open_until is None:
        return Standing.CLOSED, None
    return (Standing.OPEN, row.open_until) if row.open_until > now else (Standing.PROBING, None)


def _contract_of_shop(channel: Channel) -> ContractInUse | None:
    adapter = channel_adapters().get(channel.kind)
    return ContractInUse(adapter.title, adapter.version, adapter.deprecated_on) if adapter else None


def _contract_of_partner(partner: Partner) -> ContractInUse | None:
    adapter = partner_adapters().get(partner.adapter)
    return ContractInUse(adapter.title, adapter.version, adapter.deprecated_on) if adapter else None


def _backlog() -> dict[Whom, tuple[int, datetime | None]]:
    """What waits for each; of webhooks their deliveries, also those kept while an endpoint is off."""
    steps = sorted(CALLING - {"send_webhook"})
    found: dict[Whom, tuple[int, datetime | None]] = {}
    for state in (RunState.DUE, RunState.RUNNING):
        runs = StepRun.objects.filter(state__spelled=[state], step__in=steps)
        for kind, code, count, first in _by_called(runs):
            before, since = found.get((kind, code), (0, None))
            found[kind, code] = (before + count, min(filter(None, (since, first)), default=None))
    owed = Delivery.objects.filter(state__in=[DeliveryState.PENDING, DeliveryState.HELD]).order_by()
    for code, count, first in owed.values_list("endpoint__public_id").annotate(n=Count("pk"), first=Min("made_at")):
        found[WEBHOOK, code] = (count, first)
    return found


def dead_letters_of() -> dict[Whom, int]:
    """How much was given up, by whom it was meant for: steps that stopped and deliveries whose attempts are spent."""
    found: dict[Whom, int] = {(kind, code): count for kind, code, count, _ in _by_called(parked_runs())}
    given_up = Delivery.objects.filter(state=DeliveryState.FAILED).order_by()
    for code, count in given_up.values_list("endpoint__public_id").annotate(n=Count("pk")):
        found[WEBHOOK, code] = found.get((WEBHOOK, code), 0) + count
    return found


def _by_called(runs: QuerySet[StepRun]) -> Iterable[tuple[str, str, int, datetime]]:
    rows = with_called(runs).order_by().values_list("called_kind", "called")
    yield from rows.annotate(n=Count("pk"), first=Min("created_at"))
