"""What happens in a run, made from its seed alone: a list of actions, some of them with a fault. Pure."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from simulation.faults import Fault, Kind

# How often each is drawn, out of the sum. What they do stands in world.py, a method each.
WEIGHTS = {
    "order": 10,
    "resend": 4,
    "steps": 20,
    "partner_steps": 20,
    "partner_acts": 14,
    "callback": 18,
    "mood": 6,
    "cancel": 4,
    "own_node": 12,
    "stock": 3,
    "person": 4,
    "wait": 10,
    "beat": 4,
}
# These run our own code, which can die; the others are the world's.
OURS = ("order", "resend", "steps", "partner_steps", "callback", "cancel", "own_node", "stock", "person", "beat")
FAULT_KINDS: tuple[Kind, ...] = ("crash", "crash", "crash", "away", "deadlock")
FAULT_SHARE = 0.25
FEWEST, MOST = 25, 55


@dataclass(frozen=True, slots=True)
class Action:
    """``pick`` chooses among what there is to act on when its turn comes, whatever that is then."""

    kind: str
    pick: int
    fault: Fault | None = None

    def __str__(self) -> str:
        return f"{self.kind} {self.pick}" + (f" [{self.fault}]" if self.fault else "")


def plan_of(seed: int) -> list[Action]:
    """The same seed is the same plan."""
    chance = random.Random(seed)
    kinds = chance.choices(list(WEIGHTS), list(WEIGHTS.values()), k=chance.randint(FEWEST, MOST))
    return [_action(kind, chance) for kind in ["order", *kinds]]


def _action(kind: str, chance: random.Random) -> Action:
    pick = chance.randrange(10**6)
    if kind not in OURS or chance.random() >= FAULT_SHARE:
        return Action(kind, pick)
    # Early statements as often as late ones: 1 to 256, each power of two alike.
    return Action(kind, pick, Fault(chance.choice(FAULT_KINDS), int(2 ** chance.uniform(0, 8))))


def shrunk(plan: Sequence[Action], fails: Callable[[Sequence[Action]], bool]) -> list[Action]:
    """The fewest actions and faults that still fail: nothing more can be left out, one at a time."""
    plan, size = list(plan), max(1, len(plan) // 2)
    while size:
        at = 0
        while at < len(plan):
            shorter = plan[:at] + plan[at + size :]
            if fails(shorter):
                plan = shorter
            else:
                at += size
        size //= 2
    for at, action in enumerate(plan):
        calmer = [*plan[:at], replace(action, fault=None), *plan[at + 1 :]]
        if action.fault and fails(calmer):
            plan = calmer
    return plan
