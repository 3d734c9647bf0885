"""One worker's hands for ``bench/sla.py``: a line says what to do, a line is the response."""

from __future__ import annotations

import os
import sys
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "orchestrator.settings")
django.setup()

from apps.sla.shifts import fire_shift  # noqa: E402

ROUNDS = 20


def main() -> None:
    """``idle``: ms of a run with nothing due; ``go``: fire all that is due, answer how many; anything else: the end."""
    # The first touch opens the connection and reads the policy; that is not what is measured.
    fire_shift()
    print("ready", flush=True)
    for line in sys.stdin:
        word = line.strip()
        if word == "idle":
            begin = time.monotonic()
            for _ in range(ROUNDS):
                fire_shift()
            print(round(1000 * (time.monotonic() - begin) / ROUNDS, 2), flush=True)
        elif word == "go":
            print(fire_shift(), flush=True)
        else:
            return


if __name__ == "__main__":
    main()
