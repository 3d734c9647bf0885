"""Putting problems before people, one case per problem."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import OuterRef, Subquery

from apps.accounts.models import User
from apps.casework import events, selectors
from apps.casework.models import ExceptionCase
from apps.casework.models.cases import TEXT
from apps.casework.services.routing_cases import place_cases
from apps.core import clock
from apps.core.actor import Actor
from apps.core.bulk.bulk_insert import insert_rows
from apps.core.bulk.bulk_update import update_rows
from apps.core.context import Cause, caused_by, causes
from apps.core.outbox import Fact, record
from apps.core.text import Text
from apps.core.transactions import atomic_unless_buffered
from apps.orders.models import Order, OrderContact
from apps.orders.states import ContactRole

_REPEATED = ["occurrences", "last_seen_at", "sentence", "detail"]


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, in one ``sentence`` without personal data. ``subject_ref`` is what exactly it is about.

    ``stream``: where the event stands that it follows from. ``node``: code of the node it is about. ``value_minor``: what is
    at risk, in the order's minor units, or where there is no order in ``currency``'s; None: the order's total. ``severity``
    empty: that of its kind. ``owner_ref``: public id of whose it is from the start, whatever the queue's rules say.
    """

    type: str
    subject_ref: str
    sentence: str
    order_id: int | None = None
    stream: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)
    severity: str = ""
    node: str = ""
    value_minor: int | None = None
    currency: str = ""
    owner_ref: str = ""


def open_case(problem: Problem, *, actor: Actor) -> ExceptionCase:
    """Open one case, or add to the one standing for the same problem."""
    return open_cases([problem], actor=actor)[0]


@atomic_unless_buffered
def open_cases(problems: Sequence[Problem], *, actor: Actor) -> list[ExceptionCase]:
    """Open many cases at once; a problem that already has one standing, or was merged into one, adds to it."""
    unique = {(p.type, p.subject_ref): p for p in problems}
    standing = selectors.lock_standing_about(unique.keys())
    _add_repeats([(standing[key], problem) for key, problem in unique.items() if key in standing])
    opened = _open([problem for key, problem in unique.items() if key not in standing], actor=actor)
    found = standing | {(case.type, case.subject_ref): case for case in opened}
    return [found[key] for key in unique]


def _add_repeats(repeats: Sequence[tuple[ExceptionCase, Problem]]) -> None:
    for case, problem in repeats:
        case.occurrences += 1
        case.last_seen_at = clock.now()
        # What was merged into it only counts; the sentence stays that of its own problem.
        if (case.type, case.subject_ref) == (problem.type, problem.subject_ref):
            case.sentence, case.detail = problem.sentence[:500], _detail(problem)
    update_rows(list({case.pk: case for case, _ in repeats}.values()), _REPEATED)


def _open(problems: Sequence[Problem], *, actor: Actor) -> list[ExceptionCase]:
    if not problems:
        return []
    orders = _orders([problem.order_id for problem in problems if problem.order_id is not None])
    cases = [_case(problem, orders.get(problem.order_id or 0)) for problem in problems]
    place_cases(cases)
    # Two openers of the same problem: the partial unique index lets one in, the other's step runs again and adds.
    opened = insert_rows(cases)
    caused = {events.stream_of(case): _cause(problem) for case, problem in zip(opened, problems, strict=True)}
    with caused_by({**causes.get(), **{stream: cause for stream, cause in caused.items() if cause}}):
        record(*[fact for case in opened for fact in _facts(case)], actor=actor)
    return opened


def _facts(case: ExceptionCase) -> list[Fact]:
    """A rule's assignee is notified as if a colleague had assigned it."""
    facts = [events.case_fact(case, events.CaseOpened())]
    if case.owner is not None:
        facts.append(events.case_fact(case, events.CaseAssigned(owner=case.owner.public_id, by_rule=True)))
    return facts


def _orders(order_ids: Sequence[int]) -> dict[int, Order]:
    """What the queue sorts and filters by, of each order."""
    if not order_ids:
        return {}
    rows = Order.objects.only("public_id", "channel", "customer_tier", "currency", "total_minor")
    country = OrderContact.objects.filter(order=OuterRef("pk"), role=ContactRole.SHIP_TO).values("country")[:1]
    return {order.pk: order for order in rows.filter(pk__in=order_ids).annotate(country=Subquery(country))}


def _case(problem: Problem, order: Order | None) -> ExceptionCase:
    cause = _cause(problem)
    case = ExceptionCase(
        type=problem.type,
        severity=problem.severity,
        order=order,
        subject_ref=problem.subject_ref,
        sentence=problem.sentence[:500],
        detail=_detail(problem),
        cause=cause.event_id if cause else None,
        node=problem.node,
        value_minor=problem.value_minor or 0,
        currency=problem.currency,
    )
    if problem.owner_ref:
        case.owner = User.objects.filter(public_id=problem.owner_ref, is_active=True).first()
    if order is not None:
        case.channel, case.customer_tier, case.currency = order.channel, order.customer_tier, order.currency
        case.country = getattr(order, "country", None) or ""
        case.value_minor = order.total_minor if problem.value_minor is None else problem.value_minor
    return case


def _detail(problem: Problem) -> dict[str, Any]:
    """With how its sentence was made, so that pages can say it in the reader's language."""
    sentence = problem.sentence
    return {**problem.detail, TEXT: sentence.to_json()} if isinstance(sentence, Text) else dict(problem.detail)


def _cause(problem: Problem) -> Cause | None:
    return causes.get().get(problem.stream)
