"""What the current request or step batch is: its correlation id, and the events that caused what it records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cause:
    """The event that leads to another, and the correlation id that travels along."""

    event_id: int
    correlation_id: str


correlation_id: ContextVar[str] = ContextVar("correlation_id", default="")
# One batch handles many streams at once, each with a cause of its own.
causes: ContextVar[Mapping[str, Cause]] = ContextVar("causes", default={})  # noqa: B039 - never mutated


@contextmanager
def correlated(value: str) -> Iterator[None]:
    """Events recorded inside carry ``value``, as do the log lines."""
    token = correlation_id.set(value)
    try:
        yield
    finally:
        correlation_id.reset(token)


@contextmanager
def caused_by(by_stream: Mapping[str, Cause]) -> Iterator[None]:
    """Events recorded inside name, per stream, the event they follow from."""
    token = causes.set(by_stream)
    try:
        yield
    finally:
        causes.reset(token)
