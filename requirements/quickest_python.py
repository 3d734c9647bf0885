"""Of the machine's builds of one Python version the quickest: its path, on standard output.

    python3 requirements/quickest_python.py

A Python compiled without its own training run (pyenv's, unless told otherwise) takes a third more CPU for the same work
than a distribution's. Only builds of the version that runs this are looked at, so nothing changes but the speed, and
another build is taken only where it saves a tenth or more. In a virtual environment, its own. Needs the standard library
alone: nothing is installed yet.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

ROUNDS = 5
WORTH_IT = 0.9
VERSION = f"{sys.version_info[0]}.{sys.version_info[1]}"
USUAL_PLACES = ("/usr/bin", "/usr/local/bin", "/opt/homebrew/bin")
# Dictionaries, strings, calls: what a web application does all day. Prints its CPU seconds, or fails as `install` would.
WORK = f"""
import ensurepip, sys, time, venv
if sys.version_info[:2] != {tuple(sys.version_info[:2])!r} or sys.prefix != sys.base_prefix:
    sys.exit(1)
class Row:
    def __init__(self, key, units):
        self.key, self.units = key, units
def work():
    table = {{}}
    for number in range(30_000):
        row = Row(f"k{{number % 2_000}}", number)
        table[row.key] = table.get(row.key, 0) + row.units
    return sorted(table.items(), key=lambda pair: pair[1])
work()
began = time.process_time()
work()
print(time.process_time() - began)
"""


def main() -> None:
    ours = sys.executable
    if sys.prefix != sys.base_prefix:
        print(ours)
        return
    seconds = measured({ours: None} | dict.fromkeys(others(places())))
    quickest = min(seconds, key=lambda path: seconds[path], default=ours)
    if ours in seconds and seconds[quickest] < seconds[ours] * WORTH_IT:
        saved = 100 - round(100 * seconds[quickest] / seconds[ours])
        print(f"Taking {quickest}: it does the same work in {saved} % less CPU than {ours}", file=sys.stderr)
        print(f"(to choose yourself: make PYTHON={ours})", file=sys.stderr)
        print(quickest)
    else:
        print(ours)


def places() -> list[Path]:
    """Folders a Python may lie in: those of PATH, then the usual ones."""
    return [Path(place) for place in (*os.get_exec_path(), *USUAL_PLACES)]


def others(folders: Iterable[Path]) -> list[str]:
    """Each Python of our version in these folders, one path a file; not the one that runs."""
    files = {Path(sys.executable).resolve(): ""}
    for folder in folders:
        path = folder / f"python{VERSION}"
        if os.access(path, os.X_OK):
            files.setdefault(path.resolve(), str(path))
    return [path for path in files.values() if path]


def measured(paths: Iterable[str]) -> dict[str, float]:
    """CPU seconds of the work, the best of a few; taken in turns, so that a loud moment falls on all. Without the unfit."""
    best: dict[str, float] = {}
    fit = list(paths)
    for _ in range(ROUNDS):
        for path in list(fit):
            seconds = cpu_seconds(path)
            if seconds is None:
                fit.remove(path)
            else:
                best[path] = min(seconds, best.get(path, seconds))
    return {path: best[path] for path in fit}


def cpu_seconds(path: str) -> float | None:
    """None where this Python is of another version, has no venv, or does not run at all."""
    try:
        done = subprocess.run([path, "-I", "-c", WORK], check=False, capture_output=True, text=True, timeout=20)
        return float(done.stdout) if done.returncode == 0 else None
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None


if __name__ == "__main__":
    main()
