"""Waking workers: one cheap message, at most so often. Losing it costs two seconds, until beat knocks again."""

from __future__ import annotations

import threading

import structlog

from apps.core import clock
from apps.orchestration.step import Lane

log = structlog.get_logger(__name__)
# A worker of steps stays for a while after it has found nothing (runner.drain, linger); one of partners leaves at once.
PAUSE_S: dict[Lane, float] = {"steps": 0.3, "partners": 0.1}
SILENCE_AFTER_FAILURE_S = 5.0
_TASKS: dict[str, str] = {"steps": "orchestration.run_steps", "partners": "orchestration.run_partner_steps"}
_next_ring: dict[str, float] = {}
_lock = threading.Lock()


def wake_workers(lane: Lane) -> None:
    """Say that there may be work. Never raises and never waits long: the rows are the truth, this is a courtesy."""
    now = clock.monotonic()
    with _lock:
        if now < _next_ring.get(lane, 0.0):
            return
        _next_ring[lane] = now + PAUSE_S[lane]
    try:
        from celery import current_app

        current_app.send_task(_TASKS[lane], retry=False, ignore_result=True)
    except Exception as error:
        # Without a broker every request would wait for the connect to fail; be silent for a while instead.
        with _lock:
            for name in _TASKS:
                _next_ring[name] = clock.monotonic() + SILENCE_AFTER_FAILURE_S
        log.warning("worker_wakeup_failed", lane=lane, error=type(error).__name__)
