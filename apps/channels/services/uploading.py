"""Files of orders: kept whole, then taken in part by part, order by order, by the workers.

Each part is one transaction: its orders, their messages, what became of each, the progress, and the event that calls for
the next part. Killed at any point, the job goes on after the last part that was committed.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.db import OperationalError, connection, transaction

from apps.channels import events
from apps.channels.errors import UploadRefused, UploadTooLarge
from apps.channels.files.reading import Group, error, key_column, read_file, read_header, refuse_other_files
from apps.channels.framework.adapter import Capability
from apps.channels.framework.registry import adapter_of
from apps.channels.mapping.facts import external_id_of
from apps.channels.mapping.results import Quarantined
from apps.channels.models import Channel, InboxMessage, UploadJob, Verdict
from apps.channels.selectors import files_wait, open_channel
from apps.channels.services.contracts import file_documents
from apps.channels.services.intake import SETTLED_FIELDS, lock_external_ids, settle_messages
from apps.channels.services.reading import Reader
from apps.channels.verdict_reasons import NEW_ORDER
from apps.core import clock
from apps.core.actor import Actor
from apps.core.bulk.bulk_update import update_rows
from apps.core.context import correlated
from apps.core.outbox import record
from apps.core.spreadsheets import safe_cell
from apps.core.text import Text
from apps.core.transactions import service

PREVIEWED, QUEUED, RUNNING, DONE, REFUSED = "preview", "queued", "running", "done", "refused"
# A part is a short transaction, whether its orders have one row or hundreds.
PART_ORDERS, PART_ROWS = 300, 3_000
_ERROR_COLUMNS = ("row", "order", "column", "problem", "what_to_do")


@service
def receive_upload(channel: str, *, file_name: str, body: bytes, actor: Actor) -> UploadJob:
    """Keep a CSV file, to be taken in by the workers; ``channel`` is the code of a channel for files.

    Raises ChannelNotFound, NotACsvFile, UploadTooLarge, UploadRefused where its first row can't be made sense of.
    """
    return start_upload(keep_upload(channel, file_name=file_name, body=body, state=QUEUED, actor=actor), actor=actor)


def keep_upload(channel: str, *, file_name: str, body: bytes, state: str, actor: Actor) -> UploadJob:
    """Refuse or keep a file; nothing follows yet. Raises as ``receive_upload``."""
    source = open_channel(channel)
    if not adapter_of(source.kind).can(Capability.FILES):
        raise UploadRefused(problem=Text("the channel {channel} takes no files", channel=source.code))
    if len(body) > settings.CSV_UPLOAD_MAX_BYTES:
        raise UploadTooLarge(limit=settings.CSV_UPLOAD_MAX_BYTES)
    name = "".join(letter for letter in file_name if letter.isprintable()).replace("\\", "/").rpartition("/")[2][:255]
    refuse_other_files(name, body)
    read_header(body, file_documents())
    return UploadJob.objects.create(
        channel=source, kind="csv", file_name=name, body=body, state=state, created_by=str(actor)
    )


def start_upload(job: UploadJob, *, actor: Actor) -> UploadJob:
    """Have the workers take it in."""
    job.state, job.created_by = QUEUED, str(actor)
    job.save(update_fields=["state", "created_by"])
    record(events.upload_fact(job, events.UploadReceived), actor=actor)
    return job


@transaction.atomic
def run_csv_job(job_ref: str) -> None:
    """Do the job's next part: first divide the file into orders, then take some of them in. Done already: nothing; nor while its
    channel is paused, and whoever resumes that has it go on."""
    if files_wait(Channel.objects.get(uploadjob__public_id=job_ref)):
        return
    rows = UploadJob.objects.select_for_update(no_key=True, of=("self",)).select_related("channel").defer("results")
    job = rows.get(public_id=job_ref)
    if job.state in (DONE, REFUSED, PREVIEWED):
        return
    kind, _, name = job.created_by.partition(":")
    with correlated(job.public_id):
        if job.state == QUEUED:
            _divide(job)
        else:
            _take_part(job)
        if job.state == RUNNING:
            record(events.upload_fact(job, events.UploadContinued), actor=Actor(kind, name))  # type: ignore[arg-type]


def _divide(job: UploadJob) -> None:
    """One order a line, so that a part can be read without the rest. A file that can't be read is refused whole."""
    try:
        file = read_file(bytes(job.body), file_documents())
    except UploadRefused as refusal:
        job.state, job.finished_at = REFUSED, clock.now()
        job.results = [
            result(0, REFUSED, errors=[error(0, "", refusal.sentence, Text("Correct the file; upload it again."))])
        ]
        job.body = b""
    else:
        job.state, job.total = RUNNING, len(file.groups)
        job.results = [
            result(1, "note", errors=[error(1, name, Text("nothing is read from this column"), "")])
            for name in file.unused
        ]
        job.body = b"\n".join(_line_of(group) for group in file.groups)
    job.save(update_fields=["state", "total", "results", "body", "finished_at"])


