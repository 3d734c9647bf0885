"""Whole transactions retried when PostgreSQL says two of them met."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import IntegrityError, OperationalError, transaction

from apps.core import clock
from apps.core.actor import Actor
from apps.core.bulk.write_buffer import buffered_writes, is_buffering
from apps.core.context import acting_as, occasion
from apps.core.randomness import uniform

Given = ParamSpec("Given")
Result = TypeVar("Result")
ATTEMPTS = 4
_attempt_number: ContextVar[int | None] = ContextVar("attempt_number", default=None)
# deadlock_detected, serialization_failure, lock_not_available
_MET = {"40P01", "40001", "55P03"}
# Two requests let the same new thing in at once: on the second look it is already there.
_ALREADY_IN = {
    "order_once_per_channel",
    "till_return_once",
    "idempotency_once",
    "inbox_once",
    "case_once_while_standing",
    "approval_one_pending",
}


def in_one_statement(work: Callable[[], Result]) -> Result:
    """``in_transaction`` for work that reads nothing it writes: its writes go as one statement, which is a transaction.

    When it met another it is run again, then in a transaction, where it can look for what the other did. Inside a
    caller's transaction it is a part of that from the start.
    """
    if transaction.get_connection().in_atomic_block:
        return in_transaction(work)
    try:
        with _attempt(0), buffered_writes():
            return work()
    except (OperationalError, IntegrityError) as error:
        if not _met_another(error):
            raise
    return in_transaction(work, first=1)


def in_transaction(work: Callable[[], Result], *, first: int = 0) -> Result:
    """Run ``work`` in one outermost transaction; when it met another, roll back and run it again, at most three times."""
    for attempt in range(first, ATTEMPTS):
        try:
            with transaction.atomic(), _attempt(attempt):
                return work()
        except (OperationalError, IntegrityError) as error:
            if attempt == ATTEMPTS - 1 or not _met_another(error):
                raise
            clock.sleep(uniform(0, 0.02 * 2**attempt))
    raise AssertionError("unreachable")


def service(verb: Callable[Given, Result]) -> Callable[Given, Result]:
    """For services: one transaction (or a part of the caller's), and history rows in it name the ``actor`` it is given."""
    atomic = transaction.atomic(verb)

    @wraps(verb)
    def as_actor(*args: Given.args, **kwargs: Given.kwargs) -> Result:
        with _named(kwargs):
            return atomic(*args, **kwargs)

    return as_actor


def _named(given: Mapping[str, object]) -> AbstractContextManager[None]:
    actor = given.get("actor")
    return acting_as(actor, occasion.get()) if isinstance(actor, Actor) else nullcontext()


def atomic_unless_buffered(verb: Callable[Given, Result]) -> Callable[Given, Result]:
    """``service`` for those whose callers never go on after their failure: they take part in the caller's transaction, or open one,
    without the savepoint that would let the caller do so, and which costs two statements each time.

    Where all writes wait to go as one statement there is no transaction to take part in.
    """
    in_transaction_of_its_own = transaction.atomic(savepoint=False)(verb)

    @wraps(verb)
    def take_part(*args: Given.args, **kwargs: Given.kwargs) -> Result:
        with _named(kwargs):
            return (verb if is_buffering() else in_transaction_of_its_own)(*args, **kwargs)

    return take_part


def is_first_try() -> bool:
    """Whether this runs in the first attempt of ``in_transaction``: a look for what is nearly never there can be saved,
    because the database refuses a second one and the next attempt looks."""
    return _attempt_number.get() == 0


@contextmanager
def _attempt(number: int) -> Iterator[None]:
    token = _attempt_number.set(number)
    try:
        yield
    finally:
        _attempt_number.reset(token)


def _met_another(error: Exception) -> bool:
    cause = error.__cause__
    diagnosis = getattr(cause, "diag", None)
    return getattr(cause, "sqlstate", None) in _MET or getattr(diagnosis, "constraint_name", None) in _ALREADY_IN
