"""Celery tasks, three lines each: parse, call one service, return."""

from __future__ import annotations

from celery import shared_task

from apps.sla.shifts import fire_shift, watch_shift


@shared_task(name="sla.fire_due")
def fire_due() -> None:
    fire_shift()


@shared_task(name="sla.watch")
def watch() -> None:
    watch_shift()