def _line_of(group: Group) -> bytes:
    return json.dumps(asdict(group)).encode()


def _take_part(job: UploadJob) -> None:
    groups = _next_groups(bytes(job.body), job.done)
    key, reader = _key_column_of(groups), Reader(job.channel)
    results = []
    for group, message in zip(groups, _take_in(job.channel, groups), strict=True):
        outcome = refused(reader, job.channel, group, key) if group.faults else _outcome(group, message, key)
        if outcome is not None:
            results.append(outcome)
    _note(job, len(groups), results)


def _next_groups(body: bytes, done: int) -> list[Group]:
    groups: list[Group] = []
    rows = 0
    for line in body.split(b"\n")[done : done + PART_ORDERS]:
        group = Group(**json.loads(line))
        rows += len(group.rows)
        if groups and rows > PART_ROWS:
            break
        groups.append(group)
    return groups


def _key_column_of(groups: Sequence[Group]) -> str:
    names = set(groups[0].rows[0]) if groups else set()
    return next((key_column(one) for one in file_documents() if key_column(one) in names), "")


def _take_in(channel: Channel, groups: Sequence[Group]) -> list[InboxMessage | str]:
    """A settled message for each group, or why there is none. One that breaks the intake spoils nothing for the others."""
    sound = [group for group in groups if not group.faults]
    lock_external_ids((channel.pk, group.key) for group in sound)
    try:
        with transaction.atomic():
            taken: list[InboxMessage | str] = [*_settle(channel, sound)]
    except OperationalError:
        raise
    except Exception:
        taken = [_settle_alone(channel, group) for group in sound]
    found = iter(taken)
    return ["" if group.faults else next(found) for group in groups]


def _settle_alone(channel: Channel, group: Group) -> InboxMessage | str:
    try:
        with transaction.atomic():
            return _settle(channel, [group])[0]
    except OperationalError:
        raise
    except Exception as error:
        return Text("it could not be taken in ({fault})", fault=type(error).__name__)


def _settle(channel: Channel, groups: Sequence[Group]) -> list[InboxMessage]:
    """Content that was uploaded before is not taken in again, unless it was rejected then: the contract may have changed."""
    messages = [message_of(channel, group) for group in groups]
    keys = [message.dedupe_key for message in messages]
    rows = InboxMessage.objects.select_for_update(no_key=True).filter(channel=channel, dedupe_key__in=keys)
    known = {row.dedupe_key: row for row in rows.order_by("pk")}
    for row in known.values():
        row.deliveries += 1
    messages = [known.get(message.dedupe_key, message) for message in messages]
    todo = [message for message in messages if message.pk is None or message.verdict == Verdict.REJECTED]
    settle_messages(channel, todo)
    for message in todo:
        if message.verdict == Verdict.QUARANTINED:
            # Who uploaded it sees the result, row by row; nobody else has to look.
            message.verdict = Verdict.REJECTED
    update_rows(list(known.values()), ["deliveries", *SETTLED_FIELDS])
    InboxMessage.objects.bulk_create([message for message in todo if message.pk is None])
    return messages


def message_of(channel: Channel, group: Group) -> InboxMessage:
    payload = {"key": group.key, "rows": group.rows}
    body = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
    return InboxMessage(
        channel=channel,
        external_id=external_id_of(adapter_of(channel.kind).messages, payload),
        dedupe_key=f"csv:{hashlib.sha256(body).hexdigest()}",
        headers={"source": "upload"},
        body=body,
        content_type="application/json",
    )


