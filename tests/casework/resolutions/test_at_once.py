"""Real threads on real connections, after the same case."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import transaction

from apps.casework.models import CaseAction, ExceptionCase
from apps.casework.resolutions import perform_action, undo_action
from apps.casework.resolutions.facts import Facts
from apps.casework.resolutions.performing import lock_facts
from apps.core.actor import Actor
from apps.core.errors import DomainError
from apps.core.models import Event
from apps.fulfillment.selectors import lock_of_orders
from apps.inventory.services import Count, count_stock
from apps.orders.services import accept_price
from tests import racing
from tests.casework.cases import make_case
from tests.casework.resolutions.settling import agent, case_of, fresh, let, settle
from tests.driving import again, work_it_off
from tests.factories import AGENT, make_counted_stock, make_order, make_policy
from tests.invariants import assert_invariants

pytestmark = pytest.mark.django_db(transaction=True)
STEP = Actor("step", "perform_resolution")


def at_once(*works: Callable[[], object]) -> list[str]:
    """What each came to: "done", or the code of its refusal."""
    return [one.code if isinstance(one, DomainError) else "done" for one in racing.at_once(*works)]


@pytest.fixture(autouse=True)
def _shop():
    let()
    make_policy()
    make_counted_stock(N1={"A": 50})


def mismatch():
    order = make_order(totals={"total": 900})
    work_it_off()
    return order, case_of(order, "price_mismatch")


def test_of_two_agents_who_settle_one_case_at_once_one_does_and_the_other_is_told():
    one, other = agent(), agent()
    for _ in range(5):
        order, case = mismatch()
        answers = at_once(
            lambda case=case: settle(case, "accept_price", by=one),
            lambda case=case: settle(case, "cancel_order", by=other),
        )
        work_it_off()

        assert answers.count("done") == 1
        assert set(answers) <= {"done", "stale_version", "case_closed"}
        assert CaseAction.objects.filter(case=case, state="done").count() == 1
        assert again(order).price_accepted == (again(order).state != "cancelled")
    assert_invariants()


def test_of_two_who_choose_the_same_with_time_to_undo_one_choice_stands():
    one, other = agent(), agent()
    _, case = mismatch()

    answers = at_once(
        lambda: settle(case, "accept_price", by=one, undo_s=10),
        lambda: settle(case, "accept_price", by=other, undo_s=10),
    )

    assert sorted(answers) == ["done", "stale_version"]
    assert CaseAction.objects.count() == 1


def test_taken_back_while_it_is_being_done_it_is_either_and_never_half():
    for _ in range(5):
        order, case = mismatch()
        action = settle(case, "accept_price", undo_s=10)

        at_once(
            lambda action=action: undo_action(action.public_id, actor=AGENT),
            lambda action=action: perform_action(action.pk, actor=STEP),
        )

        action.refresh_from_db()
        done = action.state == "done"
        assert action.state in ("done", "undone")
        assert again(order).price_accepted == done
        assert (fresh(case).state == "resolved") == done


def test_a_case_that_clears_itself_while_it_is_settled_ends_once():
    for _ in range(5):
        order, case = mismatch()
        action = settle(case, "accept_price", undo_s=10)

        def clear(order=order) -> None:
            accept_price(order.pk, actor=AGENT)

        at_once(clear, lambda action=action: perform_action(action.pk, actor=STEP))
        work_it_off()

        ends = Event.objects.filter(name="case.resolved", subject_ref=case.public_id).count()
        assert (fresh(case).state, ends) == ("resolved", 1)
        assert again(order).state == "released"
    assert_invariants()


def test_a_case_is_settled_after_what_somebody_is_just_doing_with_its_orders_goods():
    order = make_order(lines={"A": 1})
    work_it_off()
    case = make_case("thing-1", order=order)

    with transaction.atomic():
        assert lock_of_orders([order.pk])
        other = racing.Meanwhile(lambda: lock_facts(case.pk))
        assert other.waits_for_a_lock()

    assert isinstance(other.outcome(), Facts)


def test_a_case_about_a_level_is_settled_after_what_somebody_is_just_doing_with_orders_that_claim_it():
    make_counted_stock(N2={"B": 3})
    order = make_order(lines={"B": 1})
    work_it_off()
    count_stock([Count("N2", "B", on_hand=0)], reason="count", actor=AGENT)
    work_it_off()
    case = ExceptionCase.objects.get(type="oversold")

    with transaction.atomic():
        assert lock_of_orders([order.pk])
        other = racing.Meanwhile(lambda: lock_facts(case.pk))
        assert other.waits_for_a_lock()

    assert isinstance(other.outcome(), Facts)
