"""Which cases a workbench page shows: read from the address, so that it can be shared and kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_noop

from apps.accounts.caller import Caller
from apps.accounts.models import User
from apps.casework.models import CaseAction, ExceptionCase
from apps.casework.redaction import redaction_for
from apps.casework.states import STANDING, ActionState, CaseState, Severity, WaitingOn
from apps.console.cases.order import ORDERS, in_order
from apps.console.shell.search import matching_orders
from apps.console.shell.visibility import cases_for
from apps.core import clock

ME, NOBODY = "me", "nobody"
SOON = timedelta(hours=1)
CLOCKS = (
    ("late", gettext_noop("Late")),
    ("soon", gettext_noop("Due within the hour")),
    ("running", gettext_noop("In time")),
    ("paused", gettext_noop("Paused or none")),
)
MOST_FOUND = 2_000


@dataclass(frozen=True, slots=True)
class CaseFilters:
    """What the address asks for; what it says that makes no sense is left out. ``least`` in major units of money."""

    queue: str = ""
    state: str = ""
    type: str = ""
    severity: str = ""
    owner: str = ""
    waiting: str = ""
    clock: str = ""
    channel: str = ""
    tier: str = ""
    country: str = ""
    node: str = ""
    least: int | None = None
    q: str = ""
    sort: str = ""

    @property
    def ended(self) -> bool:
        return self.state in (CaseState.RESOLVED, CaseState.DISMISSED)

    @property
    def narrowed(self) -> bool:
        """Whether anything but the queue and the sorting is asked for."""
        return replace(self, queue="", sort="") != CaseFilters()


def read_case_filters(params: QueryDict) -> CaseFilters:
    ended = params.get("state", "") in (CaseState.RESOLVED, CaseState.DISMISSED)
    word = {name: params.get(name, "").replace("\x00", "").strip()[:64] for name in params}
    return CaseFilters(
        queue=word.get("queue", ""),
        state=_one_of(word.get("state", ""), CaseState.values),
        type=word.get("type", ""),
        severity=_one_of(word.get("severity", ""), Severity.values),
        owner=word.get("owner", ""),
        waiting=_one_of(word.get("waiting", ""), WaitingOn.values),
        clock=_one_of(word.get("clock", ""), [value for value, _label in CLOCKS]),
        channel=word.get("channel", ""),
        tier=word.get("tier", ""),
        country=word.get("country", "").upper()[:2],
        node=word.get("node", ""),
        least=_whole(word.get("least", "")),
        q=word.get("q", ""),
        # What has ended falls due no more: the newest first, which there is an index for.
        sort=_one_of(word.get("sort", ""), list(ORDERS)) or ("newest" if ended else ""),
    )


def _one_of(text: str, allowed: Sequence[str]) -> str:
    return text if text in allowed else ""


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else None


def query_of(params: QueryDict) -> str:
    """The filters of an address, ready to be put into another one: no place in the list, nothing empty or foreign."""
    kept = QueryDict(mutable=True)
    for name in sorted(CaseFilters.__slots__):
        if text := params.get(name, "").replace("\x00", "").strip()[:64]:
            kept[name] = text
    return kept.urlencode()


def filtered_cases(caller: Caller, user: User, asked: CaseFilters) -> QuerySet[ExceptionCase]:
    """The cases the caller may see that fit, in no order yet. Standing ones, unless an ended state is asked for."""
    # Whether another's place is in it is not to be found out by asking for it.
    rows = cases_for(caller) if not asked.node or caller.may_node(asked.node) else ExceptionCase.objects.none()
    rows = rows.filter(state=asked.state) if asked.state else rows.filter(state__in=STANDING)
    exact = {
        "queue__code": asked.queue, "type": asked.type, "severity": asked.severity, "waiting_on": asked.waiting,
        "channel": asked.channel, "customer_tier": asked.tier, "country": asked.country, "node": asked.node,
    }  # fmt: skip
    rows = rows.filter(**{name: value for name, value in exact.items() if value})
    if asked.least is not None:
        # Amounts of different currencies are compared by their figures: a filter of a list is no accounting.
        rows = rows.filter(value_minor__gte=asked.least * 100)
    rows = _owned(rows, user, asked.owner)
    rows = _timed(rows, asked.clock)
    return _named(rows, caller, asked.q) if asked.q else rows


def _owned(rows: QuerySet[ExceptionCase], user: User, owner: str) -> QuerySet[ExceptionCase]:
    if owner == ME:
        return rows.filter(owner=user)
    if owner == NOBODY:
        return rows.filter(owner__isnull=True)
    return rows.filter(owner__public_id=owner) if owner else rows


def _timed(rows: QuerySet[ExceptionCase], which: str) -> QuerySet[ExceptionCase]:
    now = clock.now()
    if which == "late":
        return rows.filter(Q(breached_at__isnull=False) | Q(next_due_at__lte=now))
    if which == "soon":
        return rows.filter(next_due_at__gt=now, next_due_at__lte=now + SOON)
    if which == "running":
        return rows.filter(breached_at__isnull=True, next_due_at__gt=now)
    return rows.filter(next_due_at__isnull=True) if which == "paused" else rows


def _named(rows: QuerySet[ExceptionCase], caller: Caller, term: str) -> QuerySet[ExceptionCase]:
    """By its own id, its order or who ordered, or words of its sentence."""
    orders = matching_orders(caller, term, limit=MOST_FOUND)
    return rows.filter(Q(order_id__in=orders) | Q(public_id__startswith=term.lower()) | _worded(rows, caller, term))


def _worded(rows: QuerySet[ExceptionCase], caller: Caller, term: str) -> Q:
    """Sentences are searched as the caller reads them: what is hidden in one can't be guessed letter by letter either."""
    if not caller.nodes:
        return Q(sentence__icontains=term)
    redaction, word = redaction_for(caller.nodes), term.casefold()
    sentences = rows.filter(sentence__icontains=term).order_by("-pk").values_list("pk", "sentence")[:MOST_FOUND]
    return Q(pk__in=[pk for pk, sentence in sentences if word in redaction.text(sentence).casefold()])


def standing_others(caller: Caller, case: ExceptionCase, term: str, *, most: int) -> list[ExceptionCase]:
    """Other cases that stand, by order, id or words, newest first; of a long list the newest are those that are meant."""
    rows = _named(cases_for(caller).filter(state__in=STANDING).exclude(pk=case.pk), caller, term)
    return list(rows.select_related("order").order_by("-pk")[:most])


def most_urgent(
    rows: QuerySet[ExceptionCase], user: User, sort: str, *, leave_out: Sequence[str] = ()
) -> ExceptionCase | None:
    """What to do next: not waiting for something, not about to be settled, and not in the hands of a colleague."""
    free = rows.exclude(state=CaseState.WAITING).filter(Q(owner__isnull=True) | Q(owner=user))
    under_way = CaseAction.objects.filter(case=OuterRef("pk"), state=ActionState.CHOSEN)
    free = free.filter(~Exists(under_way)).exclude(public_id__in=leave_out)
    return in_order(free, sort).select_related(None).first()
