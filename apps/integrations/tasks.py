"""Celery tasks; each only calls the function that does the work."""

from __future__ import annotations

from celery import shared_task

from apps.integrations.services import updates


@shared_task(name="integrations.request_updates")
def request_updates() -> None:
    updates.request_updates()
