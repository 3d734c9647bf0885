"""Choosing, taking back, doing; who may, and what happens beside it."""

from datetime import timedelta

import pytest

from apps.accounts.models import Role
from apps.casework.approvals.deciding import decide_approval
from apps.casework.errors import CaseClosed, CaseNotFound, CaseStale
from apps.casework.models import ApprovalPolicy, ApprovalRequest, CaseAction, CaseComment
from apps.casework.resolutions import choose_resolution, options_for, perform_action, undo_action
from apps.casework.resolutions.errors import (
    ActionNotFound,
    ActionNotUndoable,
    ActionUnderWay,
    BeyondLimits,
    NoSuchResolution,
)
from apps.casework.resolutions.options import WAITS
from apps.casework.resolutions.performing import effect_of_case, perform_approved
from apps.casework.services import wait_case
from apps.core import clock
from apps.core.actor import SYSTEM
from apps.core.errors import NotAllowed
from apps.orders.models import Order
from apps.orders.services import accept_price, cancel_order, release_hold, revise_order
from tests.casework.resolutions.settling import agent, case_of, fresh, let, settle, told
from tests.driving import again, work_it_off
from tests.factories import AGENT, UserFactory, canonical, make_order, make_policy, make_stock

pytestmark = pytest.mark.django_db


@pytest.fixture
def mismatch():
    """An order whose claimed total is 1.00 under ours, held, and its case."""
    make_policy()
    make_stock(N1={"A": 5})
    let()
    order = make_order(totals={"total": 900})
    work_it_off()
    return order, case_of(order, "price_mismatch")


def after(seconds: int) -> None:
    with clock.moved(timedelta(seconds=seconds)):
        work_it_off()


def test_a_chosen_resolution_waits_to_be_taken_back_and_is_done_then(mismatch):
    order, case = mismatch

    action = settle(case, "accept_price", undo_s=10)
    work_it_off()
    assert (action.state, again(order).price_accepted, fresh(case).state) == ("chosen", False, "open")
    after(11)

    assert CaseAction.objects.get().state == "done"
    assert again(order).price_accepted
    assert (fresh(case).state, fresh(case).resolution_code) == ("resolved", "accept_price")


def test_taken_back_in_time_it_never_happens(mismatch):
    order, case = mismatch
    action = settle(case, "accept_price", undo_s=10)

    undo_action(action.public_id, actor=AGENT)
    undo_action(action.public_id, actor=AGENT)
    after(11)

    assert CaseAction.objects.get().state == "undone"
    assert not again(order).price_accepted
    assert fresh(case).state == "open"
    assert told(order).count("case.action_undone") == 1


def test_what_is_done_can_not_be_taken_back(mismatch):
    order, case = mismatch
    action = settle(case, "accept_price")

    with pytest.raises(ActionNotUndoable):
        undo_action(action.public_id, actor=AGENT)

    assert CaseAction.objects.get().state == "done"
    assert again(order).price_accepted


def test_nobody_takes_back_what_never_was():
    with pytest.raises(ActionNotFound):
        undo_action("act_nothing", actor=AGENT)


def test_nobody_does_or_weighs_what_never_was():
    with pytest.raises(ActionNotFound):
        perform_action(0, actor=AGENT)
    with pytest.raises(CaseNotFound, match="cas_nothing"):
        perform_approved("cas_nothing", code="accept_price", params={}, chosen_by="staff:usr_1", actor=AGENT)
    with pytest.raises(CaseNotFound, match="cas_nothing"):
        effect_of_case("cas_nothing", "accept_price", {})

    assert not CaseAction.objects.exists()


def test_what_was_chosen_and_done_or_refused_says_when_and_how_it_ended(mismatch):
    order, case = mismatch
    settle(case, "accept_price", undo_s=10)
    Order.objects.filter(pk=order.pk).update(claimed_totals={})
    after(11)
    Order.objects.filter(pk=order.pk).update(claimed_totals=order.claimed_totals)
    settle(fresh(case), "accept_price", undo_s=10)
    after(11)

    refused, done = CaseAction.objects.order_by("pk")
    assert (refused.state, refused.outcome) == ("refused", "The source claims no total.")
    assert done.state == "done"
    assert done.outcome
    assert None not in (refused.ended_at, done.ended_at)
    assert [name for name in told(order) if name.startswith("case.action_")] == [
        "case.action_chosen",
        "case.action_refused",
        "case.action_chosen",
        "case.action_done",
    ]


