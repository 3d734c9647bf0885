"""What workers do about clocks each time beat starts them; any number of them at once."""

from __future__ import annotations

from apps.core import clock
from apps.core.actor import Actor
from apps.core.transactions import in_transaction
from apps.sla.services import fire_due, watch
from apps.sla.services.firing import BATCH

LONGEST_SHIFT_S = 20.0
CLOCKS = Actor("system", "sla")


def fire_shift() -> int:
    """Fire what is due, batch after batch, until nothing is; returns how many clocks were looked at."""
    until, looked = clock.monotonic() + LONGEST_SHIFT_S, 0
    while clock.monotonic() < until:
        done = in_transaction(lambda: fire_due(BATCH, actor=CLOCKS))
        looked += done
        if done < BATCH:
            break
    return looked


def watch_shift() -> int:
    """Look at backlogs, cutoffs and old orders; returns how many cases were opened."""
    return in_transaction(lambda: watch(actor=CLOCKS))
