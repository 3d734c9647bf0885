"""What is settled without a person, and what experience recommends."""

from datetime import timedelta

import pytest

from apps.casework.models import CaseAction, ExceptionCase
from apps.casework.resolutions import options_for
from apps.casework.resolutions.registry import FITS
from apps.core import clock, process_cache
from apps.core.models import Event
from apps.orders.models import Order
from tests.casework.resolutions.settling import agent, case_of, fresh, let
from tests.driving import again, work_it_off
from tests.factories import make_order, make_policy, make_stock

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _shop():
    make_policy()
    make_stock(N1={"A": 50})


def record_of(kind: str, code: str, *, done: int, refused: int = 0) -> None:
    for number in range(done + refused):
        case = ExceptionCase.objects.create(type=kind, subject_ref=f"{code} {number}", sentence="Before.")
        action = CaseAction.objects.create(case=case, code=code, actor="staff:usr_1")
        action.finish("It went well.") if number < done else action.refuse("It did not.")
        action.save()
    ExceptionCase.objects.filter(sentence="Before.").update(state="resolved")
    process_cache.clear_process_cache()


def test_a_rule_settles_a_small_difference_by_itself_and_says_so():
    let("accept_price", automatic=True, most_minor=200)
    order = make_order(totals={"total": 900})

    work_it_off()

    case, action = case_of(order, "price_mismatch"), CaseAction.objects.get()
    assert (action.by_rule, action.state, action.actor) == (True, "done", "system:auto_resolution")
    assert (case.state, case.resolution_code) == ("resolved", "accept_price")
    assert again(order).state == "released"
    assert Event.objects.get(name="case.action_done").data["by_rule"] is True


def test_beyond_its_limit_the_rule_leaves_the_case_to_people():
    let("accept_price", automatic=True, most_minor=50)
    order = make_order(totals={"total": 900})

    work_it_off()

    assert case_of(order, "price_mismatch").state == "open"
    assert not CaseAction.objects.exists()


def test_a_rule_for_what_is_not_the_best_way_out_does_nothing():
    let("cancel_order", automatic=True)
    order = make_order(totals={"total": 900})

    work_it_off()

    assert again(order).state == "received"
    assert case_of(order, "price_mismatch").state == "open"


def test_a_rule_switched_off_does_nothing():
    let("accept_price")
    order = make_order(totals={"total": 900})

    work_it_off()

    assert case_of(order, "price_mismatch").state == "open"


def test_a_hold_a_rule_let_go_is_not_placed_again():
    let("release_hold", automatic=True, most_minor=100_000)
    record_of("fraud_review", "release_hold", done=10)
    customer = {"name": "Pat", "email": "pat@example.test"}
    earlier = make_order(customer=customer)
    Order.objects.filter(pk=earlier.pk).update(state="delivered", placed_at=clock.now() - timedelta(days=30))
    order = make_order(risk={"level": "high"}, customer=customer)

    work_it_off()

    assert again(order).state == "released"
    assert ExceptionCase.objects.filter(order=order).count() == 1


def test_a_risky_order_of_somebody_nobody_knows_is_not_recommended_for_release():
    let()
    order = make_order(risk={"level": "high"}, customer={"name": "Pat", "email": "pat@example.test"})
    work_it_off()

    options = options_for(case_of(order, "fraud_review"), agent())

    assert (options[0].code, options[0].recommended) == ("call_customer", True)
    assert options[0].effect is not None
    assert options[0].effect.sentence.startswith("There is no earlier order to take a number from")


def test_of_two_alike_that_are_both_paid_the_customer_is_asked_first():
    let()
    customer = {"name": "Pat", "email": "pat@example.test"}
    make_order(customer=customer)
    order = make_order(customer=customer)
    work_it_off()

    options = options_for(case_of(order, "duplicate_suspected"), agent())

    assert (options[0].code, options[0].recommended) == ("ask_customer", True)


def test_where_something_can_be_done_waiting_is_never_the_first_choice_by_the_plain_rules():
    first = {kind: codes[0] for kind, codes in FITS.items() if len(codes) > 1}

    assert [kind for kind, code in first.items() if code == "wait"] in ([], ["backordered"])


def test_what_went_well_before_is_recommended_and_says_how_often():
    let()
    order = make_order(totals={"total": 900})
    work_it_off()
    record_of("price_mismatch", "accept_price", done=1, refused=9)
    record_of("price_mismatch", "cancel_order", done=10)

    best = options_for(case_of(order, "price_mismatch"), agent())[0]

    assert (best.code, best.recommended) == ("cancel_order", True)
    assert best.because.endswith("it settled 10 of the last 10 it was chosen for.")


def test_a_price_that_is_off_by_most_of_the_order_is_not_recommended_for_acceptance():
    let()
    order = make_order(totals={"total": 100})
    work_it_off()

    options = options_for(case_of(order, "price_mismatch"), agent())

    assert (options[0].code, options[0].recommended) == ("charge_lines", True)
    assert "accept_price" in [one.code for one in options]
    assert "release_hold" not in [one.code for one in options]


def test_one_option_at_most_is_recommended_and_it_stands_first():
    let()
    order = make_order(totals={"total": 900})
    work_it_off()

    options = options_for(case_of(order, "price_mismatch"), agent())

    assert [one.recommended for one in options] == [True] + [False] * (len(options) - 1)


def test_where_nothing_is_allowed_nothing_is_recommended():
    order = make_order(totals={"total": 900})
    work_it_off()

    options = options_for(case_of(order, "price_mismatch"), agent())

    assert not any(one.recommended or one.allowed for one in options)
    assert all(one.why_not for one in options)
    assert fresh(case_of(order, "price_mismatch")).state == "open"
