"""Celery lends hands; PostgreSQL is the queue. A message here only ever means "look, there may be work"."""

import os

from celery import Celery, signals

from orchestrator.memory import settle_memory

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "orchestrator.settings")

app = Celery("orchestrator")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# The first speaks for the parent and for a worker of threads, the second in every forked child.
signals.worker_ready.connect(settle_memory, weak=False)
signals.worker_process_init.connect(settle_memory, weak=False)
