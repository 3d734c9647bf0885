"""The queue page of the workbench, read in a handful of statements however many cases wait."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.db.models import Count, Max, Q, QuerySet, Sum
from django.http import QueryDict
from django.utils.translation import gettext as _

from apps.accounts.caller import Caller
from apps.accounts.models import Role, User
from apps.casework.models import CaseKind, ExceptionCase, Queue
from apps.casework.states import STANDING
from apps.channels.models import Channel
from apps.console.cases.clock import clock_of
from apps.console.cases.filters import ME, NOBODY
from apps.console.cases.order import ORDERS, in_order, places
from apps.console.models import SavedView
from apps.console.shell.exporting import amount, iso
from apps.console.shell.visibility import cases_for, nodes_for
from apps.core import clock, keyset
from apps.core.process_cache import get_or_load
from apps.ui import chips
from apps.ui.chips import Chip
from apps.ui.language import choices, translated
from apps.ui.paging import MOST_COUNTED, Sheet, sheet

SIZE = 50
CHUNK = 1_000
MOST_EXPORTED = 50_000
NO_QUEUE = "none"
COLUMNS = (
    "case", "type", "severity", "priority", "state", "waiting_on", "queue", "owner", "order", "channel",
    "customer_tier", "country", "node", "currency", "value_at_risk", "opened_at", "next_due_at", "breached_at",
    "occurrences", "problem", "resolution", "reason_code",
)  # fmt: skip
# What a row of the list shows; the rest is not fetched.
SHOWN = (
    "public_id", "type", "severity", "state", "sentence", "occurrences", "opened_at", "waiting_on", "value_minor",
    "currency", "next_due_at", "breached_at", "order__external_number", "order__external_id", "order__public_id",
    "owner__username", "owner__first_name", "owner__last_name", "queue__name", "detail",
)  # fmt: skip
HEAVY = ("detail",)


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case with what the list says of it."""

    case: ExceptionCase
    kind: str
    clock: Chip
    mine: bool


@dataclass(frozen=True, slots=True)
class Tab:
    label: str
    query: str
    count: int
    current: bool
    view: SavedView | None = None
    own: bool = False


def case_sheet(rows: QuerySet[ExceptionCase], sort: str, params: QueryDict, *, total: int) -> Sheet[ExceptionCase]:
    """The page of the list that the address asks for; of each case no more than its place, see `shown_rows`."""
    return sheet(places(rows, sort), params, keys=ORDERS[sort], size=SIZE, total=str(total))


def most_urgent_rows(rows: QuerySet[ExceptionCase], user: User, count: int) -> list[CaseRow]:
    return shown_rows(list(in_order(rows, "")[:count]), user)


def shown_rows(placed: Iterable[ExceptionCase], user: User) -> list[CaseRow]:
    """The same cases in the same order, with what a row shows."""
    # Sorted by key alone first: joined, every order of every case would be read only to be thrown away.
    keys = [case.pk for case in placed]
    found = ExceptionCase.objects.filter(pk__in=keys).select_related("order", "owner", "queue").only(*SHOWN)
    by_key = {case.pk: case for case in found}
    return case_rows([by_key[key] for key in keys if key in by_key], user)


def case_rows(cases: Iterable[ExceptionCase], user: User) -> list[CaseRow]:
    now, names = clock.now(), kind_names()
    return [
        CaseRow(
            case,
            translated(names.get(case.type, "")) or chips.word("casetype", case.type),
            clock_of(case, now),
            case.owner_id == user.pk,
        )
        for case in cases
    ]


def kind_names() -> dict[str, str]:
    """What people call each type of case, the ones they made themselves too."""
    return get_or_load("case_kinds", "", lambda: dict(CaseKind.objects.order_by().values_list("code", "name")))


