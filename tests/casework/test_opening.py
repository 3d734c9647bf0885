"""One problem opens one case, which knows what its queue sorts by."""

from __future__ import annotations

import pytest

from apps.casework.models import CaseKind, ExceptionCase
from apps.casework.selectors import cause_chain, events_of
from apps.casework.services import merge_cases, open_cases, resolve_case
from apps.core.actor import SYSTEM
from apps.core.context import Cause, caused_by
from apps.core.models import Event
from tests.casework.cases import make_case, make_queue, now_, problem
from tests.factories import make_order

pytestmark = pytest.mark.django_db


def test_a_repeat_adds_to_the_case_that_stands() -> None:
    first = make_case(sentence="One is missing.")

    again = make_case(sentence="Two are missing.", detail={"missing": 2})

    assert (again.pk, ExceptionCase.objects.count()) == (first.pk, 1)
    assert (again.occurrences, again.sentence, again.detail) == (2, "Two are missing.", {"missing": 2})


def test_the_same_problem_within_one_batch_opens_one_case() -> None:
    assert len(open_cases([problem("a"), problem("b"), problem("a")], actor=SYSTEM)) == 2


def test_after_the_case_ended_the_same_problem_opens_a_new_one() -> None:
    first = make_case()
    resolve_case(first.public_id, resolution="counted", actor=SYSTEM)

    assert make_case().pk != first.pk


def test_severity_and_queue_come_from_the_kind() -> None:
    CaseKind.objects.create(code="short_pick", name="Short pick", severity="critical", queue=make_queue("stock"))

    case = make_case()

    assert (case.severity, case.queue.code if case.queue else "", case.priority) == ("critical", "stock", 1)


def test_what_the_queue_filters_by_is_copied_from_the_order() -> None:
    order = make_order(lines={"A": 3}, customer={"name": "Pat", "email": "", "tier": "gold"})

    case = now_(make_case(order=order, node="hull"))

    assert (case.channel, case.customer_tier, case.country, case.node) == ("api", "gold", "GB", "hull")
    assert (case.value_minor, case.currency) == (3000, "GBP")


def test_the_value_at_risk_may_be_less_than_the_order() -> None:
    assert make_case(order=make_order(), value_minor=250).value_minor == 250


def test_a_problem_without_an_order_has_a_timeline_of_its_own_and_still_knows_its_cause() -> None:
    cause = Event.objects.create(name="inbox.received", stream="msg_1", subject_id=1, actor="system:test")
    with caused_by({"msg_1": Cause(cause.pk, "c-1")}):
        case = make_case(stream="msg_1", type="message_quarantined")

    assert [event.name for event in events_of(case)] == ["case.opened"]
    assert events_of(case).get().cause == cause.pk
    assert cause_chain(case) == [cause]


def test_a_repeat_of_a_merged_problem_adds_to_the_case_it_went_into() -> None:
    survivor, other = make_case("a", sentence="The shelf is empty."), make_case("b")
    merge_cases(survivor.pk, others=[other.pk], actor=SYSTEM)

    again = make_case("b")

    assert again.pk == survivor.pk
    assert (again.occurrences, now_(survivor).sentence) == (3, "The shelf is empty.")
