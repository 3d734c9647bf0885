"""Orders by the thousand: a body is kept in parts, answered at once, and taken in by the workers, side by side.

Each part is one transaction: its orders, their messages, the results, the progress, and the event that calls for another
part. Killed at any point, the job goes on with the parts that were not committed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from pydantic import ValidationError
from pydantic_core import to_json

from apps.accounts.caller import Caller
from apps.channels import events
from apps.channels.errors import ChannelNotFound
from apps.channels.models import Channel, UploadJob, UploadPart
from apps.channels.selectors import files_wait, open_channel
from apps.channels.services.direct_orders import accepted_message, unacceptable
from apps.core import clock
from apps.core.actor import Actor
from apps.core.bulk.bulk_insert import insert_groups
from apps.core.context import correlated
from apps.core.outbox import record
from apps.core.validation import problems_of
from apps.orders.canonical import CanonicalOrder
from apps.orders.services import accept_orders

PART_ROWS = 500
# Of long orders fewer are taken at once, so that a part stays a short transaction.
PART_BYTES = 2 * 1024 * 1024
# How many workers may take parts of one job in at the same time.
SIDE_BY_SIDE = 4
MOST_ERRORS_A_ROW = 10
QUEUED, RUNNING, DONE = "queued", "running", "done"


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
        channel=open_channel(channel),
        kind="bulk",
        body=b"",
        total=len(orders),
        state=QUEUED,
        created_by=str(caller.actor),
    )
    parts = UploadPart.objects.bulk_create(_parts(job, [to_json(order) for order in orders]))
    others = [events.upload_fact(job, events.UploadContinued) for _ in range(min(len(parts), SIDE_BY_SIDE) - 1)]
    record(events.upload_fact(job, events.UploadReceived), *others, actor=caller.actor)
    return job


def _parts(job: UploadJob, lines: Sequence[bytes]) -> Iterator[UploadPart]:
    """One order a line; compact JSON holds no line break."""
    first, size = 0, 0
    for number, line in enumerate(lines):
        if number > first and (number - first == PART_ROWS or size + len(line) > PART_BYTES):
            yield UploadPart(job=job, first_row=first, body=b"\n".join(lines[first:number]))
            first, size = number, 0
        size += len(line)
    yield UploadPart(job=job, first_row=first, body=b"\n".join(lines[first:]))


@transaction.atomic
def run_bulk_job(job_ref: str) -> None:
    """Take in the next part of the job that nobody else has in hand. None left: nothing happens; nor while its channel is paused,
    and whoever resumes that has it go on."""
    job = UploadJob.objects.select_related("channel").defer("body", "results").get(public_id=job_ref)
    if files_wait(job.channel):
        return
    # Others skip a part that is locked; where its worker dies, the lock goes and its run comes again.
    free = UploadPart.objects.select_for_update(skip_locked=True).filter(job=job, taken_in=False).order_by("pk")
    part = free.first()
    if part is None:
        return
    kind, _, name = job.created_by.partition(":")
    actor = Actor(kind, name)  # type: ignore[arg-type]
    with correlated(job.public_id):
        rows = _read(bytes(part.body).split(b"\n"), first=part.first_row)
        part.results = _take_in(rows, job.channel, actor)
        part.body, part.taken_in = b"", True
        part.save(update_fields=["results", "body", "taken_in"])
        _note(job, len(rows))
        if job.state != DONE:
            record(events.upload_fact(job, events.UploadContinued), actor=actor)


def _read(lines: Sequence[bytes], *, first: int) -> list[_Row]:
    return [_read_one(number, raw) for number, raw in enumerate(lines, first)]


def _read_one(number: int, raw: bytes) -> _Row:
    try:
        canonical = CanonicalOrder.model_validate_json(raw)
    except ValidationError as error:
        return _Row(number, raw, None, problems_of(error)[:MOST_ERRORS_A_ROW])
    problems = unacceptable(canonical, clock.now())
    return _Row(number, raw, None if problems else canonical, problems)


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
    insert_groups(
        [
            accepted_message(canonical, row.raw, channel, one.order.public_id)
            for (row, canonical), one in zip(read, accepted, strict=True)
            if one.created
        ]
    )
    return [{"row": row.number, **results[row.number]} for row in rows]


_NOTE = """
UPDATE channels_uploadjob SET done = done + %s, state = %s WHERE id = %s RETURNING done, total
"""
_CLOSE = """
UPDATE channels_uploadjob j SET state = %s, finished_at = %s, results = coalesce(p.results, '[]') FROM (
    SELECT jsonb_agg(r.result ORDER BY part.first_row, r.place) AS results
      FROM channels_uploadpart part, jsonb_array_elements(part.results) WITH ORDINALITY AS r(result, place)
     WHERE part.job_id = %s) p
 WHERE j.id = %s
"""


def _note(job: UploadJob, count: int) -> None:
    """Write down how far the job is, last of all, because the parts of a job meet here. The last one brings the results
    together; the database does it, because they are as many as the orders."""
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, [count, RUNNING, job.pk])
        job.done, job.total = cursor.fetchone()
        job.state = DONE if job.done >= job.total else RUNNING
        if job.state == DONE:
            cursor.execute(_CLOSE, [DONE, clock.now(), job.pk, job.pk])
            cursor.execute("DELETE FROM channels_uploadpart WHERE job_id = %s", [job.pk])
