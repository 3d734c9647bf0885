"""Where the goods come from after all."""

import pytest

from apps.casework.resolutions import options_for, preview
from apps.casework.resolutions.errors import NotResolvable
from apps.casework.services import Problem, open_case
from apps.core.actor import SYSTEM
from apps.fulfillment.models import FulfillmentOrder
from apps.fulfillment.services import reject_fulfillment_order
from apps.inventory.models import Reservation, StockLevel
from apps.routing.models import RoutingDecision, RoutingInstruction
from apps.routing.planner.replay import differences, replay
from tests.casework.resolutions.settling import agent, case_of, fresh, let, settle, told
from tests.driving import again, work_it_off
from tests.factories import (
    AGENT,
    NodeFactory,
    make_carrier,
    make_counted_stock,
    make_order,
    make_policy,
)
from tests.invariants import assert_invariants

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _rules():
    let()
    make_carrier()


def nodes_of(order):
    rows = FulfillmentOrder.objects.filter(order=order).exclude(state__in=["rejected", "cancelled"])
    return sorted(rows.values_list("node__code", flat=True))


def option(case, code):
    return next(one for one in options_for(case, agent()) if one.code == code)


def test_an_order_too_scattered_for_the_policy_ships_split_when_somebody_says_so():
    make_policy(max_splits=1, partial="hold")
    make_counted_stock(N1={"A": 5}, N2={"B": 5})
    order = make_order(lines={"A": 1, "B": 1})
    work_it_off()
    case = case_of(order, "no_stock")
    best = options_for(case, agent())[0]
    assert (best.code, best.recommended) == ("split", True)
    assert best.effect.cost_minor > 0
    assert best.effect.margin_minor == -best.effect.cost_minor
    assert best.effect.new_promise is not None

    settle(case, "split")
    work_it_off()

    assert nodes_of(order) == ["N1", "N2"]
    assert (fresh(case).state, fresh(case).resolution_code) == ("resolved", "split")
    assert_invariants()


def test_what_somebody_decided_is_replayed_with_the_decision_and_forgotten_once_it_is_done():
    make_policy(max_splits=1, partial="hold")
    make_counted_stock(N1={"A": 5}, N2={"B": 5})
    order = make_order(lines={"A": 1, "B": 1})
    work_it_off()

    settle(case_of(order, "no_stock"), "split")
    work_it_off()

    decision = RoutingDecision.objects.filter(order=order).latest("pk")
    assert differences(decision.plan, replay(decision.inputs)) == ()
    assert RoutingInstruction.objects.get(order=order).used_at is not None


def test_a_split_nobody_could_ship_says_why_and_changes_nothing():
    make_policy(partial="hold")
    make_counted_stock(N1={"A": 1}, N2={"A": 1})
    order = make_order(lines={"A": 5})
    work_it_off()
    case, before = case_of(order, "no_stock"), told(order)

    with pytest.raises(NotResolvable, match="Even from all locations together"):
        settle(case, "split")

    assert option(case, "split").why_not == "Even from all locations together it isn't all there."
    assert told(order) == before
    assert not RoutingInstruction.objects.exists()


def test_part_of_it_ships_now_and_the_rest_waits_in_a_case_of_its_own():
    make_policy(partial="hold")
    make_counted_stock(N1={"A": 2})
    order = make_order(lines={"A": 5})
    work_it_off()
    case = case_of(order, "no_stock")
    assert "2 of 5 units ship now" in preview(case, "partial_ship", {}, agent()).sentence

    settle(case, "partial_ship")
    work_it_off()

    assert again(order).state == "released"
    assert StockLevel.objects.get().reserved == 2
    assert case_of(order, "partial_allocation").state == "open"
    assert_invariants()


def test_a_customer_who_wanted_it_all_at_once_gets_part_of_it_where_somebody_decides_so():
    make_policy(partial="hold")
    make_counted_stock(N1={"A": 2})
    order = make_order(lines={"A": 5}, shipping={"preference": "ship_complete"})
    work_it_off()

    settle(case_of(order, "no_stock"), "partial_ship")
    work_it_off()

    assert StockLevel.objects.get().reserved == 2


