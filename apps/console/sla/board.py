"""The SLA board: what is late, what is next, where, and what keeps being late."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Case, Count, QuerySet, Value, When
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from apps.accounts.caller import Caller
from apps.console.shell.visibility import orders_for
from apps.console.sla.subjects import Subject, subjects_of
from apps.core import clock
from apps.network.models import Node
from apps.sla.active_policy import Place, book_in_force
from apps.sla.models import SlaPolicyVersion, SlaTimer
from apps.sla.patterns import PastBreach, Pattern, patterns
from apps.sla.rules import Policy, read_policy
from apps.sla.stages import STAGES, DeadlineBasis, Of
from apps.sla.states import STANDING, TimerState
from apps.sla.time_in_state import TypicalDuration, typical_stays
from apps.ui.chips import Chip, word
from apps.ui.language import translated
from apps.ui.wording import duration

NEXT, LATEST = 30, 12
MOST_LATES = 5_000
DAYS = 7
RECENT_ORDERS = 500
# How urgent, its words, and the tone and drawing it is shown with; the time left decides.
BUCKETS = (
    ("late", gettext_noop("Late"), "red", "alert"),
    ("soon", gettext_noop("Within 15 min"), "amber", "clock"),
    ("hour", gettext_noop("Within the hour"), "blue", "clock"),
    ("later", gettext_noop("Later"), "teal", "check"),
    ("paused", gettext_noop("Paused"), "gray", "pause"),
)
SOON, HOUR = timedelta(minutes=15), timedelta(hours=1)


def buckets() -> list[tuple[str, str, str, str]]:
    """How urgent, in words, with tone and drawing."""
    return [(name, translated(label), tone, icon) for name, label, tone, icon in BUCKETS]


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a bar: ``x`` and ``width`` in per cent of the busiest row."""

    bucket: str
    label: str
    tone: str
    x: float
    width: float
    count: int


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One row of the picture: a stage or a node, with its clocks by urgency."""

    value: str
    label: str
    icon: str
    parts: list[Part]
    late: int
    total: int


@dataclass(frozen=True, slots=True)
class Row:
    """One clock, as it is listed. ``chip`` says how long is left, or since when it is late."""

    pk: int
    chip: Chip
    stage: str
    icon: str
    about: Subject
    node: str
    due: datetime
    rule: str


@dataclass(frozen=True, slots=True)
class StateDuration:
    """How long things stand in a state; ``share``: the median beside the longest one, per cent."""

    label: str
    typical: TypicalDuration
    share: float


@dataclass(frozen=True, slots=True)
class Board:
    figures: list[tuple[str, str, str, int]]
    stages: list[BoardRow]
    nodes: list[BoardRow]
    next: list[Row]
    late: list[Row]
    patterns: list[Pattern]
    stays: dict[str, list[StateDuration]]
    policy: SlaPolicyVersion | None
    any_ever: bool


def timers_for(caller: Caller) -> QuerySet[SlaTimer]:
    """Somebody whose job is one node sees the clocks of that node."""
    rows = SlaTimer.objects.all()
    return rows.filter(node__code__in=caller.nodes) if caller.nodes else rows


def board(caller: Caller, asked: QueryDict) -> Board:
    """All of the page, in a dozen bounded statements."""
    now, book = clock.now(), book_in_force()
    stage, node = asked.get("stage", ""), asked.get("node", "")
    mine = timers_for(caller)
    counts = _counts(mine, now)
    standing = mine.filter(state__in=STANDING)
    listed = standing.filter(stage=stage) if stage in STAGES else standing
    listed = listed.filter(node__code=node) if node in book.calendars.by_node_code else listed
    return Board(
        figures=_figures(counts, mine, now),
        stages=_strips(counts, "stage", {key: translated(about.label) for key, about in STAGES.items()}),
        nodes=_strips(counts, "node", {place.pk: place.name for place in book.places.values()}, book.places),
        next=_rows(listed.filter(due_at__gte=now).order_by("due_at", "pk"), NEXT, now),
        late=_rows(listed.filter(due_at__lt=now).order_by("-due_at", "pk"), LATEST, now),
        patterns=_patterns(mine, book.places, now),
        stays=_stays(caller),
        policy=book.version,
        any_ever=bool(counts) or mine.exists(),
    )


def _counts(rows: QuerySet[SlaTimer], now: datetime) -> list[tuple[str, int | None, str, int]]:
    """(stage, node, how urgent, how many) of all standing clocks, in one statement."""
    bucket = Case(
        When(state=TimerState.PAUSED, then=Value("paused")),
        When(due_at__lt=now, then=Value("late")),
        When(due_at__lt=now + SOON, then=Value("soon")),
        When(due_at__lt=now + HOUR, then=Value("hour")),
        default=Value("later"),
    )
    found = rows.filter(state__in=STANDING).annotate(bucket=bucket).order_by().values_list("stage", "node_id", "bucket")
    return list(found.annotate(count=Count("pk")))


def _figures(
    counts: Iterable[tuple[str, int | None, str, int]], mine: QuerySet[SlaTimer], now: datetime
) -> list[tuple[str, str, str, int]]:
    """(label, icon, tone, number) of the tiles."""
    by_bucket = dict.fromkeys((row[0] for row in BUCKETS), 0)
    for _stage, _node, bucket, count in counts:
        by_bucket[bucket] += count
    day = mine.filter(breached_at__gte=now - timedelta(days=1)).count()
    return [
        (_("Late now"), "alert", "red" if by_bucket["late"] else "gray", by_bucket["late"]),
        (_("Due within the hour"), "clock", "amber", by_bucket["soon"] + by_bucket["hour"]),
        (_("Running"), "pulse", "teal", sum(by_bucket.values()) - by_bucket["paused"]),
        (_("Paused"), "pause", "gray", by_bucket["paused"]),
        (_("Breaches in 24 h"), "x-circle", "gray", day),
    ]


def _strips(
    counts: Iterable[tuple[str, int | None, str, int]],
    by: str,
    labels: Mapping[Any, str],
    places: dict[int, Place] | None = None,
) -> list[BoardRow]:
    sums: dict[str | int, dict[str, int]] = {}
    for stage, node, bucket, count in counts:
        key = stage if by == "stage" else node
        if key is not None:
            of = sums.setdefault(key, {})
            of[bucket] = of.get(bucket, 0) + count
    widest = max((sum(of.values()) for of in sums.values()), default=1)
    strips = [_strip(key, sums[key], widest, str(labels[key]), places) for key in labels if key in sums]
    return strips if by == "stage" else sorted(strips, key=lambda one: (-one.late, -one.total, one.label))[:12]


def _strip(key: str | int, of: dict[str, int], widest: int, label: str, places: dict[int, Place] | None) -> BoardRow:
    parts, x = [], 0.0
    for name, bucket, tone, _icon in BUCKETS:
        if of.get(name):
            width = 100 * of[name] / widest
            parts.append(Part(name, translated(bucket), tone, x, width, of[name]))
            x += width
    value = places[int(key)].code if places is not None else str(key)
    icon = "warehouse" if places is not None else STAGES[str(key)].icon
    return BoardRow(value, label, icon, parts, of.get("late", 0), sum(of.values()))


def _rows(rows: QuerySet[SlaTimer], most: int, now: datetime) -> list[Row]:
    """Clocks that run; paused ones are not in a hurry."""
    found = list(rows.filter(state=TimerState.RUNNING).select_related("order", "node")[:most])
    policies = _policies({timer.policy_id for timer in found})
    subjects = subjects_of(found)
    return [_row(timer, policies[timer.policy_id], subjects[timer.pk], now) for timer in found]


def _policies(ids: Iterable[int]) -> dict[int, Policy]:
    """Each version read once, however many clocks run by it."""
    rows = SlaPolicyVersion.objects.filter(pk__in=set(ids)).values_list("pk", "content")
    return {pk: read_policy(content) for pk, content in rows}


def _row(timer: SlaTimer, policy: Policy, subject: Subject, now: datetime) -> Row:
    about = STAGES[timer.stage]
    rule = translated(policy.rules[timer.rule].name) if timer.rule < len(policy.rules) else ""
    return Row(
        timer.pk, left_chip(timer, now), translated(about.label), about.icon, subject,
        timer.node.name if timer.node else "", timer.due_at, rule,
    )  # fmt: skip


def left_chip(timer: SlaTimer, now: datetime) -> Chip:
    """How much time is left, as words with a drawing: never a colour alone."""
    if timer.state == TimerState.PAUSED:
        return Chip(
            _("Paused, {span} left").format(span=duration(timedelta(seconds=timer.left_s or 0))), "pause", "gray"
        )
    if timer.state not in STANDING:
        return Chip(translated(timer.get_state_display()), *_ENDED[timer.state])
    left = timer.due_at - now
    if left <= timedelta():
        return Chip(_("Late by {span}").format(span=duration(-left)), "alert", "red")
    return Chip(_("{span} left").format(span=duration(left)), "clock", "amber" if left < HOUR else "teal")


_ENDED: dict[str, tuple[str, str]] = {
    TimerState.MET: ("check-circle", "green"),
    TimerState.MISSED: ("x-circle", "red"),
    TimerState.VOID: ("minus", "gray"),
}


def _patterns(mine: QuerySet[SlaTimer], places: dict[int, Place], now: datetime) -> list[Pattern]:
    since = now - timedelta(days=DAYS)
    rows = mine.filter(breached_at__gte=since).order_by("-breached_at")
    rows_late = list(rows.values_list("stage", "node_id", "policy_id", "rule", "due_at", "stream")[:MOST_LATES])
    policies = _policies(row[2] for row in rows_late)
    lates = [_late(row, policies, places) for row in rows_late]
    days = [(now - timedelta(days=back)).date() for back in range(DAYS)]
    seen = {late.node for late in lates}
    working = {
        place.code: [day for day in days if place.hours.is_working_day(day)]
        for place in places.values()
        if place.code in seen
    }
    return patterns(lates, working, days=days)[:6]


def _late(
    row: tuple[str, int | None, int, int, datetime, str], policies: dict[int, Policy], places: dict[int, Place]
) -> PastBreach:
    stage, node_id, policy_id, number, due_at, stream = row
    # A case that nobody looked at is not the fault of the node it is about.
    ours = STAGES[stage].of in (Of.CASE, Of.APPROVAL)
    place = None if ours else places.get(node_id or 0)
    rules = policies[policy_id].rules
    by_cutoff = number < len(rules) and rules[number].by == DeadlineBasis.CUTOFF
    cutoff = place.cutoff if place and by_cutoff else None
    local = due_at.astimezone(ZoneInfo(place.time_zone if place else "UTC"))
    return PastBreach(stage, place.name if place else "", local, stream, place.code if place else "", cutoff)


def _stays(caller: Caller) -> dict[str, list[StateDuration]]:
    """Typical time in state of the latest orders and their fulfillment orders."""
    refs: Sequence[str] = list(orders_for(caller).order_by("-pk").values_list("public_id", flat=True)[:RECENT_ORDERS])
    found: dict[str, list[StateDuration]] = {"order": [], "fulfillment": []}
    all_of = typical_stays(refs) if refs else []
    for kind, states in (("order", _ORDER_STATES), ("fulfillment", _GOODS_STATES)):
        mine = {one.state: one for one in all_of if one.kind == kind}
        longest = max((one.median for one in mine.values()), default=timedelta(seconds=1)) or timedelta(seconds=1)
        found[kind] = [
            StateDuration(word(kind, state), mine[state], 100 * (mine[state].median / longest))
            for state in states
            if state in mine
        ]
    return found


_ORDER_STATES = ("received", "validated", "routed", "released", "shipped")
_GOODS_STATES = ("open", "accepted", "picked", "packed", "shipped")


def nodes_of(caller: Caller) -> QuerySet[Node]:
    rows = Node.objects.filter(active=True).order_by("name")
    return rows.filter(code__in=caller.nodes) if caller.nodes else rows
