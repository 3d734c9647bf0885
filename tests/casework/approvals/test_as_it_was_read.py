"""What is done is what was read, and who agreed is still somebody who may."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.accounts.models import Role, User
from apps.casework.approvals.errors import ApprovalVoided, MayNotDecide
from apps.casework.approvals.proposing import expire_due
from apps.casework.models import ApprovalRequest, CaseAction, ExceptionCase
from apps.casework.resolutions import choose_resolution, perform_action
from apps.casework.services import Problem, open_case
from apps.core import clock
from apps.core.actor import SYSTEM
from apps.inventory.models import StockLevel
from apps.inventory.services import Count, count_stock
from apps.network.models import CarrierService
from apps.notifications.models import StaffNotice
from tests.casework.approvals.people import caller, decide, person, policy, proposal
from tests.casework.resolutions.settling import case_of, let
from tests.driving import again, work_it_off
from tests.factories import SkuFactory, make_carrier, make_order, make_policy, make_stock

pytestmark = pytest.mark.django_db


def level_of(units: int) -> StockLevel:
    make_stock(N1={"A": units})
    SkuFactory(code="A")
    level = StockLevel.objects.select_related("sku").get()
    level.sku.cost_minor, level.sku.currency = 10_00, "GBP"
    level.sku.save()
    return level


def doubt(level: StockLevel) -> ExceptionCase:
    return open_case(Problem("stock_discrepancy", f"level:{level.pk}", "Not there.", node="N1"), actor=SYSTEM)


def count(case: ExceptionCase, units: int, *, by: User, undo_s: int = 0) -> ApprovalRequest | CaseAction:
    return choose_resolution(
        case.pk,
        code="count_level",
        params={"on_hand": units},
        expected_version=None,
        undo_s=undo_s,
        caller=caller(by),
    )


def deliver(units: int) -> None:
    count_stock([Count("N1", "A", delta=units)], reason="delivery", actor=SYSTEM)


def test_a_delivery_between_the_proposal_and_the_yes_voids_a_count():
    let("count_level", most_minor=25_00)
    policy("resolution")
    level = level_of(100)
    row = count(doubt(level), 70, by=person("agent"))
    deliver(1_000)

    with pytest.raises(ApprovalVoided) as refusal:
        decide(row, person("lead"))

    assert "on hand 100 was read, it is 1100 now" in refusal.value.sentence
    row.refresh_from_db()
    assert row.state == "voided"
    assert ExceptionCase.objects.get().state == "open"
    assert StockLevel.objects.get().on_hand == 1_100


def test_a_no_stands_whatever_has_moved_since():
    let("count_level", most_minor=25_00)
    policy("resolution")
    row = count(doubt(level_of(100)), 70, by=person("agent"))
    deliver(1_000)

    assert decide(row, person("lead"), approve=False).state == "rejected"


def test_a_delivery_within_the_time_to_undo_stops_the_count_too():
    let("count_level")
    case = doubt(level_of(100))
    action = count(case, 70, by=person("agent"), undo_s=10)
    deliver(1_000)

    done = perform_action(action.pk, actor=SYSTEM)

    assert done.state == "refused"
    assert "on hand 100 was read, it is 1100 now" in done.outcome
    assert StockLevel.objects.get().on_hand == 1_100


def test_a_tariff_that_rose_since_voids_the_choice_of_a_node():
    let("choose_node", most_minor=0, most_margin_loss_minor=0)
    policy("node_override")
    make_policy()
    make_carrier()
    make_stock(N1={"A": 5}, N2={"A": 5})
    order = make_order(lines={"A": 3})
    work_it_off()
    node = order.fulfillment_orders.get().node.code
    case = open_case(
        Problem("late_risk", order.public_id, "Late.", order_id=order.pk, node=node, stream=order.public_id),
        actor=SYSTEM,
    )
    CarrierService.objects.update(base_minor=5_200)
    other = "N2" if node == "N1" else "N1"
    row = choose_resolution(
        case.pk,
        code="choose_node",
        params={"node": other},
        expected_version=None,
        undo_s=0,
        caller=caller(person("agent")),
    )
    assert isinstance(row, ApprovalRequest)
    CarrierService.objects.update(base_minor=539_200)

    with pytest.raises(ApprovalVoided) as refusal:
        decide(row, person("lead"))

    assert "It comes to £5," in refusal.value.sentence
    assert order.fulfillment_orders.get().node.code == node


def test_replacing_a_proposal_lets_the_case_it_was_made_from_go_on():
    policy()
    maker, order = person("agent"), make_order()
    first, second = (
        open_case(Problem(kind, order.public_id, "Something.", order_id=order.pk), actor=SYSTEM)
        for kind in ("no_stock", "price_mismatch")
    )
    proposal(maker, order, case_id=first.pk)
    proposal(maker, order, case_id=second.pk, amount_minor=100)

    states = {case.pk: (case.state, case.waiting_on) for case in ExceptionCase.objects.all()}
    assert states == {first.pk: ("open", ""), second.pk: ("waiting", "approval")}


def test_an_overdue_proposal_that_another_person_replaces_has_expired_and_its_case_goes_on():
    policy(expires_hours=1)
    order = make_order()
    first, second = (
        open_case(Problem(kind, order.public_id, "Something.", order_id=order.pk), actor=SYSTEM)
        for kind in ("no_stock", "price_mismatch")
    )
    old = proposal(person("agent"), order, case_id=first.pk)
    with clock.moved(timedelta(hours=2)):
        proposal(person("agent"), order, case_id=second.pk)

    old.refresh_from_db()
    assert old.state == "expired"
    assert ExceptionCase.objects.get(pk=first.pk).state == "open"


def test_a_case_with_two_proposals_waits_until_the_last_of_them_has_ended():
    policy(expires_hours=1)
    policy("resolution", expires_hours=9)
    order = make_order()
    case = open_case(Problem("no_stock", order.public_id, "Nothing.", order_id=order.pk), actor=SYSTEM)
    proposal(person("agent"), order, case_id=case.pk)
    proposal(person("agent"), order, case_id=case.pk, kind="resolution", payload={"case": case.public_id})

    with clock.moved(timedelta(hours=2)):
        expire_due()
        assert ExceptionCase.objects.get().waiting_on == "approval"
    with clock.moved(timedelta(hours=10)):
        expire_due()
        assert ExceptionCase.objects.get().state == "open"


@pytest.mark.parametrize("change", [{"is_active": False}, {"role": Role.AGENT}, {"nodes": ["elsewhere"]}])
def test_the_first_yes_of_two_no_longer_counts_once_its_giver_may_not_decide(change: dict[str, object]):
    policy(approvers=2)
    row = proposal(person("agent"), node="N1")
    first = person("lead")
    assert decide(row, first).state == "pending"
    User.objects.filter(pk=first.pk).update(**change)

    second, third = person("manager"), person("lead")
    row = decide(row, second)
    assert row.state == "pending"
    assert decide(row, third).state == "approved"


def test_the_first_yes_counts_again_once_its_giver_may_decide_again():
    policy(approvers=2)
    row, first = proposal(person("agent")), person("lead")
    decide(row, first)
    User.objects.filter(pk=first.pk).update(role=Role.AGENT)
    with pytest.raises(MayNotDecide):
        decide(row, person("agent"))
    User.objects.filter(pk=first.pk).update(role=Role.LEAD)

    assert decide(row, person("manager")).state == "approved"


def test_where_nobody_has_the_deciding_role_operations_are_notified_at_once():
    policy(roles=["manager"])
    operations, maker = person("operations"), person("agent")
    row = proposal(maker)

    work_it_off()

    notice = StaffNotice.objects.get(user=operations)
    assert "Nobody can decide this" in notice.text
    assert row.public_id in notice.link


def test_where_only_an_administrator_can_decide_operations_read_that():
    policy(roles=["manager"])
    operations, maker = person("operations"), person("agent")
    person("admin")
    proposal(maker)

    work_it_off()

    text = StaffNotice.objects.get(user=operations).text
    assert "Too few people have the role to decide this; an administrator can." in text
    assert "Nobody" not in text


def test_where_the_only_one_with_the_role_made_it_nobody_can_decide():
    policy(roles=["manager"])
    person("operations")
    proposal(person("manager"))
    work_it_off()
    assert StaffNotice.objects.filter(text__contains="Nobody can decide this").count() == 1

    person("manager")
    proposal(person("agent"))
    work_it_off()
    assert StaffNotice.objects.filter(text__contains="Nobody can decide this").count() == 1


def test_what_has_not_moved_is_approved_and_done():
    make_policy()
    let("accept_price", most_minor=0)
    policy("price_override")
    order = make_order(totals={"total": 900})
    work_it_off()
    case = case_of(order, "price_mismatch")

    row = choose_resolution(
        case.pk, code="accept_price", params={}, expected_version=None, undo_s=0, caller=caller(person("agent"))
    )

    assert decide(row, person("lead")).state == "approved"
    work_it_off()
    assert again(order).price_accepted
