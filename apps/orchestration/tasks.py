"""Celery tasks; each only calls the function that does the work."""

from __future__ import annotations

from celery import shared_task

from apps.orchestration import contract_calendar, housekeeping, runner, worker_wakeup

GATHER_S = 0.5


@shared_task(name="orchestration.run_steps")
def run_steps() -> None:
    runner.drain("steps", gather_s=GATHER_S, linger=True)


@shared_task(name="orchestration.run_partner_steps")
def run_partner_steps() -> None:
    runner.drain("partners")


@shared_task(name="orchestration.run_all")
def run_all() -> None:
    worker_wakeup.wake_workers("partners")
    runner.drain("steps", gather_s=GATHER_S)


@shared_task(name="orchestration.send_canary")
def send_canary() -> None:
    housekeeping.send_canary()


@shared_task(name="orchestration.expire")
def expire() -> None:
    housekeeping.expire()


@shared_task(name="orchestration.wake_and_escalate_cases")
def wake_and_escalate_cases() -> None:
    housekeeping.wake_and_escalate_cases()


@shared_task(name="orchestration.announce_endings")
def announce_endings() -> None:
    contract_calendar.announce_endings()


@shared_task(name="orchestration.purge")
def purge() -> None:
    housekeeping.purge()
