"""What can be done about any case, and the two that need a person's word."""

from datetime import timedelta

import pytest

from apps.casework.models import ExceptionCase
from apps.casework.resolutions.errors import NotResolvable, WrongParameters
from apps.casework.services import Problem, open_case
from apps.core import clock
from apps.core.actor import SYSTEM
from apps.fulfillment.models import FulfillmentOrder
from apps.fulfillment.services import note_outcome_unknown
from apps.orchestration.models import StepRun
from tests.casework.resolutions.settling import agent, case_of, fresh, let, settle
from tests.driving import again, work_it_off
from tests.factories import NodeFactory, make_order, make_policy, make_stock

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _rules():
    let()


def held_order():
    make_policy()
    make_stock(N1={"A": 5})
    order = make_order(totals={"total": 900})
    work_it_off()
    return order, case_of(order, "price_mismatch")


def short_order():
    make_policy()
    make_stock(N1={"A": 5})
    order = make_order(lines={"A": 50})
    work_it_off()
    return order, ExceptionCase.objects.get()


def test_handled_outside_keeps_what_was_done_and_touches_nothing_else():
    order, case = short_order()

    settle(case, "handled_outside", what="agreed with the channel")

    assert fresh(case).resolution == "Resolved elsewhere: agreed with the channel"
    assert again(order).state not in ("cancelled", "shipped")


def test_handled_outside_is_no_answer_while_the_order_stands_still_for_it():
    order, case = held_order()

    with pytest.raises(NotResolvable, match="still on hold"):
        settle(case, "handled_outside", what="agreed with the channel")

    assert fresh(case).state == "open"
    assert again(order).state == "received"


def test_handled_outside_says_what_was_done_or_is_refused():
    _, case = short_order()

    with pytest.raises(WrongParameters, match="What was done is missing"):
        settle(case, "handled_outside")

    assert fresh(case).state == "open"


def test_a_wait_stops_and_comes_back_at_its_time():
    _, case = held_order()
    until = clock.now() + timedelta(hours=2)

    action = settle(case, "wait", on="customer", until=until.isoformat(), note="asked for the invoice")

    waiting = fresh(case)
    assert (waiting.state, waiting.waiting_on, waiting.wait_until) == ("waiting", "customer", until)
    assert action.state == "done"


def test_a_wait_into_the_past_is_refused():
    _, case = held_order()

    with pytest.raises(NotResolvable):
        settle(case, "wait", on="customer", until=(clock.now() - timedelta(hours=1)).isoformat())

    assert fresh(case).state == "open"


def test_two_cases_of_one_order_become_one():
    order, case = held_order()
    other = open_case(
        Problem(type="late_risk", subject_ref=order.public_id, sentence="Late.", order_id=order.pk), actor=SYSTEM
    )

    settle(case, "merge", into=other.public_id)

    assert fresh(case).merged_into_id == other.pk
    assert fresh(other).state == "open"


def test_a_stopped_step_is_started_again_in_the_name_of_who_asked():
    make_stock(N1={"A": 5})
    order = make_order()
    work_it_off()  # no routing policy: routing stops
    make_policy()
    case = case_of(order, "dead_letter")

    settle(case, "retry_step")
    work_it_off()

    assert again(order).state == "released"
    assert (fresh(case).state, fresh(case).resolution_code) == ("resolved", "retry_step")
    assert not StepRun.objects.filter(state="parked").exists()


def unknown_outcome():
    make_policy()
    NodeFactory(code="P1", partner=True)
    make_stock(P1={"A": 5})
    order = make_order()
    work_it_off(partners=False)
    row = FulfillmentOrder.objects.get(order=order)
    note_outcome_unknown(row.pk, actor=SYSTEM)
    work_it_off(partners=False)
    return row, case_of(order, "outcome_unknown")


def test_what_a_partner_never_got_is_sent_again():
    row, case = unknown_outcome()
    before = StepRun.objects.filter(step="submit_to_partner", subject_id=row.pk).count()

    settle(case, "confirm_not_received")

    assert StepRun.objects.filter(step="submit_to_partner", subject_id=row.pk).count() == before + 1
    assert fresh(case).resolution_code == "confirm_not_received"


def test_once_the_partner_was_heard_from_nothing_is_sent_again():
    row, case = unknown_outcome()
    FulfillmentOrder.objects.filter(pk=row.pk).update(request_state="accepted", state="accepted")

    with pytest.raises(NotResolvable, match="We know by now"):
        settle(case, "confirm_not_received", by=agent())

    assert fresh(case).state == "open"
