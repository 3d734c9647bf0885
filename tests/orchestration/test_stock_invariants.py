"""I3, as strict as it is written: each way a level can break it is planted, and found."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from apps.casework.models import ExceptionCase
from apps.core import clock
from apps.inventory.models import Reservation, StockLevel, StockMovement
from apps.inventory.services import Claim, Count, count_stock, reserve_stock
from apps.orchestration.invariants import check
from tests.driving import work_it_off
from tests.factories import AGENT, make_counted_stock, make_order, make_policy

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _shop() -> None:
    make_policy()
    make_counted_stock(N1={"A": 10})


def broken() -> list[str]:
    return [one for one in check(limbo_s=3600).offenders["I3"] if " sum of " not in one]


def reserve(units: int) -> None:
    """By an order, as in life."""
    make_order(lines={"A": units})
    work_it_off()
    assert StockLevel.objects.get().reserved == units


def plant(**fields: Any) -> None:
    """Past the services, as a bug or somebody in SQL would."""
    StockLevel.objects.update(**fields)


def test_a_level_that_keeps_its_promises_and_its_safety_stock_is_sound():
    plant(safety_stock=2)
    reserve(8)

    assert broken() == []


def test_more_reserved_than_there_is_found():
    reserve(8)
    plant(on_hand=7)

    assert [one.split(": ")[-1] for one in broken()] == ["8 reserved of 7"]


def test_reserved_out_of_the_safety_stock_is_found():
    reserve(8)
    plant(safety_stock=3)

    assert [one.split(": ")[-1] for one in broken()] == ["8 reserved of 10, safety stock 3"]


@pytest.mark.parametrize("backorderable", [False, True])
@pytest.mark.parametrize("counter", ["on_hand", "reserved"])
def test_less_than_nothing_is_refused_by_the_database_backorders_or_not(counter: str, backorderable: bool):
    with pytest.raises(IntegrityError, match="not_negative"), transaction.atomic():
        plant(**{counter: -1}, backorderable=backorderable)

    assert broken() == []


def test_backorders_may_promise_more_than_is_there_and_no_claim_may_count_on_it():
    plant(on_hand=2, safety_stock=1, backorderable=True)
    level = StockLevel.objects.get()
    reserve_stock([Claim(1, 1, level.pk, 8, "ord_1", backorder=True)], actor=AGENT)
    assert broken() == []

    Reservation.objects.update(backordered=5)

    assert [one.split(": ")[-1] for one in broken()] == ["3 reserved of 2"]


def test_a_case_about_it_excuses_no_claim_that_counts_on_what_is_not_there():
    reserve(8)
    count_stock([Count("N1", "A", on_hand=7)], reason="count", actor=AGENT)
    work_it_off()
    assert ExceptionCase.objects.filter(type="oversold", state="open").exists()
    assert broken() == []

    Reservation.objects.update(backordered=0)

    assert [one.split(": ")[-1] for one in broken()] == ["8 reserved of 7"]


def test_a_count_that_uncovers_claims_or_reaches_only_the_safety_stock_is_no_fault():
    plant(safety_stock=2)
    reserve(8)
    with clock.moved(timedelta(seconds=1)):
        count_stock([Count("N1", "A", on_hand=9)], reason="count", actor=AGENT)
        assert broken() == []
        count_stock([Count("N1", "A", on_hand=7)], reason="count", actor=AGENT)
        assert broken() == []
        assert Reservation.objects.get().backordered == 1
        work_it_off()

        assert ExceptionCase.objects.filter(type="oversold").count() == 1
        assert broken() == []


def test_a_claim_after_the_count_that_reached_the_safety_stock_is_found_again():
    plant(safety_stock=2)
    reserve(8)
    with clock.moved(timedelta(seconds=1)):
        count_stock([Count("N1", "A", on_hand=9)], reason="count", actor=AGENT)
    with clock.moved(timedelta(seconds=2)):
        Reservation.objects.update(reserved_at=clock.now())

        assert len(broken()) == 1


def test_counters_that_are_not_the_sums_of_their_rows_are_found():
    reserve(2)
    StockMovement.objects.filter(reserved_delta__gt=0).update(reserved_delta=1)
    plant(reserved=3)
    rules = [one.split(": ")[0] for one in check(limbo_s=3600).offenders["I3"]]

    assert rules == ["what a level says is reserved is the sum of its claims", "a level is the sum of its ledger"]
