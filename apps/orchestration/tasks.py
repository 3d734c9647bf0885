"""Celery's doors: three lines each."""

from __future__ import annotations

from celery import shared_task

from apps.orchestration import doorbell, housekeeping, runner

GATHER_S = 0.5


@shared_task(name="orchestration.knock_steps")
def knock_steps() -> None:
    runner.drain("steps", gather_s=GATHER_S, linger=True)


@shared_task(name="orchestration.knock_partners")
def knock_partners() -> None:
    runner.drain("partners")


@shared_task(name="orchestration.knock_all")
def knock_all() -> None:
    doorbell.ring("partners")
    runner.drain("steps", gather_s=GATHER_S)


@shared_task(name="orchestration.send_canary")
def send_canary() -> None:
    housekeeping.send_canary()


@shared_task(name="orchestration.expire")
def expire() -> None:
    housekeeping.expire()


@shared_task(name="orchestration.care")
def care() -> None:
    housekeeping.care()


@shared_task(name="orchestration.tidy")
def tidy() -> None:
    housekeeping.tidy()
