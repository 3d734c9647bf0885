"""Rows C, D, E and F of the peers' scenarios that are about reserving and giving back; one test a row.

Our quantities are whole units: rows given in halves are doubled.
"""

from __future__ import annotations

import pytest

from apps.fulfillment.models import FulfillmentOrder
from apps.fulfillment.services import Parcel, ship_fulfillment_order
from apps.inventory.errors import InsufficientStock, NotStocked
from apps.inventory.models import Reservation, StockLevel, StockMovement
from apps.inventory.services import (
    Claim,
    Count,
    claim_stock,
    count_stock,
    cut_reservation,
    release_reservations,
    reserve_stock,
)
from apps.orders.services import revise_order
from tests.driving import again, work_it_off
from tests.factories import AGENT, StockLevelFactory, canonical, make_counted_stock, make_order, make_policy, make_stock
from tests.invariants import assert_invariants

pytestmark = pytest.mark.django_db
_lines = iter(range(1, 10**6))


def claim(level: StockLevel, units: int, *, order: int = 1, backorder: bool = False) -> Claim:
    return Claim(order, next(_lines), level.pk, units, f"ord_{order}", backorder=backorder)


def numbers(level: StockLevel) -> tuple[int, int]:
    """On hand and reserved as they stand in the database."""
    return StockLevel.objects.values_list("on_hand", "reserved").get(pk=level.pk)


def reserved(level: StockLevel, *units: int, **options: bool) -> list[Reservation]:
    return [reserve_stock([claim(level, n, order=i, **options)], actor=AGENT)[0] for i, n in enumerate(units, 1)]


def test_C2_an_order_that_is_not_through_validation_changes_no_stock():
    make_policy()
    make_stock(N1={"A": 5})
    order = make_order(lines={"A": 2}, payment={"state": "pending"})

    work_it_off()

    assert again(order).state == "received"
    assert numbers(StockLevel.objects.get()) == (5, 0)


def test_C5_backordered_units_leave_first():
    level = StockLevelFactory(on_hand=4, backorderable=True)
    row = reserved(level, 10, backorder=True)[0]
    assert row.backordered == 6

    cut_reservation(row.pk, missing=7, lost=False, reference="", reason="moved", actor=AGENT)

    row = Reservation.objects.get()
    assert (row.quantity, row.backordered) == (3, 0)


def test_C6_moving_seven_to_a_node_with_five_leaves_two_on_backorder_there():
    first = StockLevelFactory(on_hand=4, backorderable=True)
    second = StockLevelFactory(on_hand=5, backorderable=True)
    row = reserved(first, 10, backorder=True)[0]
    assert StockLevel.objects.get(pk=first.pk).available == -6

    cut_reservation(row.pk, missing=7, lost=False, reference="", reason="moved", actor=AGENT)
    moved = reserve_stock([claim(second, 7, backorder=True)], actor=AGENT)[0]

    assert StockLevel.objects.get(pk=first.pk).available == 1
    assert StockLevel.objects.get(pk=second.pk).available == -2
    assert (moved.quantity, moved.backordered) == (7, 2)


def test_D10_what_comes_back_is_sellable_again():
    level = StockLevelFactory(on_hand=24)
    row = reserved(level, 7)[0]
    assert StockLevel.objects.get().available == 17

    release_reservations([row.pk], reason="sale off", references={}, actor=AGENT)

    assert StockLevel.objects.get().available == 24


def test_D11_what_one_order_holds_at_a_node_other_orders_are_not_offered():
    level, other = StockLevelFactory(on_hand=11), StockLevelFactory(on_hand=6)
    reserved(level, 7)
    assert StockLevel.objects.get(pk=level.pk).available == 4

    reserve_stock([claim(level, 2, order=2)], actor=AGENT)

    assert StockLevel.objects.get(pk=level.pk).available == 2
    assert numbers(other) == (6, 0)


def test_E6_when_it_does_not_suffice_no_allocation_is_left():
    first, second = StockLevelFactory(on_hand=4), StockLevelFactory(on_hand=3)
    reserved(first, 2)
    reserved(second, 2)

    with pytest.raises(InsufficientStock):
        reserve_stock([claim(first, 2, order=9), claim(second, 3, order=9)], actor=AGENT)

    assert not Reservation.objects.filter(order_id=9).exists()
    assert (numbers(first), numbers(second)) == ((4, 2), (3, 2))


