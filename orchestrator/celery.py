"""Celery lends hands; PostgreSQL is the queue. A message here only ever means "look, there may be work"."""

import os
from typing import Any

from celery import Celery, signals
from django.db import close_old_connections

from orchestrator.garbage_collection import settle_memory

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "orchestrator.settings")

app = Celery("orchestrator")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


def give_back_connection(**_: Any) -> None:
    """What Django does after a request: the connection goes to the pool, a broken one is thrown away."""
    close_old_connections()


signals.task_postrun.connect(give_back_connection, weak=False)
# The first speaks for the parent and for a worker of threads, the second in every forked child.
signals.worker_ready.connect(settle_memory, weak=False)
signals.worker_process_init.connect(settle_memory, weak=False)