def tabs_of(caller: Caller, user: User, query_now: str) -> list[Tab]:
    """All, mine, nobody's, each queue, and the views that are kept; with how many cases stand in the first ones."""
    standing = cases_for(caller).filter(state__in=STANDING).order_by()
    mine, free = Count("pk", filter=Q(owner=user)), Count("pk", filter=Q(owner__isnull=True))
    counted = list(standing.values_list("queue_id").annotate(count=Count("pk"), mine=mine, free=free))
    by_queue = {queue: count for queue, count, _mine, _free in counted}
    found = [
        (_("All"), "", sum(by_queue.values())), (_("Mine"), f"owner={ME}", sum(row[2] for row in counted)),
        (_("Unassigned"), f"owner={NOBODY}", sum(row[3] for row in counted)),
    ]  # fmt: skip
    for queue in queues():
        found.append((translated(queue.name), urlencode({"queue": queue.code}), by_queue.get(queue.pk, 0)))
    tabs = [Tab(label, query, count, query == query_now) for label, query, count in found]
    for view in SavedView.objects.filter(Q(user=user) | Q(shared=True), page="cases").order_by("pk"):
        own = view.user_id == user.pk
        tabs.append(Tab(view.name, view.query, 0, view.query == query_now, view, own))
    return tabs


def pulse_of(rows: QuerySet[ExceptionCase], *, ended: bool = False) -> tuple[str, int]:
    """(a short text that changes whenever the list would, how many there are), in one look.

    It changes when a case came, went, was changed, or ran out of time. What has ended changes no more, and is counted
    no further than is useful.
    """
    if ended:
        last = rows.order_by("-pk").values_list("pk", flat=True).first()
        count = rows.order_by()[:MOST_COUNTED].count()
        return f"{count}-{last or 0}", count
    found = rows.order_by().aggregate(
        count=Count("pk"),
        versions=Sum("version"),
        seen=Max("last_seen_at"),
        late=Count("breached_at"),
        due=Max("next_due_at"),
    )
    seen, due = found["seen"], found["due"]
    stamp = f"{seen.timestamp():.3f}" if seen else "0"
    pulse = f"{found['count']}-{found['versions'] or 0}-{stamp}-{found['late']}-{int(due.timestamp()) if due else 0}"
    return pulse, found["count"]


def choices_of(caller: Caller) -> Mapping[str, object]:
    """What the filters offer."""
    return {
        "kinds": sorted(choices({**dict(chips.CASE_TYPES), **kind_names()}.items()), key=lambda pair: pair[1]),
        "queues": queues(),
        "people": staff(),
        "channels": list(Channel.objects.order_by("name").values_list("code", "name")),
        "nodes": list(nodes_for(caller).values_list("code", "name")),
    }


def staff() -> Sequence[User]:
    """Whom a case can be given to."""
    rows = User.objects.filter(is_active=True, is_staff=True).exclude(role=Role.INTEGRATOR)
    return get_or_load("case_people", "", lambda: list(rows.order_by("first_name", "username")[:200]), seconds=5.0)


def queues() -> Sequence[Queue]:
    """Where a case can be put, from left to right."""
    return get_or_load("case_queues", "", lambda: list(Queue.objects.all()))


def case_cells(rows: QuerySet[ExceptionCase], sort: str) -> Iterator[list[object]]:
    """The cases that fit, as they are sorted."""
    names, rows = kind_names(), rows.select_related("order", "owner", "queue").defer(*HEAVY)
    for chunk in keyset.chunks(in_order(rows, sort), ORDERS[sort], size=CHUNK, most=MOST_EXPORTED):
        for case in chunk:
            yield _cells(case, names)


def _cells(case: ExceptionCase, names: Mapping[str, str]) -> list[object]:
    return [
        case.public_id, names.get(case.type) or chips.english_word("casetype", case.type), case.severity, case.priority,
        case.state, case.waiting_on, case.queue.name if case.queue else "", str(case.owner) if case.owner else "",
        case.order.number if case.order else "", case.channel, case.customer_tier, case.country, case.node,
        case.currency, amount(case.value_minor, case.currency) if case.currency else "", iso(case.opened_at),
        _moment(case.next_due_at), _moment(case.breached_at), case.occurrences, case.sentence, case.resolution,
        case.reason_code,
    ]  # fmt: skip


def _moment(moment: datetime | None) -> str:
    return iso(moment) if moment else ""
