"""Claims given up, shipped and cut: what is left of the claim, of the level and in the ledger."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.core import clock
from apps.core.models import Event
from apps.inventory.models import Reservation, StockLevel, StockMovement
from apps.inventory.services import Claim, claim_stock, consume_reservations, cut_reservation, release_reservations
from apps.inventory.services.discrepancies import write_off_claims
from apps.inventory.services.releasing import allocate_reservations
from tests.factories import AGENT, StockLevelFactory

pytestmark = pytest.mark.django_db
_lines = iter(range(1, 10**6))
ORDERS = {order: f"ord_{order}" for order in range(1, 9)}


def claimed(level: StockLevel, units: int, *, order: int = 1, **how: object) -> Reservation:
    claim = Claim(order, next(_lines), level.pk, units, ORDERS[order], **how)  # type: ignore[arg-type]
    return claim_stock([claim], actor=AGENT).reservations[order][0]


def numbers(level: StockLevel) -> tuple[int, int]:
    return StockLevel.objects.values_list("on_hand", "reserved").get(pk=level.pk)


def ledger() -> list[tuple[str, int, int, str, str]]:
    rows = StockMovement.objects.exclude(kind="reserve").order_by("pk")
    return list(rows.values_list("kind", "on_hand_delta", "reserved_delta", "reference", "reason"))


def told() -> list[tuple[str, int | None]]:
    """Names of what happened to levels, and how many were missing."""
    rows = Event.objects.filter(name__startswith="stock.").order_by("pk")
    return [(row.name, row.data.get("missing")) for row in rows]


def kept(row: Reservation) -> Reservation:
    return Reservation.objects.get(pk=row.pk)


def test_a_claim_that_is_given_up_expires_no_more_and_frees_its_level():
    level = StockLevelFactory(on_hand=9)
    row = claimed(level, 4, expires_at=clock.now() + timedelta(hours=1))

    given_up = release_reservations([row.pk], reason="sale off", references=ORDERS, actor=AGENT)

    assert [one.pk for one in given_up] == [row.pk]
    assert (kept(row).state, kept(row).expires_at) == ("released", None)
    assert (numbers(level), ledger(), told()) == (
        (9, 0),
        [("release", 0, -4, "ord_1", "sale off")],
        [("stock.freed", None)],
    )


def test_given_up_again_nothing_happens():
    level = StockLevelFactory(on_hand=9)
    row = claimed(level, 4)
    release_reservations([row.pk], reason="", references=ORDERS, actor=AGENT)

    assert release_reservations([row.pk], reason="", references=ORDERS, actor=AGENT) == []

    assert (numbers(level), len(ledger()), len(told())) == ((9, 0), 1, 1)


def test_what_is_not_counted_is_given_up_and_shipped_without_touching_a_level():
    level = StockLevelFactory(on_hand=9)
    first, second, third = (claimed(level, 4, order=order, counted=False) for order in (1, 2, 3))
    allocate_reservations([second])

    release_reservations([first.pk], reason="", references=ORDERS, actor=AGENT)
    consume_reservations({second.pk: 4}, references=ORDERS, actor=AGENT)
    cut_reservation(third.pk, missing=1, lost=True, reference="ord_3", reason="", actor=AGENT)

    assert [kept(row).state for row in (first, second, third)] == ["released", "consumed", "reserved"]
    assert kept(third).quantity == 3
    assert (numbers(level), ledger(), told()) == ((9, 0), [], [])


def test_a_claim_that_is_bound_expires_no_more_and_one_that_is_bound_stays_so():
    level = StockLevelFactory(on_hand=9)
    row = claimed(level, 4, expires_at=clock.now() + timedelta(hours=1))

    allocate_reservations([row])
    allocate_reservations([kept(row)])

    assert (kept(row).state, kept(row).expires_at) == ("allocated", None)


def test_of_a_claim_no_more_ships_than_it_holds_and_what_is_left_stays_claimed():
    level = StockLevelFactory(on_hand=9)
    part, whole, untouched = (claimed(level, 3, order=order) for order in (1, 2, 3))
    allocate_reservations([part, whole, untouched])

    consume_reservations({part.pk: 2, whole.pk: 7, untouched.pk: 0}, references=ORDERS, actor=AGENT)

    assert [(row.state, row.quantity, row.shipped) for row in map(kept, (part, whole, untouched))] == [
        ("allocated", 1, 2),
        ("consumed", 0, 3),
        ("allocated", 3, 0),
    ]
    assert numbers(level) == (4, 4)
    assert ledger() == [("ship", -2, -2, "ord_1", ""), ("ship", -3, -3, "ord_2", "")]


def test_units_that_are_moved_elsewhere_leave_the_shelf_as_it_is():
    level = StockLevelFactory(on_hand=9)
    row = claimed(level, 3)

    cut_reservation(row.pk, missing=7, lost=False, reference="ord_1", reason="moved", actor=AGENT)

    assert (kept(row).quantity, numbers(level)) == (0, (9, 0))
    assert (ledger(), told()) == ([("release", 0, -3, "ord_1", "moved")], [])


def test_of_units_that_were_looked_for_and_are_not_there_those_without_stock_leave_the_shelf_as_it_is():
    level = StockLevelFactory(on_hand=4, backorderable=True)
    row = claimed(level, 6, backorder=True)

    cut_reservation(row.pk, missing=3, lost=True, reference="ord_1", reason="short", actor=AGENT)

    assert (kept(row).quantity, kept(row).backordered, numbers(level)) == (3, 0, (3, 3))
    assert (ledger(), told()) == ([("short", -1, -3, "ord_1", "short")], [("stock.short", 1)])


def test_nothing_is_cut_from_a_claim_that_was_given_up():
    level = StockLevelFactory(on_hand=9)
    row = claimed(level, 3)
    release_reservations([row.pk], reason="", references=ORDERS, actor=AGENT)

    cut_reservation(row.pk, missing=1, lost=True, reference="", reason="", actor=AGENT)

    assert (kept(row).quantity, numbers(level), len(ledger())) == (3, (9, 0), 1)


def test_written_off_together_no_more_is_lost_than_was_there_and_backorders_are_only_given_up():
    level = StockLevelFactory(on_hand=5, backorderable=True)
    first, second, third = (claimed(level, 3, order=order, backorder=True) for order in (1, 2, 3))
    StockLevel.objects.update(on_hand=4)
    Reservation.objects.filter(pk=second.pk).update(backordered=2)

    write_off_claims([first.pk, second.pk, third.pk], reason="absent", references=ORDERS, actor=AGENT)

    assert {kept(row).state for row in (first, second, third)} == {"released"}
    assert numbers(level) == (0, 0)
    assert ledger() == [
        ("short", -3, -3, "ord_1", "absent"),
        ("short", -1, -3, "ord_2", "absent"),
        ("release", 0, -3, "ord_3", "absent"),
    ]
    assert told() == [("stock.doubted", 4), ("stock.short", 4)]
    doubted = StockLevel.objects.get()
    assert (doubted.doubted_at is not None, doubted.doubted_on_hand) == (True, 4)


def test_what_a_count_took_off_before_is_not_lost_again_and_nothing_is_in_doubt():
    level = StockLevelFactory(on_hand=5)
    row = claimed(level, 3, expires_at=clock.now() + timedelta(hours=1))
    StockLevel.objects.update(on_hand=0)
    Reservation.objects.update(backordered=3)

    write_off_claims([row.pk], reason="absent", references=ORDERS, actor=AGENT)

    assert (kept(row).state, kept(row).expires_at) == ("released", None)
    assert (numbers(level), ledger(), told()) == ((0, 0), [("release", 0, -3, "ord_1", "absent")], [])
    assert StockLevel.objects.get().doubted_at is None


def test_a_level_in_doubt_keeps_since_when_and_the_figure_it_was():
    level = StockLevelFactory(on_hand=9)
    first, second = claimed(level, 2), claimed(level, 3, order=2)
    write_off_claims([first.pk], reason="", references=ORDERS, actor=AGENT)
    before = StockLevel.objects.get()

    with clock.moved(timedelta(hours=1)):
        write_off_claims([second.pk], reason="", references=ORDERS, actor=AGENT)

    after = StockLevel.objects.get()
    assert (after.doubted_at, after.doubted_on_hand) == (before.doubted_at, 9)
    assert (after.on_hand, after.reserved) == (4, 0)
