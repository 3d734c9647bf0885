"""Cases and hours that the tests of standing clocks share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from apps.casework.models import CaseKind, ExceptionCase
from apps.casework.services import (
    Problem,
    open_case,
    resume_cases,
    wait_case,
)
from apps.core import clock
from apps.core.process_cache import clear_process_cache
from apps.sla.models import SlaCalendar, SlaTimer
from apps.sla.rules import Rule
from tests.driving import work_it_off
from tests.factories import AGENT

MONDAY = datetime(2026, 11, 16, 9, tzinfo=UTC)
WEEK = dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), "09:00-17:00")
MINUTE = timedelta(minutes=1)


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """The process cache of settings is older than any moment a test jumps to."""
    clear_process_cache()
    with clock.frozen(moment):
        yield
    clear_process_cache()


def hours(hour: float) -> datetime:
    return MONDAY + timedelta(hours=hour)


def office(code: str = "office", **changes: Any) -> SlaCalendar:
    calendar = SlaCalendar.objects.create(code=code, name=code.title(), **{**WEEK, **changes})
    clear_process_cache()
    return calendar


def a_case(**kind: int) -> ExceptionCase:
    given = {"response_minutes": 600, "resolution_minutes": 480, **kind}
    CaseKind.objects.update_or_create(code="no_stock", defaults={"name": "No stock", **given})
    return open_case(Problem("no_stock", f"x:{ExceptionCase.objects.count()}", "None left."), actor=AGENT)


def resolution(case: ExceptionCase) -> SlaTimer:
    return SlaTimer.objects.get(stage="case_resolution", subject_id=case.pk)


SETTLED = Rule("case_resolution", "s", minutes=480, warn_percent=50, pause=("customer",))
IN_OFFICE = Rule("case_resolution", "s", minutes=480, warn_percent=50, pause=("customer",), calendar="office")


def waited(case: ExceptionCase, since: float, until: float) -> None:
    """Put aside for the customer between these hours after Monday, 09:00."""
    with at(hours(since)):
        wait_case(case.pk, on="customer", actor=AGENT)
        work_it_off()
    with at(hours(until)):
        resume_cases([case.pk], actor=AGENT)
        work_it_off()