def test_E7_nodes_are_picked_by_what_is_available_not_by_what_is_on_hand():
    make_policy()
    make_stock(W1={"A": 4}, W2={"A": 3})
    for level in StockLevel.objects.all():
        reserve_stock([claim(level, 2, order=10**6)], actor=AGENT)

    order = make_order(lines={"A": 3})
    work_it_off()

    taken = Reservation.objects.filter(order_id=order.pk).values_list("level__node__code", "quantity")
    assert dict(taken) == {"W1": 2, "W2": 1}


def test_E9_a_refusal_names_every_sku_that_fell_short():
    first, second = StockLevelFactory(on_hand=10), StockLevelFactory(on_hand=10)

    with pytest.raises(InsufficientStock) as refused:
        reserve_stock([claim(first, 100), claim(second, 100)], actor=AGENT)

    assert first.sku.code in str(refused.value)
    assert second.sku.code in str(refused.value)
    assert not Reservation.objects.exists()


@pytest.mark.parametrize(("parts", "given_back", "left"), [((80,), 1, 0), ((50, 30), 1, 30)])
def test_E11_release_gives_back_what_was_claimed_and_leaves_on_hand(parts, given_back, left):
    level = StockLevelFactory(on_hand=100)
    rows = reserved(level, *parts)

    release_reservations([row.pk for row in rows[:given_back]], reason="", references={}, actor=AGENT)

    assert numbers(level) == (100, left)


def test_E12_releasing_at_a_negative_count_does_not_touch_the_count():
    level = StockLevelFactory(on_hand=80)
    row = reserved(level, 80)[0]
    count_stock([Count(node=level.node.code, sku=level.sku.code, on_hand=-10)], reason="count", actor=AGENT)
    assert numbers(level) == (0, 80)

    release_reservations([row.pk], reason="", references={}, actor=AGENT)

    assert numbers(level) == (0, 0)
    said = StockMovement.objects.get(kind="set")
    assert (said.on_hand_delta, said.reason) == (-80, "count (said -10)")


@pytest.mark.parametrize("more", [19, 20])
def test_E13_more_may_be_claimed_up_to_what_is_there(more):
    level = StockLevelFactory(on_hand=100)
    reserved(level, 80)

    reserve_stock([claim(level, more, order=2)], actor=AGENT)

    assert numbers(level) == (100, 80 + more)


def test_E13_one_unit_too_many_is_refused_and_nothing_changes():
    level = StockLevelFactory(on_hand=100)
    reserved(level, 80)

    with pytest.raises(InsufficientStock):
        reserve_stock([claim(level, 21, order=2)], actor=AGENT)

    assert numbers(level) == (100, 80)


@pytest.mark.parametrize(("one", "other"), [(9, 20), (2, 19)])
def test_E14_two_lines_of_one_call_are_added_up_before_they_are_judged(one, other):
    level = StockLevelFactory(on_hand=100)
    reserved(level, 80)

    with pytest.raises(InsufficientStock):
        reserve_stock([claim(level, one, order=2), claim(level, other, order=2)], actor=AGENT)

    assert numbers(level) == (100, 80)


def test_E15_a_delivery_raises_on_hand_and_what_waits_may_then_be_claimed():
    level = StockLevelFactory(on_hand=100)
    reserved(level, 80)

    count_stock([Count(node=level.node.code, sku=level.sku.code, delta=50)], reason="delivery", actor=AGENT)
    assert numbers(level) == (150, 80)
    reserve_stock([claim(level, 50, order=2)], actor=AGENT)

    assert numbers(level) == (150, 130)


def test_F1_more_than_there_is_is_refused_and_nothing_is_reserved():
    level = StockLevelFactory(on_hand=2)

    with pytest.raises(InsufficientStock):
        reserve_stock([claim(level, 3)], actor=AGENT)

    assert numbers(level) == (2, 0)


def test_F2_with_backorders_on_more_than_there_is_may_be_reserved():
    level = StockLevelFactory(on_hand=2, backorderable=True)

    row = reserve_stock([claim(level, 3, backorder=True)], actor=AGENT)[0]

    assert numbers(level) == (2, 3)
    assert row.backordered == 1


def test_F3_a_node_that_does_not_stock_it_is_refused_in_other_words():
    with pytest.raises(NotStocked):
        reserve_stock([Claim(1, 1, 10**9, 1, "ord_1")], actor=AGENT)


