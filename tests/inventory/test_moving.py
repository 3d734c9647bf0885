"""Counters and ledger, written together: by how much, in whose name, and as the caller's own rows show it afterwards."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.core import clock
from apps.inventory import selectors
from apps.inventory.models import StockLevel, StockMovement
from apps.inventory.services.moving import Move, post
from tests.factories import AGENT, StockLevelFactory

pytestmark = pytest.mark.django_db


def test_moves_are_added_up_by_level_and_the_callers_rows_are_what_the_database_says():
    first, second = StockLevelFactory(on_hand=10), StockLevelFactory(on_hand=20)
    levels = selectors.lock_levels([first.pk, second.pk])

    post(
        [
            Move(second.pk, "reserve", reserved=4),
            Move(first.pk, "ship", on_hand=-3, reserved=-1),
            Move(first.pk, "reserve", reserved=6),
            Move(first.pk, "ship", on_hand=-2),
        ],
        levels,
        actor=AGENT,
    )

    for level, on_hand, reserved in ((first, 5, 5), (second, 20, 4)):
        kept, mine = StockLevel.objects.get(pk=level.pk), levels[level.pk]
        assert (kept.on_hand, kept.reserved, kept.version) == (on_hand, reserved, level.version + 1)
        assert (mine.on_hand, mine.reserved, mine.version) == (on_hand, reserved, level.version + 1)


def test_the_ledger_says_what_by_whom_about_what_and_why_in_two_hundred_characters():
    level = StockLevelFactory(on_hand=10)
    levels = selectors.lock_levels([level.pk])

    post([Move(level.pk, "ship", -3, 2, "ord_1", "r" * 250)], levels, actor=AGENT)

    row = StockMovement.objects.get()
    assert (row.level_id, row.kind, row.on_hand_delta, row.reserved_delta) == (level.pk, "ship", -3, 2)
    assert (row.reference, row.reason, row.actor) == ("ord_1", "r" * 200, str(AGENT))
    assert row.moved_at is not None


def test_what_happened_earlier_stands_in_the_ledger_at_its_time_and_says_since_when_it_is_known():
    level, now = StockLevelFactory(on_hand=10), clock.now()
    earlier = now - timedelta(hours=3)

    with clock.frozen(now):
        moves = [Move(level.pk, "ship", -1, at=earlier), Move(level.pk, "ship", -2)]
        post(moves, selectors.lock_levels([level.pk]), actor=AGENT)

    assert list(StockMovement.objects.order_by("pk").values_list("on_hand_delta", "moved_at", "booked_at")) == [
        (-1, earlier, now),
        (-2, now, None),
    ]


def test_without_a_move_nothing_is_written():
    level = StockLevelFactory(on_hand=10)

    post([], selectors.lock_levels([level.pk]), actor=AGENT)

    assert not StockMovement.objects.exists()
    assert StockLevel.objects.get().version == level.version
