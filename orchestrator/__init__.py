"""Wiring only: settings, urls, the Celery app, the embedded servers. The product is in ``apps``."""

from orchestrator.celery import app as celery_app

__all__ = ["celery_app"]
