"""Claims on stock that is still to come: the second one, the shipped one, and stock that may not be given out."""

from __future__ import annotations

import pytest

from apps.inventory.errors import InsufficientStock
from apps.inventory.models import Reservation, StockLevel
from apps.inventory.services import Claim, consume_reservations, cut_reservation, reserve_stock
from apps.inventory.services.backorders import fill_backorders
from apps.inventory.services.releasing import allocate_reservations
from tests.factories import AGENT, StockLevelFactory

pytestmark = pytest.mark.django_db
_lines = iter(range(1, 10**6))


def reserved(level: StockLevel, units: int, *, order: int = 1) -> Reservation:
    claim = Claim(order, next(_lines), level.pk, units, f"ord_{order}", backorder=level.backorderable)
    return reserve_stock([claim], actor=AGENT)[0]


def ship(shipped: dict[int, int]) -> None:
    """Begun to be worked on, and gone."""
    allocate_reservations(list(Reservation.objects.filter(pk__in=shipped)))
    consume_reservations(shipped, references={}, actor=AGENT)


def test_a_second_backorder_on_a_level_already_below_nothing_waits_for_all_of_its_units():
    level = StockLevelFactory(on_hand=2, backorderable=True)
    reserved(level, 5)

    assert reserved(level, 3, order=2).backordered == 3


def test_a_claim_that_does_not_ask_for_a_backorder_gets_none_where_the_level_would_allow_it():
    level = StockLevelFactory(on_hand=2, backorderable=True)

    with pytest.raises(InsufficientStock):
        reserve_stock([Claim(1, next(_lines), level.pk, 3, "ord_1")], actor=AGENT)

    assert not Reservation.objects.exists()
    assert StockLevel.objects.get().reserved == 0


def test_a_claim_with_backordered_units_that_ships_leaves_none_backordered():
    level = StockLevelFactory(on_hand=2, backorderable=True)
    row = reserved(level, 5)

    ship({row.pk: 5})

    row = Reservation.objects.get()
    assert (row.state, row.quantity, row.backordered) == ("consumed", 0, 0)


def test_of_a_claim_that_ships_in_part_no_more_is_backordered_than_is_left_of_it():
    level = StockLevelFactory(on_hand=2, backorderable=True)
    row = reserved(level, 5)

    ship({row.pk: 4})

    row = Reservation.objects.get()
    assert (row.quantity, row.backordered) == (1, 1)


@pytest.mark.parametrize(("arrives", "waits"), [(2, 4), (3, 4), (5, 2), (7, 0)])
def test_stock_that_arrives_below_the_safety_stock_fills_no_backorder(arrives: int, waits: int):
    level = StockLevelFactory(on_hand=0, safety_stock=3, backorderable=True)
    row = reserved(level, 4)
    StockLevel.objects.update(on_hand=arrives)

    filled = fill_backorders([level.pk])

    assert Reservation.objects.get().backordered == waits
    assert filled == ([row.pk] if not waits else [])


def test_what_arrived_for_the_oldest_backorder_is_not_given_to_the_next_one_again():
    level = StockLevelFactory(on_hand=0, backorderable=True)
    first, second = reserved(level, 2), reserved(level, 3, order=2)
    StockLevel.objects.update(on_hand=3)

    assert fill_backorders([level.pk]) == [first.pk]

    second.refresh_from_db()
    assert second.backordered == 2


@pytest.mark.parametrize(("free", "doubted"), [(1, True), (0, False)])
def test_a_lost_short_pick_doubts_the_level_when_more_lies_there_than_is_promised(free: int, doubted: bool):
    level = StockLevelFactory(on_hand=5 + free)
    first, _ = reserved(level, 3), reserved(level, 2, order=2)

    cut_reservation(first.pk, missing=1, lost=True, reference="", reason="short pick", actor=AGENT)

    level.refresh_from_db()
    assert (level.on_hand, level.reserved) == (4 + free, 4)
    assert (level.doubted_at is not None, level.doubted_on_hand) == (doubted, 5 + free if doubted else None)


def test_several_moves_of_one_level_in_one_transaction_each_see_what_the_one_before_left():
    level = StockLevelFactory(on_hand=5)
    rows = [reserved(level, 2), reserved(level, 3, order=2)]

    ship({row.pk: row.quantity for row in rows})

    level.refresh_from_db()
    assert (level.on_hand, level.reserved) == (0, 0)
