"""Celery tasks, three lines each: parse, call one service, return."""

from __future__ import annotations

from celery import shared_task

from apps.channels.services import file_drop, polling, webhook_watch


@shared_task(name="channels.poll_all")
def poll_all() -> None:
    polling.request_polls()


@shared_task(name="channels.take_dropped")
def take_dropped() -> None:
    file_drop.take_dropped()


@shared_task(name="channels.check_webhooks")
def check_webhooks() -> None:
    webhook_watch.request_webhook_checks()