def test_a_longer_wait_than_the_step_s_own_is_kept(mismatch):
    order, case = mismatch
    settle(case, "accept_price", undo_s=30)

    after(15)
    assert not again(order).price_accepted
    after(31)
    assert again(order).price_accepted


def test_a_second_choice_while_one_is_about_to_be_done_is_refused(mismatch):
    _, case = mismatch
    settle(case, "accept_price", undo_s=10)

    with pytest.raises(ActionUnderWay, match="Accept the price claimed"):
        settle(fresh(case), "cancel_order")

    assert CaseAction.objects.count() == 1


def test_who_read_the_case_before_somebody_chose_has_to_look_again(mismatch):
    order, case = mismatch
    action = settle(case, "accept_price", undo_s=10)
    undo_action(action.public_id, actor=AGENT)

    with pytest.raises(CaseStale):
        settle(case, "cancel_order")

    assert again(order).state == "received"


def test_a_cause_that_goes_away_meanwhile_leaves_nothing_to_do(mismatch):
    order, case = mismatch
    settle(case, "cancel_order", undo_s=10)
    accept_price(order.pk, actor=AGENT)
    work_it_off()
    assert fresh(case).state == "resolved"

    after(11)

    action = CaseAction.objects.get()
    assert (action.state, action.outcome) == ("refused", "The case had ended by then; nothing was changed.")
    assert again(order).state == "released"


def test_what_has_become_impossible_meanwhile_is_written_on_the_case_which_is_open_again(mismatch):
    order, case = mismatch
    settle(case, "accept_price", undo_s=10)
    wait_case(case.pk, on="customer", actor=AGENT)
    Order.objects.filter(pk=order.pk).update(claimed_totals={})

    after(11)

    assert CaseAction.objects.get().state == "refused"
    assert fresh(case).state == "open"
    assert CaseComment.objects.get().body == "“Accept the price claimed” could not be done: The source claims no total."


def test_an_order_that_is_cancelled_meanwhile_ends_the_case_and_what_was_chosen_for_it(mismatch):
    order, case = mismatch
    settle(case, "accept_price", undo_s=10)
    cancel_order(order.pk, reason="", actor=SYSTEM)

    after(11)

    assert CaseAction.objects.get().state == "refused"
    assert fresh(case).state == "resolved"
    assert not again(order).price_accepted


def test_a_closed_case_takes_no_resolution(mismatch):
    order, case = mismatch
    release_hold(order.pk, reason="price_mismatch", actor=AGENT)
    work_it_off()

    for undo_s in (0, 10):
        with pytest.raises(CaseClosed):
            settle(fresh(case), "accept_price", undo_s=undo_s)

    assert not CaseAction.objects.exists()
    assert not again(order).price_accepted


def test_a_resolution_of_another_type_of_case_is_refused(mismatch):
    _, case = mismatch

    with pytest.raises(NoSuchResolution):
        settle(case, "confirm_not_received")


def test_a_role_without_a_rule_may_not_and_sees_why(mismatch):
    order, case = mismatch
    manager = agent()
    manager = type(manager)(manager.actor, manager.scopes, role=Role.MANAGER)

    offered = next(one for one in options_for(case, manager) if one.code == "accept_price")
    with pytest.raises(BeyondLimits):
        settle(case, "accept_price", by=manager)

    assert (offered.allowed, offered.why_not) == (False, "Your role (Manager) may not do this; ask someone who may.")
    assert not again(order).price_accepted


def test_who_may_not_work_on_cases_may_not_settle_them(mismatch):
    order, case = mismatch
    reader = agent()
    reader = type(reader)(reader.actor, frozenset({"cases:read"}), role=Role.AGENT)

    with pytest.raises(NotAllowed):
        settle(case, "accept_price", by=reader)

    assert not again(order).price_accepted


