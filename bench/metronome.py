"""How fast the machine is while it is measured: the CPU time of one fixed piece of Python work, over and over.

A shared host gives a core twice the speed in one minute that it gives in the next, and CPU time counts what a core was busy,
not what it got done. Two readings compare only where this figure is the same, or after dividing by it.
"""

from __future__ import annotations

import contextlib
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

# One beat took this long, CPU ms, in the quickest minute seen on the two-core machine of docs/performance.md, by the Python
# that `make install` chooses there; by the untrained one beside it 7.0.
QUICK_MS = 5.2


def beat() -> float:
    """CPU milliseconds of the piece of work: dictionaries, strings, JSON, as in the product."""
    began, table = time.process_time(), dict[str, int]()
    for number in range(20_000):
        key = f"k{number % 2_000}"
        table[key] = table.get(key, 0) + number
    json.loads(json.dumps(table))
    return (time.process_time() - began) * 1000


@contextlib.contextmanager
def listening() -> Iterator[list[float]]:
    """Beats of the time inside the block, in the list once it is over."""
    beats: list[float] = []
    child = subprocess.Popen(
        [sys.executable, "-m", "bench.metronome"],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[1],
    )
    try:
        yield beats
    finally:
        child.terminate()
        output, _ = child.communicate()
        beats += [float(line) for line in output.split()]


def slowness(beats: list[float]) -> float:
    """How many times slower than on the quick minute; 1.0 where nothing was measured."""
    return round(statistics.median(beats) / QUICK_MS, 2) if beats else 1.0


if __name__ == "__main__":
    while True:
        print(f"{beat():.3f}", flush=True)
        time.sleep(0.5)
