"""Whole transactions retried when PostgreSQL says two of them met."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import IntegrityError, OperationalError, transaction

Result = TypeVar("Result")
ATTEMPTS = 4
# deadlock_detected, serialization_failure, lock_not_available
_MET = {"40P01", "40001", "55P03"}
# Two doors let the same new thing in at once: on the second look it is already there.
_ALREADY_IN = {"order_once_per_channel", "idempotency_once", "inbox_once", "case_once_while_standing"}


def in_transaction(work: Callable[[], Result]) -> Result:
    """Run ``work`` in one outermost transaction; when it met another, roll back and run it again, at most three times."""
    for attempt in range(ATTEMPTS):
        try:
            with transaction.atomic():
                return work()
        except (OperationalError, IntegrityError) as error:
            if attempt == ATTEMPTS - 1 or not _met_another(error):
                raise
            time.sleep(random.uniform(0, 0.02 * 2**attempt))
    raise AssertionError("unreachable")


def _met_another(error: Exception) -> bool:
    cause = error.__cause__
    diagnosis = getattr(cause, "diag", None)
    return getattr(cause, "sqlstate", None) in _MET or getattr(diagnosis, "constraint_name", None) in _ALREADY_IN