def test_an_own_node_only_rule_keeps_a_store_to_itself(mismatch):
    _, case = mismatch
    case.node = "york"
    case.save()
    let("accept_price", own_nodes_only=True)

    with pytest.raises(BeyondLimits, match="your own locations"):
        settle(fresh(case), "accept_price", by=agent(nodes=["leeds"]))
    assert settle(fresh(case), "accept_price", by=agent(nodes=["york"])).state == "done"


def test_beyond_the_limit_it_is_proposed_and_done_once_somebody_else_agrees(mismatch):
    order, case = mismatch
    let("accept_price", most_minor=50)
    ApprovalPolicy.objects.create(kind="price_override", roles=[Role.LEAD])

    asked = choose_resolution(
        case.pk, code="accept_price", params={}, expected_version=case.version, undo_s=10, caller=agent()
    )
    assert isinstance(asked, ApprovalRequest)
    assert asked.limits == ["£1.00 is over the limit of £0.50."]
    assert (fresh(case).state, fresh(case).waiting_on) == ("waiting", "approval")
    assert not again(order).price_accepted

    lead = UserFactory(role=Role.LEAD)
    caller = agent()
    caller = type(caller)(caller.actor, caller.scopes | {"approvals:decide"}, role=Role.LEAD)
    decide_approval(
        asked.public_id, approve=True, reason="fine", expected_version=asked.version, user=lead, caller=caller
    )
    work_it_off()

    assert again(order).price_accepted
    assert (fresh(case).state, fresh(case).resolution_code) == ("resolved", "accept_price")


def test_what_is_proposed_already_is_neither_recommended_nor_proposed_again(mismatch):
    _, case = mismatch
    let("accept_price", most_minor=50)
    ApprovalPolicy.objects.create(kind="price_override", from_minor=0, roles=[Role.LEAD])
    maker = agent()
    choose_resolution(case.pk, code="accept_price", params={}, expected_version=case.version, undo_s=0, caller=maker)

    options = options_for(fresh(case), maker)

    accepting = next(one for one in options if one.code == "accept_price")
    assert (accepting.allowed, accepting.why_not) == (False, WAITS)
    assert not any(one.recommended for one in options)


def test_shipping_unpaid_needs_another_s_agreement_whatever_the_amount():
    make_policy()
    make_stock(N1={"A": 5})
    let()
    ApprovalPolicy.objects.create(kind="ship_without_payment", roles=[Role.LEAD])
    order = make_order(payment={"state": "pending"})
    work_it_off()
    case = case_of(order, "payment_problem")

    asked = choose_resolution(
        case.pk, code="release_hold", params={}, expected_version=case.version, undo_s=0, caller=agent()
    )

    assert isinstance(asked, ApprovalRequest)
    assert (asked.kind, asked.amount_minor) == ("ship_without_payment", 1000)
    assert again(order).state == "received"


def test_what_was_proposed_for_a_case_that_ends_otherwise_is_nobody_s_to_decide_any_more(mismatch):
    _, case = mismatch
    let("accept_price", most_minor=50)
    ApprovalPolicy.objects.create(kind="price_override", roles=[Role.LEAD])
    choose_resolution(case.pk, code="accept_price", params={}, expected_version=case.version, undo_s=0, caller=agent())

    settle(fresh(case), "cancel_order")
    work_it_off()

    assert ApprovalRequest.objects.get().state == "voided"
    assert fresh(case).state == "resolved"


def test_who_lets_a_pending_payment_pass_has_not_let_one_pass_that_fell_through_since():
    make_policy()
    make_stock(N1={"A": 5})
    let()
    order = make_order(lines={"A": 1}, payment={"state": "pending"})
    work_it_off()
    settle(case_of(order, "payment_problem"), "release_hold", undo_s=10)
    fallen = {"external_id": order.external_id, "lines": {"A": 1}, "updated_at": clock.now().isoformat()}
    revise_order(order.pk, canonical(**fallen, payment={"state": "voided"}), actor=AGENT)
    work_it_off()

    after(11)

    action = CaseAction.objects.get()
    assert action.state == "refused"
    assert "pending was read, it is voided now" in action.outcome
    assert again(order).state == "received"