def test_of_many_orders_the_one_whose_level_is_gone_loses_and_the_others_get_theirs():
    level = StockLevelFactory(on_hand=2)

    answer = claim_stock([claim(level, 1, order=1), Claim(2, 1, 10**9, 1, "ord_2")], actor=AGENT)

    assert answer.lost == {2: [10**9]}
    assert [row.order_id for rows in answer.reservations.values() for row in rows] == [1]
    assert numbers(level) == (2, 1)


def test_units_that_are_not_counted_take_nothing_from_those_that_are():
    level = StockLevelFactory(on_hand=2, backorderable=True)
    uncounted = Claim(1, next(_lines), level.pk, 5, "ord_1", counted=False)

    answer = claim_stock([uncounted, claim(level, 3, order=2, backorder=True)], actor=AGENT)

    rows = [answer.reservations[order][0] for order in (1, 2)]
    assert [(row.quantity, row.backordered) for row in rows] == [(5, 0), (3, 1)]
    assert numbers(level) == (2, 3)


def test_F5_only_the_chosen_nodes_reserve_moves_and_on_hand_waits_for_the_shipment():
    make_policy()
    make_counted_stock(L1={"A": 100}, L2={"B": 120})
    order = make_order(lines={"A": 1, "B": 2})
    work_it_off()
    by_node = {level.node.code: (level.on_hand, level.reserved) for level in StockLevel.objects.all()}
    assert by_node == {"L1": (100, 1), "L2": (120, 2)}

    first = FulfillmentOrder.objects.get(order=order, node__code="L1")
    ship_fulfillment_order(first.pk, external_id="1", parcels=[Parcel("T")], actor=AGENT)
    work_it_off()

    by_node = {level.node.code: (level.on_hand, level.reserved) for level in StockLevel.objects.all()}
    assert by_node == {"L1": (99, 0), "L2": (120, 2)}
    assert_invariants()


def test_F6_giving_one_of_two_units_back_is_felt_at_that_same_node():
    level, other = StockLevelFactory(on_hand=5), StockLevelFactory(on_hand=5)
    row = reserved(level, 2)[0]

    cut_reservation(row.pk, missing=1, lost=False, reference="", reason="one cancelled", actor=AGENT)

    assert numbers(level) == (5, 1)
    assert numbers(other) == (5, 0)


def test_F7_a_payment_that_settles_later_does_not_reserve_again():
    make_policy()
    make_stock(N1={"A": 5})
    draft = canonical(
        lines={"A": 2}, external_id="pay", payment={"state": "authorized"}, placed_at="2026-11-01T10:00:00Z"
    )
    order = make_order(**draft.model_dump(mode="json", exclude={"lines"}), lines={"A": 2})
    work_it_off()

    paid = draft.model_copy(
        update={
            "payment": draft.payment.model_copy(update={"state": "paid"}),
            "updated_at": draft.placed_at.replace(hour=12),
        }
    )
    revise_order(order.pk, paid, actor=AGENT)
    work_it_off()

    assert again(order).payment_state == "paid"
    assert numbers(StockLevel.objects.get()) == (5, 2)
    assert Reservation.objects.count() == 1


def test_F9_safety_stock_refuses_earlier():
    level = StockLevelFactory(on_hand=10, safety_stock=4)
    reserved(level, 6)

    with pytest.raises(InsufficientStock):
        reserve_stock([claim(level, 1, order=2)], actor=AGENT)


def test_F9_a_backorder_limit_allows_down_to_that_depth_and_no_deeper():
    level = StockLevelFactory(on_hand=2, backorderable=True, backorder_limit=3)
    reserved(level, 5, backorder=True)

    with pytest.raises(InsufficientStock):
        reserve_stock([claim(level, 1, order=2, backorder=True)], actor=AGENT)

    assert numbers(level) == (2, 5)


def test_F11_two_lines_of_one_sku_are_claimed_and_kept_apart():
    make_policy()
    make_stock(N1={"A": 5})
    lines = [
        {"line_id": "1", "sku": "A", "quantity": 1, "unit_price": 1, "properties": {"engraving": "Z"}},
        {"line_id": "2", "sku": "A", "quantity": 2, "unit_price": 1},
    ]
    order = make_order(lines=lines)

    work_it_off()

    claims = Reservation.objects.filter(order_id=order.pk).order_by("quantity").values_list("quantity", flat=True)
    assert list(claims) == [1, 2]
    assert StockMovement.objects.filter(kind="reserve").count() == 2
