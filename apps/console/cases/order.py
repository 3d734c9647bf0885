"""In which order cases stand in a list, and who stands before and after whom.

Every order ends in the primary key, so that no two cases share a place: the next case, and the next thousand of an export,
are those beyond the place of the last one.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.db.models import Case, DateTimeField, DurationField, ExpressionWrapper, F, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce, Least
from django.utils.translation import gettext_noop

from apps.casework.models import ExceptionCase
from apps.casework.states import CaseState
from apps.core import clock, keyset

SORTS = (
    ("", gettext_noop("Most urgent")), ("oldest", gettext_noop("Oldest")), ("newest", gettext_noop("Newest")), ("value", gettext_noop("Most value")), ("active", gettext_noop("Last seen")),
)  # fmt: skip
ORDERS: dict[str, tuple[keyset.Key, ...]] = {
    "": keyset.keys_of("turn", "pressing", "priority", "pk"),
    "oldest": keyset.keys_of("opened_at", "pk"),
    "newest": keyset.NEWEST_FIRST,
    "value": keyset.keys_of("-value_minor", "pk"),
    "active": keyset.keys_of("-last_seen_at", "-pk"),
}
ANNOTATED = ("turn", "pressing")
NEVER = datetime(9999, 1, 1, tzinfo=UTC)
# A step of priority weighs as much as an hour of time left.
STEP = timedelta(hours=1)
LATE, RUNNING, NO_CLOCK, PAUSED = range(4)

_PAUSED = Q(state=CaseState.WAITING, next_due_at__isnull=True)
# A case that was answered late is late no more; one that nobody has answered yet still is, whatever clock runs next.
_RUN_OUT = Q(breached_at__isnull=False) & (Q(next_due_at__isnull=True) | Q(first_response_at__isnull=True))


def in_order(rows: QuerySet[ExceptionCase], sort: str, *, now: datetime | None = None) -> QuerySet[ExceptionCase]:
    """Sorted. Most urgent: what is late first, then by time left weighed with priority, what is paused last."""
    return keyset.ordered(_placed(rows, sort, now or clock.now()), ORDERS[sort])


def places(rows: QuerySet[ExceptionCase], sort: str) -> QuerySet[ExceptionCase]:
    """With their places in the list and nothing else, in no order yet."""
    columns = [key.name for key in ORDERS[sort] if key.name not in ANNOTATED]
    return _placed(rows, sort, clock.now()).only(*columns)


def beyond(
    rows: QuerySet[ExceptionCase], pk: int, sort: str, *, forward: bool = True, now: datetime | None = None
) -> QuerySet[ExceptionCase]:
    """What stands after (or before) a case, the nearest first, whether or not the case itself still stands among them."""
    now, keys = now or clock.now(), ORDERS[sort]
    place = _placed(ExceptionCase.objects.filter(pk=pk), sort, now).values_list(*(key.name for key in keys)).get()
    further = keyset.beyond(keys, place, back=not forward)
    return keyset.ordered(_placed(rows, sort, now).filter(further), keys, back=not forward)


def _placed(rows: QuerySet[ExceptionCase], sort: str, now: datetime) -> QuerySet[ExceptionCase]:
    """With what the order asks for that is no column. ``now`` decides who is late, and nothing else."""
    if sort:
        return rows
    late = Q(next_due_at__lte=now) | _RUN_OUT
    turn = Case(
        When(_PAUSED, then=Value(PAUSED)),
        When(late, then=Value(LATE)),
        When(next_due_at__isnull=True, then=Value(NO_CLOCK)),
        default=Value(RUNNING),
    )
    due = Case(
        When(late, then=Least("next_due_at", "breached_at")),
        default=Coalesce("next_due_at", Value(NEVER)),
        output_field=DateTimeField(),
    )
    weight = ExpressionWrapper(F("priority") * Value(STEP, DurationField()), output_field=DurationField())
    pressing = ExpressionWrapper(due + weight, output_field=DateTimeField())
    return rows.annotate(turn=turn, pressing=pressing)