def test_a_backorder_waits_where_more_is_announced():
    make_policy(partial="hold")
    make_counted_stock(N1={"A": 1})
    StockLevel.objects.update(backorderable=True, incoming=20)
    order = make_order(lines={"A": 3})
    work_it_off()
    case = case_of(order, "no_stock")
    effect = option(case, "backorder").effect
    assert effect.sentence == "2 units wait at N1 for the next delivery. 20 are on their way there."
    assert effect.new_promise is None

    settle(case, "backorder")
    work_it_off()

    assert Reservation.objects.get().backordered == 2
    assert case_of(order, "backordered").state == "open"
    assert_invariants()


def test_nobody_is_offered_a_backorder_no_node_takes():
    make_policy(partial="hold")
    make_counted_stock(N1={"A": 1})
    order = make_order(lines={"A": 3})
    work_it_off()

    offered = option(case_of(order, "no_stock"), "backorder")

    assert (offered.allowed, offered.why_not) == (False, "No location takes backorders for what is missing.")


def late_pick(order):
    row = FulfillmentOrder.objects.get(order=order)
    problem = Problem(type="pick_late", subject_ref=row.public_id, sentence="N1 has not picked it.", order_id=order.pk)
    return row, open_case(problem, actor=SYSTEM)


def test_work_that_a_node_does_not_get_done_moves_to_the_node_somebody_chose():
    make_policy()
    make_counted_stock(N1={"A": 5}, N2={"A": 5})
    NodeFactory(code="N2").__class__.objects.filter(code="N2").update(latitude=51.5, longitude=-0.1)
    order = make_order(lines={"A": 2})
    work_it_off()
    row, case = late_pick(order)
    there = "N2" if row.node.code == "N1" else "N1"

    settle(case, "choose_node", node=there)
    work_it_off()

    row.refresh_from_db()
    assert (row.state, row.reject_note) == ("rejected", "moved to another node")
    assert nodes_of(order) == [there]
    assert sum(level.reserved for level in StockLevel.objects.all()) == 2
    assert fresh(case).resolution_code == "choose_node"
    assert_invariants()


def test_a_packed_parcel_stays_where_it_is():
    make_policy()
    make_counted_stock(N1={"A": 5}, N2={"A": 5})
    order = make_order(lines={"A": 2})
    work_it_off()
    row, case = late_pick(order)
    FulfillmentOrder.objects.filter(pk=row.pk).update(state="packed")
    there = "N2" if row.node.code == "N1" else "N1"

    with pytest.raises(NotResolvable, match="packed or shipped"):
        settle(case, "choose_node", node=there)

    assert nodes_of(order) == [row.node.code]
    assert fresh(case).state == "open"


def test_a_node_that_refused_may_be_chosen_by_somebody_who_talked_to_them_but_is_not_proposed():
    make_policy(partial="hold")
    make_counted_stock(N1={"A": 5})
    order = make_order(lines={"A": 2})
    work_it_off()
    row = FulfillmentOrder.objects.get(order=order)
    reject_fulfillment_order(row.pk, reason="damaged", actor=AGENT)
    work_it_off()

    offered = option(case_of(order, "no_stock"), "choose_node")

    assert offered.why_not == "No other location has all that is missing."


def test_once_done_a_choice_does_not_bind_the_next_routing():
    make_policy()
    make_counted_stock(N1={"A": 5}, N2={"A": 5}, N3={"A": 5})
    order = make_order(lines={"A": 2})
    work_it_off()
    row, case = late_pick(order)
    there = next(code for code in ("N1", "N2", "N3") if code != row.node.code)
    settle(case, "choose_node", node=there)
    work_it_off()

    second = FulfillmentOrder.objects.get(order=order, node__code=there)
    reject_fulfillment_order(second.pk, reason="damaged", actor=AGENT)
    work_it_off()

    assert nodes_of(order) == [({"N1", "N2", "N3"} - {row.node.code, there}).pop()]


def test_looking_at_the_options_changes_nothing():
    make_policy(max_splits=1, partial="hold")
    make_counted_stock(N1={"A": 5}, N2={"B": 5})
    order = make_order(lines={"A": 1, "B": 1})
    work_it_off()
    case, before = case_of(order, "no_stock"), told(order)

    options_for(case, agent())

    assert told(order) == before
    assert not RoutingInstruction.objects.exists()
    assert all(level.reserved == 0 for level in StockLevel.objects.all())
