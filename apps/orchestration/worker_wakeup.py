"""Waking workers by a Celery message, limited in rate. A lost message costs two seconds, until beat sends the next."""

from __future__ import annotations

import threading

import structlog

from apps.core import clock
from apps.orchestration.step import Lane

log = structlog.get_logger(__name__)
# Seconds between two messages. A worker of steps stays for a while after it has found nothing (runner.drain, linger); one of
# partners leaves at once.
PAUSE_S: dict[Lane, float] = {"steps": 0.3, "partners": 0.1}
PAUSE_AFTER_FAILURE_S = 5.0
_TASKS: dict[str, str] = {"steps": "orchestration.run_steps", "partners": "orchestration.run_partner_steps"}
_not_before: dict[str, float] = {}
_lock = threading.Lock()


def wake_workers(lane: Lane) -> None:
    """Signal to the lane's workers that there may be work. Never raises and never waits long: the queue is the rows, not the message."""
    now = clock.monotonic()
    with _lock:
        if now < _not_before.get(lane, 0.0):
            return
        _not_before[lane] = now + PAUSE_S[lane]
    try:
        from celery import current_app

        current_app.send_task(_TASKS[lane], retry=False, ignore_result=True)
    except Exception as error:
        # Without a broker every request would wait for the connection to fail.
        with _lock:
            for name in _TASKS:
                _not_before[name] = clock.monotonic() + PAUSE_AFTER_FAILURE_S
        log.warning("worker_wakeup_failed", lane=lane, error=type(error).__name__)
