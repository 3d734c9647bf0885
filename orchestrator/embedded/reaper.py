"""Outlives a killed supervisor for a moment, to stop what it left.

The kernel notifies only a process's own children that it died; a web server's or a worker's children are notified
of nothing. So the supervisor tells this program, line by line, which process groups live (`+123`) and which have
ended (`-123`). When the pipe closes, for whatever reason, the groups still on the list get SIGTERM, and
SIGKILL a grace period later.

Called by path with `python -I -S reaper.py SECONDS`.
"""

import os
import signal
import sys
import time


def signal_groups(groups: set[int], signum: int) -> set[int]:
    """Send to each group, and give back those that still exist."""
    alive = set()
    for group in groups:
        try:
            os.killpg(group, signum)
            alive.add(group)
        except (ProcessLookupError, PermissionError):
            continue
    return alive


def read_groups() -> set[int]:
    """Read until the supervisor closes the pipe; the groups alive at that time."""
    groups: set[int] = set()
    for line in sys.stdin:
        group = int(line[1:])
        if line.startswith("+"):
            groups.add(group)
        else:
            groups.discard(group)
    return groups


def main() -> None:
    """Wait for the end of the supervisor, then of all it left."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups = signal_groups(read_groups(), signal.SIGTERM)
    deadline = time.monotonic() + float(sys.argv[1])
    while groups and time.monotonic() < deadline:
        time.sleep(0.05)
        groups = signal_groups(groups, 0)
    signal_groups(groups, signal.SIGKILL)


if __name__ == "__main__":
    main()
