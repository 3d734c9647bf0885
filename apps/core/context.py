"""What the current request or step batch is: its correlation id, who acts, and the events that caused what it records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from apps.core.actor import SYSTEM, Actor


@dataclass(frozen=True, slots=True)
class Cause:
    """The event that leads to another, and the correlation id that travels along."""

    event_id: int
    correlation_id: str


correlation_id: ContextVar[str] = ContextVar("correlation_id", default="")
# One batch handles many streams at once, each with a cause of its own.
causes: ContextVar[Mapping[str, Cause]] = ContextVar("causes", default={})  # noqa: B039 - never mutated
# Read by history rows, which are written below the services. Everything else is handed its actor.
acting: ContextVar[Actor] = ContextVar("acting", default=SYSTEM)
occasion: ContextVar[str] = ContextVar("occasion", default="")


@contextmanager
def acting_as(actor: Actor, why: str = "") -> Iterator[None]:
    """History rows written inside name ``actor``, and ``why``: the event a step follows, or the reason a person gave."""
    before, reason = acting.set(actor), occasion.set(why)
    try:
        yield
    finally:
        acting.reset(before)
        occasion.reset(reason)


def identify(actor: Actor, why: str) -> None:
    """Say who is behind the request, once authentication knows. Holds until the request's ``acting_as`` ends."""
    acting.set(actor)
    occasion.set(why)


@contextmanager
def because(why: str) -> Iterator[None]:
    """History rows written inside give ``why`` as their reason; empty keeps the one there is."""
    token = occasion.set(why or occasion.get())
    try:
        yield
    finally:
        occasion.reset(token)


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
