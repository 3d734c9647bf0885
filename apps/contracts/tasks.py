"""Celery tasks; each only calls the function that does the work."""

from __future__ import annotations

from celery import shared_task

from apps.contracts.services import drifting


@shared_task(name="contracts.compare_all")
def compare_all() -> None:
    drifting.compare_all()