def _outcome(group: Group, message: InboxMessage | str, key: str) -> dict[str, Any] | None:
    """What became of an order of the file; None where it was simply accepted, as most are."""
    row = group.numbers[0]
    if isinstance(message, str):
        failed = error(row, "", message, Text("Upload the order again; if it fails again, ask for help."))
        return result(row, "rejected", external_id=group.key, errors=[failed])
    first_time = message.deliveries == 1
    if first_time and message.verdict == Verdict.ACCEPTED and message.reason == NEW_ORDER:
        return None
    outcome = message.verdict if first_time or message.verdict == Verdict.REJECTED else Verdict.DUPLICATE
    errors = [error_at(group, problem, key) for problem in message.problems]
    if message.verdict == Verdict.REJECTED and not errors:
        errors = [error(row, key, message.reason, "")]
    return result(row, outcome, external_id=group.key, order=message.order_ref, reason=message.reason, errors=errors)


def refused(reader: Reader, channel: Channel, group: Group, key: str) -> dict[str, Any]:
    """Every fault of its rows at once: those that the contract would find too."""
    errors = list(group.faults)
    reading = reader.read(message_of(channel, group)) if group.legible else None
    if isinstance(reading, Quarantined):
        found = [{"path": one.path, "problem": one.problem, "what_to_do": one.what_to_do} for one in reading.findings]
        named = {(one["row"], one["column"]) for one in errors}
        more = [error_at(group, problem, key) for problem in found]
        errors += [one for one in more if (one["row"], one["column"]) not in named]
    return result(group.numbers[0], "rejected", external_id=group.key, errors=errors)


def error_at(group: Group, problem: dict[str, str], key: str) -> dict[str, Any]:
    """From ``rows[3].quantity`` of the message to the row and column of the file."""
    path = problem["path"]
    head, _, column = path.partition("].")
    index = head.removeprefix("rows[").removesuffix("]")
    position = int(index) if head.startswith("rows[") and index.isdigit() else 0
    number = group.numbers[position] if position < len(group.numbers) else group.numbers[0]
    return error(number, column or (key if path == "key" else path), problem["problem"], problem["what_to_do"])


def result(
    row: int, outcome: str, *, external_id: str = "", order: str = "", reason: str = "", errors: Sequence[Any] = ()
) -> dict[str, Any]:
    known = {"row": row, "outcome": outcome, "external_id": external_id, "order": order, "reason": reason}
    return {name: value for name, value in known.items() if value != ""} | {"errors": list(errors)}


_NOTE = """
UPDATE channels_uploadjob
   SET done = %s, state = %s, finished_at = %s, results = results || %s::jsonb,
       body = CASE WHEN %s THEN ''::bytea ELSE body END
 WHERE id = %s
"""


def _note(job: UploadJob, count: int, results: Sequence[dict[str, Any]]) -> None:
    """Results are appended by the database, which spares reading all of them back for each part."""
    job.done += count
    finished = job.done >= job.total
    job.state, job.finished_at = (DONE, clock.now()) if finished else (RUNNING, None)
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, [job.done, job.state, job.finished_at, json.dumps(list(results)), finished, job.pk])


def count_outcomes(job: UploadJob) -> dict[str, int]:
    """How many orders of the file ended how: accepted, duplicate, ignored, rejected."""
    counted = Counter(one["outcome"] for one in job.results if one["outcome"] not in ("note", REFUSED))
    accepted = job.done - counted.total()
    return {Verdict.ACCEPTED: counted.pop(Verdict.ACCEPTED, 0) + accepted, **counted}


def error_file(job: UploadJob) -> Iterator[str]:
    """What was wrong, as lines of a CSV file, safe to open in a spreadsheet: the row, its order, the column, what to do."""
    yield _line(_ERROR_COLUMNS)
    yield from error_lines(job.results)


def error_lines(results: Sequence[dict[str, Any]]) -> Iterator[str]:
    for order in results:
        for one in order["errors"]:
            cells = (one["row"] or "", order.get("external_id", ""), one["column"])
            yield _line([*cells, one["problem"], one["what_to_do"]])


def _line(cells: Sequence[object]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerow([safe_cell(cell) for cell in cells])
    return buffer.getvalue()
