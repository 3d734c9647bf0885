"""Levels from before the rules were strict are set right by the migration that makes them so."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.db import connection
from django.db.models import Sum

from apps.inventory.models import Reservation, StockLevel, StockMovement
from apps.inventory.services import Claim, allocate_reservations, claim_stock
from tests.factories import AGENT, make_counted_stock
from tests.invariants import assert_invariants

pytestmark = pytest.mark.django_db
migration = import_module("apps.inventory.migrations.0002_claims_without_stock")


def test_less_than_nothing_becomes_nothing_and_the_newest_claims_wait_for_what_is_missing():
    make_counted_stock(N1={"A": 10})
    level = StockLevel.objects.get()
    claims = [Claim(n, n, level.pk, units, f"ord_{n}") for n, units in enumerate((3, 4, 2), 1)]
    rows = claim_stock(claims, actor=AGENT).reservations
    allocate_reservations(rows[3])
    bring_to(level, 4)

    run(migration.UNCOVER)

    # The newest is in work, so it keeps its stock before the others.
    assert list(Reservation.objects.order_by("order_id").values_list("backordered", flat=True)) == [1, 4, 0]
    assert_invariants()


def test_the_ledger_explains_what_was_set_right():
    make_counted_stock(N1={"A": 1})
    level = StockLevel.objects.get()
    run("ALTER TABLE inventory_stocklevel DROP CONSTRAINT stock_on_hand_not_negative")
    bring_to(level, -2)

    run(migration.NOTHING_IS_THE_LEAST)

    level.refresh_from_db()
    assert level.on_hand == StockMovement.objects.aggregate(units=Sum("on_hand_delta"))["units"] == 0
    assert StockMovement.objects.latest("pk").on_hand_delta == 2


def bring_to(level: StockLevel, on_hand: int) -> None:
    """As a feed did before."""
    level.refresh_from_db()
    StockMovement.objects.create(level=level, kind="set", on_hand_delta=on_hand - level.on_hand, actor="system:test")
    StockLevel.objects.update(on_hand=on_hand)


def run(sql: str) -> None:
    with connection.cursor() as cursor:
        # What waits for the end of the transaction is in the way of changing a table.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(sql)
