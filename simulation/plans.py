"""What happens in a run, made from its seed alone: a list of actions, some of them with a fault. Pure."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
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
# One order whose life has everything in it that talks to a partner: handed over, accepted, cancelled or shipped, delivered.
LIFE = (
    "order", "steps", "partner_steps", *("partner_acts", "callback", "steps") * 3,
)  # fmt: skip
# These run our own code, which can die; the others are the world's.
OURS = ("order", "resend", "steps", "partner_steps", "callback", "cancel", "own_node", "stock", "person", "beat")
FAULT_KINDS: tuple[Kind, ...] = ("crash", "crash", "crash", "away", "deadlock")
FAULT_SHARE = 0.25
# What others do while a partner is being called, just before its answer arrives.
MEANWHILE = ("steps", "partner_steps", "partner_acts", "callback", "cancel", "resend", "beat")
MEANWHILE_SHARE = 0.4
FEWEST, MOST = 25, 55


@dataclass(frozen=True, slots=True)
class Action:
    """``pick`` chooses among what there is to act on when its turn comes, whatever that is then."""

    kind: str
    pick: int
    fault: Fault | None = None
    meanwhile: Action | None = None

    def __str__(self) -> str:
        during = f", meanwhile {self.meanwhile}" if self.meanwhile else ""
        return f"{self.kind} {self.pick}" + (f" [{self.fault}]" if self.fault else "") + during


def plan_of(seed: int) -> list[Action]:
    """The same seed is the same plan."""
    chance = random.Random(seed)
    kinds = chance.choices(list(WEIGHTS), list(WEIGHTS.values()), k=chance.randint(FEWEST, MOST))
    return [_action(kind, chance) for kind in ["order", *kinds]]


def _action(kind: str, chance: random.Random) -> Action:
    pick, fault, meanwhile = chance.randrange(10**6), None, None
    if kind in OURS and chance.random() < FAULT_SHARE:
        # Early statements as often as late ones: 1 to 256, each power of two alike.
        fault = Fault(chance.choice(FAULT_KINDS), int(2 ** chance.uniform(0, 8)))
    if kind == "partner_steps" and chance.random() < MEANWHILE_SHARE:
        meanwhile = Action(chance.choice(MEANWHILE), chance.randrange(10**6))
    if kind == "partner_steps" and fault is None and chance.random() < FAULT_SHARE / 2:
        fault = Fault("unsent", chance.randint(1, 3))
    return Action(kind, pick, fault, meanwhile)


def positions_of(plan: Sequence[Action], statements: Sequence[int]) -> Iterator[list[Action]]:
    """The plan once for each position where its process can die: before each of the ``statements`` that its actions send."""
    for number, action in enumerate(plan):
        for at in range(1, statements[number] + 1):
            yield [*plan[:number], replace(action, fault=Fault("crash", at)), *plan[number + 1 :]]


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
    for at in range(len(plan)):
        for less in ({"fault": None}, {"meanwhile": None}):
            calmer = replace(plan[at], **less)  # type: ignore[arg-type]
            if calmer != plan[at] and fails(tried := [*plan[:at], calmer, *plan[at + 1 :]]):
                plan = tried
    return plan
