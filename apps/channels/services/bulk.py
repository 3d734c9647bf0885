"""Orders by the thousand: a body is kept whole, answered at once, and taken in chunk by chunk by the workers.

Each chunk is one transaction: its orders, their messages, the results, the progress, and the event that calls for the
next chunk. Killed at any point, the job goes on after the last chunk that was committed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from psycopg.types.json import Jsonb
from pydantic import ValidationError
from pydantic_core import to_json

from apps.accounts.caller import Caller
from apps.channels.errors import ChannelNotFound
from apps.channels.models import Channel, UploadJob
from apps.channels.selectors import channel_by_code
from apps.channels.services.direct import accepted_message
from apps.core import clock
from apps.core.actor import Actor
from apps.core.context import correlated
from apps.core.outbox import Fact, record
from apps.core.together import insert_together
from apps.core.validation import problems_of
from apps.orders.canonical import CanonicalOrder
from apps.orders.services import accept_orders

CHUNK_ROWS = 500
# Of long orders fewer are taken at once, so that a chunk stays a short transaction.
CHUNK_BYTES = 2 * 1024 * 1024
MOST_ERRORS_A_ROW = 10
QUEUED, RUNNING, DONE = "queued", "running", "done"
RECEIVED, CONTINUED = "upload.received", "upload.continued"


@dataclass(frozen=True, slots=True)
class _Row:
    """One order of the body: its place, its bytes, and what they were read as."""

    number: int
    raw: bytes
    canonical: CanonicalOrder | None
    errors: list[dict[str, str]]


@transaction.atomic
def start_bulk_job(orders: Sequence[Any], *, channel: str, caller: Caller) -> UploadJob:
    """Keep the orders, parsed JSON of any shape, to be taken in by the workers. Raises ChannelNotFound."""
    if not caller.may_channel(channel):
        raise ChannelNotFound(channel=channel)
    job = UploadJob.objects.create(
        channel=channel_by_code(channel),
        kind="bulk",
        # One order a line: a chunk is read without parsing the rest. Compact JSON holds no line break.
        body=b"\n".join(to_json(order) for order in orders),
        total=len(orders),
        state=QUEUED,
        created_by=str(caller.actor),
    )
    record(_fact(RECEIVED, job), actor=caller.actor)
    return job


@transaction.atomic
def run_bulk_job(job_ref: str) -> None:
    """Take in the job's next chunk. Done already: nothing happens."""
    job = UploadJob.objects.select_for_update(no_key=True).defer("results").get(public_id=job_ref)
    if job.state == DONE:
        return
    kind, _, name = job.created_by.partition(":")
    actor = Actor(kind, name)  # type: ignore[arg-type]
    with correlated(job.public_id):
        rows = _read(_next_chunk(bytes(job.body), job.done), first=job.done)
        _note(job, _take_in(rows, job.channel, actor))
        if job.state != DONE:
            record(_fact(CONTINUED, job), actor=actor)


def _fact(name: str, job: UploadJob) -> Fact:
    data = {"done": job.done, "total": job.total}
    return Fact(name=name, subject_id=job.pk, subject_ref=job.public_id, stream=job.public_id, data=data)


def _next_chunk(body: bytes, done: int) -> list[bytes]:
    lines = body.split(b"\n")[done : done + CHUNK_ROWS]
    size = 0
    for count, line in enumerate(lines):
        size += len(line)
        if size > CHUNK_BYTES and count:
            return lines[:count]
    return lines


def _read(lines: Sequence[bytes], *, first: int) -> list[_Row]:
    return [_read_one(number, raw) for number, raw in enumerate(lines, first)]


def _read_one(number: int, raw: bytes) -> _Row:
    try:
        return _Row(number, raw, CanonicalOrder.model_validate_json(raw), [])
    except ValidationError as error:
        return _Row(number, raw, None, problems_of(error)[:MOST_ERRORS_A_ROW])


def _take_in(rows: Sequence[_Row], channel: Channel, actor: Actor) -> list[dict[str, Any]]:
    """Accept what can be read; answers one result per row, in order."""
    read = [(row, row.canonical) for row in rows if row.canonical is not None]
    accepted = accept_orders([canonical for _, canonical in read], channel=channel.code, actor=actor)
    results = {row.number: {"outcome": "refused", "errors": row.errors} for row in rows if row.canonical is None}
    for (row, canonical), one in zip(read, accepted, strict=True):
        outcome = "accepted" if one.created else "existing"
        results[row.number] = {
            "outcome": outcome,
            "external_id": canonical.external_id,
            "order": one.order.public_id,
        }
    insert_together(
        [
            accepted_message(canonical, row.raw, channel, one.order.public_id)
            for (row, canonical), one in zip(read, accepted, strict=True)
            if one.created
        ]
    )
    return [{"row": row.number, **results[row.number]} for row in rows]


_NOTE = """
UPDATE channels_uploadjob
   SET done = %s, state = %s, finished_at = %s, results = results || %s,
       body = CASE WHEN %s THEN ''::bytea ELSE body END
 WHERE id = %s
"""


def _note(job: UploadJob, results: Sequence[Mapping[str, Any]]) -> None:
    """Write down how far the job is. Results are appended by the database; reading them back each time would cost more
    than the chunk. What was taken in is in the inbox, so the body goes when the job is done."""
    job.done += len(results)
    finished = job.done >= job.total
    job.state = DONE if finished else RUNNING
    job.finished_at = clock.now() if finished else None
    parameters: list[Any] = [job.done, job.state, job.finished_at, Jsonb(list(results)), finished, job.pk]
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, parameters)
