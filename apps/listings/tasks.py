"""Celery's tasks: three lines each."""

from __future__ import annotations

from celery import shared_task

from apps.listings.services import change_detection, feed_files, reading_back


@shared_task(name="listings.follow_stock")
def follow_stock() -> None:
    change_detection.follow_stock()


@shared_task(name="listings.follow_late")
def follow_late() -> None:
    change_detection.follow_stock(late=True)


@shared_task(name="listings.follow_settings")
def follow_settings() -> None:
    change_detection.follow_settings()


@shared_task(name="listings.sweep")
def sweep() -> None:
    change_detection.sweep()


@shared_task(name="listings.read_all")
def read_all() -> None:
    reading_back.ask_all_to_read()


@shared_task(name="listings.write_feeds")
def write_feeds() -> None:
    feed_files.write_all()
