"""Webhooks with wrong signatures, so that an operator sees them: how many, when last, about what and from where.

Whoever can reach the address can send them, so they leave a row for each sender and reason and no more, written once a second at most.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from django.db import connection

from apps.core import clock
from apps.core.models import RefusedHook
from apps.core.text import Moment, Text
from apps.core.translated import translated

SHOWN_FOR = timedelta(days=30)
WRITE_EVERY_S = 1.0
_AT = "%-d %b %H:%M"
_SQL = """
INSERT INTO core_refusedhook (source, reason, count, first_at, last_at, topic, remote) VALUES (%s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (source, reason) DO UPDATE SET
       count = CASE WHEN core_refusedhook.last_at < %s THEN 0 ELSE core_refusedhook.count END + EXCLUDED.count,
       first_at = CASE WHEN core_refusedhook.last_at < %s THEN EXCLUDED.first_at ELSE core_refusedhook.first_at END,
       last_at = EXCLUDED.last_at, topic = EXCLUDED.topic, remote = EXCLUDED.remote
"""
_ADVICE = {
    "missing_signature": Text("It was not signed at all: give the sender the secret, or somebody else is trying."),
    "missing_header": Text("It was not signed at all: give the sender the secret, or somebody else is trying."),
    "missing_body": Text("It was empty: look whether a proxy on the way drops bodies."),
    "timestamp_out_of_tolerance": Text(
        "It was signed more than five minutes before or after now: set the sender's clock, or it was sent again later."
    ),
    "timestamp_not_a_number": Text("Its timestamp is none: the sender does not sign by Standard Webhooks."),
    "body_not_utf8": Text("Its body is not UTF-8: have the sender send it so."),
    "webhook_secret_unusable": Text(
        "No secret is set here, or it is malformed: type in the one the sender signs with."
    ),
}
_NOT_THE_SAME = Text(
    "The secret here is not the one the sender signs with, or something on the way changes the body. Copy the secret from "
    "the sender again."
)


@dataclass(slots=True)
class _Waiting:
    """What was refused since it was last written down."""

    count: int = 0
    written: float = float("-inf")


_lock = Lock()
_waiting: dict[tuple[str, str], _Waiting] = {}


def note_refused(source: str, reason: str, *, topic: str, remote: str) -> None:
    """``source``: whom it claimed to come from, ``channel:`` or ``partner:`` and a code that exists."""
    with _lock:
        waiting = _waiting.setdefault((source, reason), _Waiting())
        waiting.count += 1
        if clock.monotonic() < waiting.written + WRITE_EVERY_S:
            return
        count, waiting.count, waiting.written = waiting.count, 0, clock.monotonic()
    now = clock.now()
    long_ago = now - SHOWN_FOR
    printable = "".join(letter for letter in topic if letter.isprintable())[:64]
    with connection.cursor() as cursor:
        cursor.execute(_SQL, [source, reason, count, now, now, printable, remote[:64], long_ago, long_ago])


@dataclass(frozen=True, slots=True)
class Refused:
    """What an operator reads of the refused messages of one sender. ``sentence`` says what happened, ``advice`` what to check."""

    source: str
    count: int
    last_at: datetime
    sentence: str
    advice: str


def refused_of(*sources: str) -> list[Refused]:
    """Of the last thirty days, the latest first; no ``sources``: of everybody."""
    rows = RefusedHook.objects.filter(last_at__gt=clock.now() - SHOWN_FOR).order_by("-last_at")
    return [_shown(row) for row in (rows.filter(source__in=sources) if sources else rows)]


def _shown(row: RefusedHook) -> Refused:
    about = f" ({row.topic})" if row.topic else ""
    where = Text(" from {address}", address=row.remote) if row.remote else ""
    said = Text.counted(
        "Refused once since {first} UTC, last at {last} UTC",
        "Refused {count} times since {first} UTC, last at {last} UTC",
        row.count,
        first=Moment(row.first_at, _AT),
        last=Moment(row.last_at, _AT),
    )
    sentence = Text.joined("", (said, about, where, "."))
    return Refused(row.source, row.count, row.last_at, sentence, _ADVICE.get(row.reason, _NOT_THE_SAME))


def summary_of(source: str) -> str:
    """For the page of a channel or partner."""
    said = [f"{translated(one.sentence)} {translated(one.advice)}" for one in refused_of(source)]
    return "\n".join(said) or translated(Text("None in the last 30 days."))
