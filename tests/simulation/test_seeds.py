"""The simulation itself: seeds without a violation, the same each time, and able to find what is wrong."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from apps.core.actor import Actor
from apps.orchestration.steps import fulfilling
from simulation import world
from simulation.faults import Fault
from simulation.plans import Action, plan_of, shrunk

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults]

LIFE = [Action(kind, 0) for kind in ("order", "steps", "partner_steps", "partner_acts", "callback", "steps")]


@pytest.mark.parametrize("first", range(1, 16, 3))
def test_seeds_leave_nothing_wrong_behind(first: int) -> None:
    found = {seed: world.run(plan_of(seed), seed=seed).problems for seed in range(first, first + 3)}

    assert {seed: problems for seed, problems in found.items() if problems} == {}


def test_a_seed_is_the_same_story_each_time() -> None:
    assert world.run(plan_of(3), seed=3).trace == world.run(plan_of(3), seed=3).trace


def test_a_worker_dies_between_any_two_statements_of_handing_over_and_it_is_handed_over_once() -> None:
    before = world.run(LIFE, seed=1)
    assert before.problems == []

    for at in range(2, 40, 12):
        plan = [Action(one.kind, 0, Fault("crash", at) if one.kind == "partner_steps" else None) for one in LIFE]
        assert world.run(plan, seed=1).problems == [], f"crash at statement {at}"


def test_goods_that_leave_without_the_stock_falling_are_found_and_shrunk_to_what_it_takes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fulfilling, "issue_goods_of", _forgotten)
    idle = [Action("wait", 2), Action("beat", 0, Fault("crash", 1)), Action("own_node", 0)]

    def wrong(plan: Sequence[Action]) -> list[str]:
        return world.run(plan, seed=1).problems

    assert "A at ABLE: 1 shipped by the orders, 0 by the ledger" in wrong([*LIFE, *idle])
    assert [action.kind for action in shrunk([*LIFE[:2], *idle], lambda few: bool(wrong(few)))] == ["order"]


def _forgotten(shipments: Sequence[str], *, actor: Actor) -> None:
    """What a careless programmer might have written."""
