"""The partner's side of a fulfillment order: submitted, lost sight of, asked to stop; what comes twice or late changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from apps.fulfillment.errors import FulfillmentOrderNotFound
from apps.fulfillment.models import FulfillmentOrder
from apps.fulfillment.services import (
    note_cancel_refused,
    note_cancel_requested,
    note_outcome_unknown,
    note_submitted,
)
from tests.driving import work_it_off
from tests.factories import AGENT, NodeFactory, make_counted_stock, make_order, make_policy
from tests.fulfillment.work import now_, told
from tests.unchanged import nothing_changes, refused

pytestmark = pytest.mark.django_db
Verb = Callable[..., FulfillmentOrder]
submitted: Verb = partial(note_submitted, reference="R-1", accepted=False, actor=AGENT)
accepted: Verb = partial(note_submitted, reference="R-1", accepted=True, actor=AGENT)
lost: Verb = partial(note_outcome_unknown, actor=AGENT)
stop_asked: Verb = partial(note_cancel_requested, actor=AGENT)
stop_refused: Verb = partial(note_cancel_refused, reason="It has left.", actor=AGENT)


@pytest.fixture
def row() -> FulfillmentOrder:
    """Routed to a partner's node, and the partner not told of it yet."""
    make_policy()
    NodeFactory(code="P1", partner=True)
    make_counted_stock(P1={"A": 10})
    order = make_order()
    work_it_off(partners=False)
    return FulfillmentOrder.objects.get(order=order)


def where(row: FulfillmentOrder) -> tuple[str, str]:
    return now_(row).state, now_(row).request_state


@pytest.mark.parametrize(
    ("before", "verb", "after", "events"),
    [
        ([], submitted, ("open", "submitted"), ["submitted"]),
        ([], accepted, ("accepted", "accepted"), ["submitted", "accepted"]),
        ([submitted], accepted, ("accepted", "accepted"), ["accepted"]),
        ([lost], submitted, ("open", "submitted"), ["submitted"]),
        ([], lost, ("open", "outcome_unknown"), ["outcome_unknown"]),
        ([submitted], stop_asked, ("open", "cancel_requested"), ["cancel_requested"]),
        ([submitted, stop_asked], stop_refused, ("open", "cancel_rejected"), ["cancel_refused"]),
    ],
)
def test_each_moves_the_partners_side_on_and_is_recorded_and_again_changes_nothing(
    row: FulfillmentOrder, before: list[Verb], verb: Verb, after: tuple[str, str], events: list[str]
):
    for one in before:
        one(row.pk)
    recorded = len(told(row))

    verb(row.pk)

    assert where(row) == after
    assert told(row)[recorded:] == events
    with nothing_changes():
        verb(row.pk)


def test_under_which_reference_the_partner_has_it_and_since_when_is_kept(row: FulfillmentOrder):
    submitted(row.pk)

    assert (now_(row).partner_reference, now_(row).submitted_at is not None) == ("R-1", True)


@pytest.mark.parametrize(
    ("before", "verb"),
    [
        ([accepted], submitted),
        ([accepted], lost),
        ([], stop_asked),
        ([], stop_refused),
        ([submitted], stop_refused),
        ([submitted, stop_asked], submitted),
        ([submitted, stop_asked, stop_refused], stop_asked),
    ],
)
def test_news_that_comes_too_late_or_before_its_time_changes_nothing(
    row: FulfillmentOrder, before: list[Verb], verb: Verb
):
    for one in before:
        one(row.pk)

    with nothing_changes():
        verb(row.pk)


@pytest.mark.parametrize("verb", [submitted, accepted, lost, stop_asked, stop_refused])
def test_what_there_is_not_is_refused(row: FulfillmentOrder, verb: Verb):
    with refused(FulfillmentOrderNotFound):
        verb(row.pk + 1)
