"""A count that takes units away, raced against those who claim them and those who ship them."""

from __future__ import annotations

import pytest
from django.db import transaction
from django.db.models import F, Sum

from apps.inventory.models import Reservation, StockLevel, StockMovement
from apps.inventory.selectors import lock_levels
from apps.inventory.services import (
    Claim,
    Count,
    allocate_reservations,
    claim_stock,
    consume_reservations,
    count_stock,
    release_reservations,
)
from tests.factories import AGENT, make_counted_stock
from tests.invariants import assert_invariants
from tests.racing import Meanwhile, at_once

pytestmark = pytest.mark.django_db(transaction=True)


def a_level() -> StockLevel:
    make_counted_stock(N1={"A": 10})
    return StockLevel.objects.select_related("node", "sku").get()


def claimed(level: StockLevel, order: int, units: int) -> list[Reservation]:
    claim = Claim(order, order, level.pk, units, f"ord_{order}")
    return claim_stock([claim], actor=AGENT).reservations.get(order, [])


def counted(level: StockLevel, on_hand: int) -> None:
    count_stock([Count(level.node.code, level.sku.code, on_hand=on_hand)], reason="count", actor=AGENT)


def covered() -> int:
    live = Reservation.objects.filter(state__in=["reserved", "allocated"])
    return live.aggregate(units=Sum(F("quantity") - F("backordered"), default=0))["units"]


def test_a_count_and_claims_at_once_leave_no_claim_on_what_is_not_there():
    level = a_level()
    for turn in range(6):
        release_reservations(Reservation.objects.values_list("pk", flat=True), reason="", references={}, actor=AGENT)
        counted(level, 10)

        orders = [10 * turn + n for n in range(1, 6)]
        at_once(lambda: counted(level, 3), *[lambda order=order: claimed(level, order, 2) for order in orders])

        level.refresh_from_db()
        assert level.on_hand == 3
        assert covered() == min(3, level.reserved)
        assert_invariants()


def test_a_count_and_shipments_at_once_leave_nothing_less_than_nothing():
    level = a_level()
    for turn in range(6):
        counted(level, 10)
        rows = [row for n in range(5) for row in claimed(level, 10 * turn + n, 2)]
        assert len(rows) == 5
        allocate_reservations(rows)

        at_once(
            lambda: counted(level, 3),
            *[lambda pk=row.pk: consume_reservations({pk: 2}, references={}, actor=AGENT) for row in rows],
        )

        level.refresh_from_db()
        assert level.reserved == 0
        assert 0 <= level.on_hand <= 3
        sums = StockMovement.objects.aggregate(on_hand=Sum("on_hand_delta"), reserved=Sum("reserved_delta"))
        assert sums == {"on_hand": level.on_hand, "reserved": 0}
        counted(level, level.on_hand + 1)


def test_who_gives_a_claim_up_waits_for_a_count_that_takes_its_cover_and_they_never_wait_in_a_circle():
    level = a_level()
    row = claimed(level, 1, 8)[0]
    attempts: list[int] = []

    def release() -> None:
        attempts.append(row.pk)
        release_reservations([row.pk], reason="", references={}, actor=AGENT)

    with transaction.atomic():
        lock_levels([level.pk])
        other = Meanwhile(release)
        assert other.waits_for_a_lock()
        counted(level, 3)
    other.outcome()

    assert len(attempts) == 1
    level.refresh_from_db()
    assert (level.on_hand, level.reserved) == (3, 0)
    assert_invariants()
