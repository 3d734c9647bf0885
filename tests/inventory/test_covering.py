"""Which claims keep their stock when there is less than was promised, and what no level ever says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.casework.models import ExceptionCase
from apps.core import clock
from apps.core.models import Event
from apps.inventory.models import Reservation, StockLevel, StockMovement
from apps.inventory.services import (
    Claim,
    Count,
    allocate_reservations,
    claim_stock,
    consume_reservations,
    count_stock,
    cover_first,
    cut_reservation,
    fill_backorders,
    release_reservations,
    write_off_claims,
)
from apps.inventory.states import ReservationState
from apps.orchestration.invariants import INVARIANTS
from tests.driving import work_it_off
from tests.factories import AGENT, StockLevelFactory, make_policy

pytestmark = pytest.mark.django_db
LIVE = (ReservationState.RESERVED, ReservationState.ALLOCATED)


def a_level(**fields: Any) -> StockLevel:
    """With the ledger that explains it."""
    level = StockLevelFactory(**fields)
    StockMovement.objects.create(level=level, kind="set", on_hand_delta=level.on_hand, actor="system:test")
    return level


def claimed(level: StockLevel, *units: int, backorder: bool = False) -> list[Reservation]:
    """One claim for each order, the oldest first."""
    first = Reservation.objects.count() + 1
    claims = [Claim(n, n, level.pk, one, f"ord_{n}", backorder=backorder) for n, one in enumerate(units, first)]
    made = claim_stock(claims, actor=AGENT).reservations
    return [row for order in sorted(made) for row in made[order]]


def counted(level: StockLevel, on_hand: int | None = None, **more: Any) -> None:
    count_stock([Count(level.node.code, level.sku.code, on_hand=on_hand, **more)], reason="count", actor=AGENT)


def waiting() -> list[int]:
    """Units without stock, of each claim in sequence."""
    return list(Reservation.objects.order_by("pk").values_list("backordered", flat=True))


def broken() -> list[str]:
    """What breaks I3, without the other invariants."""
    found: list[str] = []
    for one in (one for one in INVARIANTS if one.code == "I3"):
        with connection.cursor() as cursor:
            cursor.execute(one.sql)
            found += [f"{one.rule}: {row[0]}" for row in cursor.fetchall()]
    return found


def bind_arrived() -> None:
    """The step that does waits a moment for more to come."""
    with clock.moved(timedelta(seconds=5)):
        work_it_off()


def names() -> list[str]:
    return list(Event.objects.order_by("pk").values_list("name", flat=True))


def test_the_newest_claims_lose_their_stock_to_a_count_and_say_how_many_units():
    level = a_level(on_hand=10)
    claimed(level, 4, 3, 3)

    counted(level, 5)

    assert waiting() == [0, 2, 3]
    assert broken() == []
    assert Event.objects.get(name="stock.oversold").data["short"] == 5


def test_what_is_in_work_keeps_its_stock_before_what_is_only_reserved():
    level = a_level(on_hand=6)
    rows = claimed(level, 2, 2, 2)
    allocate_reservations(rows[1:])

    counted(level, 3)

    assert waiting() == [2, 0, 1]


def test_a_count_that_still_covers_every_claim_takes_nothing_from_any_even_out_of_the_safety_stock():
    level = a_level(on_hand=10, safety_stock=3)
    claimed(level, 7)

    counted(level, 7)

    assert waiting() == [0]
    assert "stock.oversold" not in names()
    assert broken() == []


def test_who_lost_it_to_a_wrong_count_has_it_back_with_the_right_one_safety_stock_or_not():
    make_policy()
    level = a_level(on_hand=10, safety_stock=3)
    claimed(level, 4, 3)
    counted(level, 2)
    assert waiting() == [2, 3]

    counted(level, 7)
    bind_arrived()

    assert waiting() == [0, 0]
    assert broken() == []


def test_claims_whose_goods_are_picked_take_their_stock_from_the_newest_of_the_others_on_their_level():
    level, other = a_level(on_hand=6), a_level(on_hand=4)
    _, in_work, picked = claimed(level, 2, 2, 2)
    claimed(other, 2, 2)
    allocate_reservations([in_work])
    counted(level, 3)
    assert waiting() == [1, 0, 2, 0, 0]

    cover_first([level.pk, other.pk], {picked.pk})

    assert waiting() == [2, 1, 0, 0, 0]


def test_no_claim_takes_more_from_the_others_than_they_have():
    level = a_level(on_hand=5)
    _, picked = claimed(level, 3, 2)
    counted(level, 1)
    assert waiting() == [2, 2]

    cover_first([level.pk], {picked.pk})

    assert waiting() == [3, 1]


def test_what_comes_in_part_covers_the_oldest_first_and_frees_nothing():
    make_policy()
    level = a_level(on_hand=6)
    claimed(level, 3, 3)
    counted(level, 0)

    counted(level, delta=4)
    bind_arrived()

    assert waiting() == [0, 2]
    level.refresh_from_db()
    assert (level.on_hand, level.reserved, level.available) == (4, 6, -2)


def test_a_backorder_does_not_take_from_the_safety_stock_what_a_claim_that_lost_its_stock_may():
    level = a_level(on_hand=0, safety_stock=3, backorderable=True)
    claimed(level, 2, backorder=True)

    counted(level, 3)
    fill_backorders([level.pk])

    assert waiting() == [2]


def test_where_backorders_are_on_a_count_makes_backorders_and_nobody_is_asked():
    level = a_level(on_hand=5, backorderable=True)
    claimed(level, 5, backorder=True)

    counted(level, 3)

    assert waiting() == [2]
    assert "stock.oversold" not in names()
    assert broken() == []


@pytest.mark.parametrize(("said", "delta"), [(-10, None), (None, -18)], ids=["set", "added"])
def test_less_than_nothing_is_nothing_and_the_ledger_says_what_was_said(said: int | None, delta: int | None):
    level = a_level(on_hand=8)
    claimed(level, 2)

    counted(level, said, delta=delta)

    level.refresh_from_db()
    assert (level.on_hand, level.reserved, level.available) == (0, 2, -2)
    assert waiting() == [2]
    move = StockMovement.objects.latest("pk")
    assert (move.on_hand_delta, move.reason) == (-8, "count (said -10)")
    assert broken() == []


def test_more_shipped_than_was_counted_sets_the_count_right_first_and_doubts_the_level():
    make_policy()
    level = a_level(on_hand=6)
    rows = claimed(level, 3, 3)
    allocate_reservations(rows)
    counted(level, 1)

    consume_reservations({rows[1].pk: 3}, references={}, actor=AGENT)

    level.refresh_from_db()
    assert (level.on_hand, level.reserved, level.doubted_at is not None) == (0, 3, True)
    moves = StockMovement.objects.order_by("-pk")[:2]
    assert sorted((move.kind, move.on_hand_delta, move.reason) for move in moves) == [
        ("adjust", 2, "found by shipping"),
        ("ship", -3, ""),
    ]
    doubt = Event.objects.get(name="stock.doubted").data
    assert (doubt["missing"], doubt["found"]) == (0, 2)
    assert waiting() == [3, 0]
    assert broken() == []
    work_it_off()
    case = ExceptionCase.objects.get(type="stock_discrepancy")
    assert case.sentence.startswith(f"{level.node.name} shipped 2 more of {level.sku.code} than were counted.")


def test_a_feed_that_repeats_what_was_shown_before_the_shipping_does_not_end_that_doubt():
    level = a_level(on_hand=3)
    rows = claimed(level, 3)
    allocate_reservations(rows)
    counted(level, 2)
    consume_reservations({rows[0].pk: 3}, references={}, actor=AGENT)

    counted(level, 2)
    assert StockLevel.objects.get().doubted_at is not None

    counted(level, 4)
    assert StockLevel.objects.get().doubted_at is None


def test_goods_promised_to_others_that_left_take_their_cover_and_a_person_hears_of_it():
    level = a_level(on_hand=4)
    rows = claimed(level, 2, 2)
    allocate_reservations(rows)
    counted(level, 2)
    assert names().count("stock.oversold") == 1

    consume_reservations({rows[1].pk: 2}, references={}, actor=AGENT)

    assert waiting() == [2, 0]
    assert names().count("stock.oversold") == 2


def test_what_a_count_took_off_before_is_not_lost_again_by_a_short_pick():
    level = a_level(on_hand=5)
    row = claimed(level, 5)[0]
    counted(level, 3)

    cut_reservation(row.pk, missing=3, lost=True, reference="", reason="short pick", actor=AGENT)

    level.refresh_from_db()
    assert (level.on_hand, level.reserved) == (2, 2)
    assert waiting() == [0]
    assert Event.objects.get(name="stock.short").data["missing"] == 1


def test_nothing_is_asked_of_the_claims_while_there_is_enough(django_assert_max_num_queries: Any):
    level = a_level(on_hand=10)
    rows = claimed(level, 3)
    allocate_reservations(rows)

    # The levels, the claims, what they are now, the ledger, the levels.
    with django_assert_max_num_queries(5):
        consume_reservations({rows[0].pk: 3}, references={}, actor=AGENT)


UNITS = st.integers(1, 6)
WHICH = st.integers(0, 5)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("reserve"), UNITS, st.booleans()),
        st.tuples(st.just("allocate"), WHICH),
        st.tuples(st.just("release"), WHICH),
        st.tuples(st.just("ship"), WHICH, UNITS),
        st.tuples(st.just("short"), WHICH, UNITS, st.booleans()),
        st.tuples(st.just("reject"), WHICH),
        st.tuples(st.just("count"), st.integers(-3, 12), st.booleans()),
        st.tuples(st.just("add"), st.integers(-6, 8)),
        st.tuples(st.just("safety"), st.integers(0, 4)),
        st.tuples(st.just("backorders"), st.booleans()),
        st.tuples(st.just("fill")),
    ),
    min_size=3,
    max_size=14,
)


def of(which: int) -> Reservation | None:
    rows = list(Reservation.objects.filter(state__in=LIVE).order_by("pk"))
    return rows[which % len(rows)] if rows else None


def on_claim(verb: Callable[..., object]) -> Callable[..., None]:
    def act(level: StockLevel, which: int, *more: Any) -> None:
        row = of(which)
        if row is not None:
            verb(row, *more)

    return act


def ship(row: Reservation, units: int) -> None:
    allocate_reservations([row])
    consume_reservations({row.pk: units}, references={}, actor=AGENT)


DO: dict[str, Callable[..., object]] = {
    "reserve": lambda level, units, late: claimed(level, units, backorder=late),
    "allocate": on_claim(lambda row: allocate_reservations([row])),
    "release": on_claim(lambda row: release_reservations([row.pk], reason="", references={}, actor=AGENT)),
    "ship": on_claim(ship),
    "short": on_claim(
        lambda row, units, lost: cut_reservation(row.pk, missing=units, lost=lost, reference="", reason="", actor=AGENT)
    ),
    "reject": on_claim(lambda row: write_off_claims([row.pk], reason="", references={}, actor=AGENT)),
    "count": lambda level, units, looked: counted(level, units, counted=looked),
    "add": lambda level, units: counted(level, delta=units),
    "safety": lambda level, units: counted(level, safety_stock=units),
    "backorders": lambda level, on: counted(level, backorderable=on),
    "fill": lambda level: fill_backorders([level.pk]),
}


@settings(max_examples=60, deadline=None)
@given(first=st.integers(0, 10), safety=st.integers(0, 3), backorders=st.booleans(), steps=STEPS)
def test_whatever_happens_to_a_level_it_covers_no_more_than_it_has(
    first: int, safety: int, backorders: bool, steps: list[tuple[Any, ...]]
):
    with transaction.atomic():
        level = a_level(on_hand=first, safety_stock=safety, backorderable=backorders)
        for at, (verb, *given_) in enumerate(steps):
            with clock.moved(timedelta(seconds=at)):
                DO[verb](level, *given_)
            assert broken() == [], f"after {steps[: at + 1]}"
        transaction.set_rollback(True)
