"""`make simulate SEEDS=1000`, `make simulate SEED=17`: run plans made from seeds, and print what was wrong."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager


def main() -> int:
    """The number of violations decides the exit code; the last line counts them."""
    if os.environ.get("PYTHONHASHSEED") != "0":
        # The order of sets would differ each time.
        os.execve(
            sys.executable, [sys.executable, "-m", "simulation", *sys.argv[1:]], {**os.environ, "PYTHONHASHSEED": "0"}
        )
    options = _options()
    with _database():
        if options.positions:
            return _run_positions()
        seeds = [options.seed] if options.seed is not None else range(options.first, options.first + options.seeds)
        return _run(seeds, show=options.seed is not None)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m simulation")
    parser.add_argument("--seeds", type=int, default=100, help="how many")
    parser.add_argument("--first", type=int, default=1, help="the first of them")
    parser.add_argument("--seed", type=int, help="only this one, with its trace")
    parser.add_argument(
        "--positions", action="store_true", help="one order's life, a crash before each of its statements"
    )
    return parser.parse_args()


@contextmanager
def _database() -> Iterator[None]:
    """An empty one beside the server's own; its tables are made from the models."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "orchestrator.settings")
    import logging

    import django
    from django.conf import settings

    settings.DATABASES["default"]["TEST"] = {"MIGRATE": False}
    # A pool makes connections whenever it likes to.
    settings.DATABASES["default"]["OPTIONS"].pop("pool")
    django.setup()
    from django.db import connection

    logging.disable(logging.CRITICAL)
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    yield


def _run(seeds: Sequence[int], *, show: bool) -> int:
    from simulation import plans, world

    violations, began = 0, time.monotonic()
    for number, seed in enumerate(seeds, 1):
        plan = plans.plan_of(seed)
        result = world.run(plan, seed=seed)
        if show:
            print("\n".join(result.trace))
        if result.problems:
            violations += 1
            print(f"seed {seed}: " + "\n  ".join(result.problems), flush=True)
            if show:
                _shrink(plan, seed)
        elif number % 50 == 0:
            print(f"{number} seeds, {number / (time.monotonic() - began):.1f} a second", flush=True)
    print(f"{len(seeds)} seeds, {violations} violations")
    return 1 if violations else 0


def _run_positions() -> int:
    from simulation import world
    from simulation.plans import LIFE, Action, positions_of

    plan, violations = [Action(kind, 0) for kind in LIFE], 0
    positions = list(positions_of(plan, world.run(plan, seed=1).statements))
    for number, broken in enumerate(positions, 1):
        result = world.run(broken, seed=1)
        if result.problems:
            violations += 1
            print(*[action for action in broken if action.fault], *result.problems, sep="\n  ", flush=True)
        if number % 100 == 0:
            print(f"{number} of {len(positions)} positions", flush=True)
    print(f"{len(positions)} positions, {violations} violations")
    return 1 if violations else 0


def _shrink(plan: Sequence[object], seed: int) -> None:
    from simulation import plans, world

    shorter = plans.shrunk(plan, lambda few: bool(world.run(few, seed=seed).problems))  # type: ignore[arg-type]
    result = world.run(shorter, seed=seed)
    print(
        "\nshrunk to:",
        *[f"  {action}" for action in shorter],
        "which gives:",
        *result.trace,
        *result.problems,
        sep="\n",
    )


if __name__ == "__main__":
    sys.exit(main())
