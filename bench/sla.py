"""Clocks: 100,000 running, 2,000 due within one minute, fired by two workers at once; each is notified once.

``.venv/bin/python -m bench.sla [--running 100000] [--due 2000] [--workers 2] [--json]``
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time

from bench.harness import Yard, tree_cpu, yard
from orchestrator.embedded.paths import PROJECT

LIMIT_S = 10.0


def main() -> None:
    """Exits 1 where it took longer than the limit, or a clock was notified twice or not at all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--running", type=int, default=100_000)
    parser.add_argument("--due", type=int, default=2_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with yard(partners=False) as up:
        up.run("-m", "bench.sla_setup", str(options.running), str(options.due))
        idle_ms = _idle(up)
        result = {"running": options.running, "due": options.due, "workers": options.workers, "idle_ms": idle_ms}
        result |= fire(up, options.workers)
    result["holds"] = bool(
        result["told"] == result["clocks"] == options.due and float(str(result["seconds"])) < LIMIT_S
    )
    print(json.dumps(result) if options.json else "\n".join(f"{name}: {value}" for name, value in result.items()))
    sys.exit(0 if result["holds"] else 1)


def fire(up: Yard, workers: int) -> dict[str, object]:
    """All workers start at once; returns how long until the last one found nothing more, and what it cost."""
    hands = [_worker(up) for _ in range(workers)]
    up.query(
        "UPDATE sla_slatimer SET due_at = now() - interval '30 s', next_at = now() - interval '30 s' WHERE rule = 1"
    )
    postgres = tree_cpu(up.servers.postgres.pid)
    before = [tree_cpu(hand.pid) for hand in hands]
    begin = time.monotonic()
    for hand in hands:
        _say(hand, "go")
    looked = [int(_answer(hand)) for hand in hands]
    took = time.monotonic() - begin
    cpu = sum(tree_cpu(hand.pid) for hand in hands) - sum(before)
    for hand in hands:
        _say(hand, "stop")
        hand.wait(10)
    told, clocks = up.query("SELECT count(*), count(DISTINCT subject_id) FROM core_event WHERE name = 'sla.breached'")[
        0
    ]
    return {
        "seconds": round(took, 2),
        "cpu_ms_per_clock": round(1000 * (cpu + tree_cpu(up.servers.postgres.pid) - postgres) / max(sum(looked), 1), 3),
        "looked": looked,
        "told": told,
        "clocks": clocks,
    }


def _idle(up: Yard) -> float:
    """What a run costs in ms while nothing is due, however many clocks run."""
    hand = _worker(up)
    _say(hand, "idle")
    answer = float(_answer(hand))
    _say(hand, "stop")
    hand.wait(10)
    return answer


def _worker(up: Yard) -> subprocess.Popen[str]:
    env = {**os.environ, **up.env}
    hand = subprocess.Popen(
        [sys.executable, "-m", "bench.sla_worker"],
        cwd=PROJECT,
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert _answer(hand) == "ready"
    return hand


def _say(hand: subprocess.Popen[str], word: str) -> None:
    assert hand.stdin is not None
    hand.stdin.write(word + "\n")
    hand.stdin.flush()


def _answer(hand: subprocess.Popen[str]) -> str:
    assert hand.stdout is not None
    return hand.stdout.readline().strip()


if __name__ == "__main__":
    main()
