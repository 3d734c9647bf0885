"""Real threads on real connections, after the same stock."""

from __future__ import annotations

import threading

import pytest
from django.db import OperationalError, connection, connections

from apps.casework.models import ExceptionCase
from apps.core.transactions import in_transaction
from apps.inventory.models import Reservation, StockLevel
from apps.orchestration import runner
from apps.orders.models import Order
from tests.factories import make_counted_stock, make_order, make_policy, make_stock
from tests.invariants import assert_invariants

pytestmark = pytest.mark.django_db(transaction=True)


def in_threads(count: int, work: object) -> None:
    """Run ``work`` in so many threads at once; each leaves its connection behind tidily."""

    def body() -> None:
        try:
            work()  # type: ignore[operator]
        finally:
            connections.close_all()

    threads = [threading.Thread(target=body) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_row_15_two_hundred_orders_race_for_ten_units_and_exactly_ten_are_reserved():
    make_policy()
    make_counted_stock(N1={"A": 6}, N2={"A": 4})
    for _ in range(200):
        make_order(lines={"A": 1})

    in_threads(4, lambda: [runner.drain("steps") for _ in range(3)])
    runner.drain("steps")

    assert sum(StockLevel.objects.values_list("reserved", flat=True)) == 10
    assert Reservation.objects.count() == 10
    assert ExceptionCase.objects.filter(type="no_stock").count() == 190
    assert Order.objects.filter(state="released").count() == 10
    assert_invariants()


def test_row_14_a_deadlocked_transaction_is_run_again_and_reserves_once():
    make_stock(N1={"A": 5}, N2={"A": 5})
    first, second = StockLevel.objects.order_by("pk").values_list("pk", flat=True)
    barrier, attempts, lock = threading.Barrier(2), [], threading.Lock()

    def take(one: int, other: int) -> None:
        def work() -> None:
            with lock:
                attempts.append(one)
            StockLevel.objects.select_for_update().get(pk=one)
            if len(attempts) <= 2:
                barrier.wait(5)
            level = StockLevel.objects.select_for_update().get(pk=other)
            StockLevel.objects.filter(pk=other).update(incoming=level.incoming + 1)

        in_transaction(work)

    pairs = iter([(first, second), (second, first)])
    in_threads(2, lambda: take(*next(pairs)))

    assert len(attempts) == 3
    assert sorted(StockLevel.objects.values_list("incoming", flat=True)) == [1, 1]


def test_a_transaction_that_keeps_failing_otherwise_is_not_run_again():
    attempts = []

    def work() -> None:
        attempts.append(1)
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 / 0")

    with pytest.raises(Exception, match="division by zero") as refused:
        in_transaction(work)

    assert not isinstance(refused.value, OperationalError)
    assert len(attempts) == 1
