"""Shipping methods' names become service levels, whatever order the table comes back in."""

from __future__ import annotations

import itertools

import pytest

from apps.channels.mapping.service_levels import compile_globs, find_level
from apps.orders.canonical import ServiceLevel

TABLE = {"*free*": "standard", "*express*": "express", "*collect*": "pickup", "express free": "standard"}


@pytest.mark.parametrize("order", list(itertools.permutations(TABLE)), ids=str)
def test_the_most_pressing_level_wins_in_every_order_of_the_table(order: tuple[str, ...]) -> None:
    globs = compile_globs({pattern: TABLE[pattern] for pattern in order})

    assert find_level("Free  Express Delivery", globs) == ServiceLevel.EXPRESS
    assert find_level("Free click & collect", globs) == ServiceLevel.PICKUP


def test_a_name_without_a_star_beats_every_pattern() -> None:
    assert find_level("Express Free", compile_globs(TABLE)) == ServiceLevel.STANDARD


def test_a_level_that_does_not_exist_is_named() -> None:
    with pytest.raises(ValueError, match="'soon' is not a service level"):
        compile_globs({"*soon*": "soon"})
