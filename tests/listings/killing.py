"""A worker in a process of its own, killed at a chosen place."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from urllib.parse import urlsplit, urlunsplit

from django.db import connection

# What stands at the place: it says that it is there, and stays.
STAY = "import time; print('there', flush=True); time.sleep(60)"


def kill_worker_at(where: str, *, lane: str = "partners") -> None:
    """A process of its own works a lane of the test database, and is killed when it gets there. ``where``: code that replaces what
    it is to stop at."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    url = urlunsplit(parts._replace(path=f"/{connection.settings_dict['NAME']}"))
    found = [path for path in sys.path if path.endswith("-current") or "pytest" in path]
    code = (
        f"import sys; sys.path[:0] = {found!r}\nimport django; django.setup()\n"
        f"{where}\nfrom apps.orchestration.runner import drain\ndrain({lane!r})"
    )
    env = {
        **os.environ,
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "orchestrator.settings",
        "CHANNEL_ADAPTER_PACKAGES": "toy_channels",
    }
    process = subprocess.Popen([sys.executable, "-c", code], env=env, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "there\n"
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
