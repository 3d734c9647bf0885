"""The search of the console with much to find: how long the server takes for what people type.

``.venv/bin/python -m bench.search --orders 200000 [--json]``. Over HTTP, parsing and rendering included; the goal is 100 ms.
"""

from __future__ import annotations

import argparse
import json
from typing import Any
from urllib.parse import quote

import httpx

from bench import metronome
from bench.harness import Yard, start_all, yard
from bench.workbench import log_in, timed

# Frequent and rare names, misspelled ones, parts of addresses, numbers in other spellings, and what nobody has.
TERMS = (
    "smith", "garcia", "anna", "anna smith", "smiht", "gacria", "schmitd", "jonhson", "gmail", "anna.smith", "LS1 2AA", "ls12aa",
    "07700 900", "447700900123", "old77", "OLD-77 012", "#old150000", "mug", "blue mug", "mgu", "n003", "zzzzzz", "qwertzuiop", "de", "x",
)  # fmt: skip
ROUNDS = 6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=200_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with yard() as up:
        up.run("-m", "bench.search_setup", str(options.orders))
        start_all(up, with_partners=False)
        result = measure(up)
    print(json.dumps(result) if options.json else "\n".join(f"{name:32} {value}" for name, value in result.items()))


def measure(up: Yard) -> dict[str, Any]:
    with httpx.Client(base_url=f"http://127.0.0.1:{up.port}", follow_redirects=True, timeout=60) as client:
        log_in(client)
        for term in TERMS:
            timed(client, f"/search/?q={quote(term)}")
        with metronome.listening() as beats:
            found = [(term, timed(client, f"/search/?q={quote(term)}")[0]) for term in TERMS for _ in range(ROUNDS)]
    times = sorted(ms for _, ms in found)
    slowest = max(found, key=lambda one: one[1])
    return {
        "search_p50_ms": round(times[len(times) // 2], 1),
        "search_p95_ms": round(times[int(len(times) * 0.95)], 1),
        "slowest": f"{slowest[0]}: {slowest[1]:.0f} ms",
        "by_term_ms": {term: round(min(ms for one, ms in found if one == term)) for term in TERMS},
        "machine_slowness": metronome.slowness(beats),
    }


if __name__ == "__main__":
    main()
