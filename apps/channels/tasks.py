"""Celery tasks, three lines each: parse, call one service, return."""

from __future__ import annotations

from celery import shared_task

from apps.channels.services import file_drop, polling


@shared_task(name="channels.poll_all")
def poll_all() -> None:
    polling.request_polls()


@shared_task(name="channels.take_dropped")
def take_dropped() -> None:
    file_drop.take_dropped()
