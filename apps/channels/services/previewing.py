"""What a file of orders would bring, before any of it is taken in. The file is kept meanwhile, as an upload nobody has started."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from apps.channels.files.reading import Group, read_file
from apps.channels.mapping.results import Mapped, Quarantined
from apps.channels.models import UploadJob
from apps.channels.services.contracts import file_documents
from apps.channels.services.reading import Reader
from apps.channels.services.uploading import PREVIEWED, error_at, keep_upload, message_of, refused, result, start_upload
from apps.core.actor import Actor
from apps.core.transactions import service
from apps.orders.selectors import existing_orders

# More are taken in as well; what is wrong with those is said afterwards.
MOST_LOOKED_AT = 2_000


@dataclass(slots=True)
class Preview:
    """Numbers count orders. ``results``: those that can't come in, as the upload would list them."""

    contract: str
    orders: int
    rows: int
    looked_at: int
    fresh: int = 0
    known: int = 0
    passed_over: int = 0
    units: int = 0
    unused: list[str] = field(default_factory=list)
    results: list[dict[str, Any]] = field(default_factory=list)


def preview_upload(channel: str, *, file_name: str, body: bytes, actor: Actor) -> UploadJob:
    """Keep a file to be looked at; it is taken in by ``confirm_upload``. Raises as ``receive_upload``."""
    return keep_upload(channel, file_name=file_name, body=body, state=PREVIEWED, actor=actor)


@service
def confirm_upload(job_ref: str, *, actor: Actor) -> UploadJob:
    """Take in what was previewed. Twice is once."""
    job = UploadJob.objects.select_for_update(no_key=True).get(public_id=job_ref)
    return start_upload(job, actor=actor) if job.state == PREVIEWED else job


def forget_previews(before: datetime) -> int:
    """Files that somebody looked at and never took in; they hold personal data."""
    return UploadJob.objects.filter(state=PREVIEWED, created_at__lt=before).delete()[0]


def preview_of(job: UploadJob) -> Preview:
    """Reads the file as the upload will. Raises UploadRefused where it can't be divided into orders."""
    file = read_file(bytes(job.body), file_documents())
    looked_at = file.groups[:MOST_LOOKED_AT]
    found = Preview(file.document.spec.title, len(file.groups), file.rows, len(looked_at), unused=file.unused)
    known = existing_orders(job.channel.code, {group.key for group in looked_at if group.key})
    reader = Reader(job.channel)
    for group in looked_at:
        _look(job, group, reader, known, file.key_column, found)
    return found


def _look(job: UploadJob, group: Group, reader: Reader, known: dict[str, Any], key: str, found: Preview) -> None:
    if group.faults:
        found.results.append(refused(reader, job.channel, group, key))
        return
    reading = reader.read(message_of(job.channel, group))
    if isinstance(reading, Quarantined):
        errors = [error_at(group, one, key) for one in _as_problems(reading)]
        found.results.append(result(group.numbers[0], "rejected", external_id=group.key, errors=errors))
    elif not isinstance(reading, Mapped):
        found.passed_over += 1
    elif reading.order.external_id in known:
        found.known += 1
    else:
        found.fresh += 1
        found.units += sum(line.quantity for line in reading.order.lines)


def _as_problems(reading: Quarantined) -> Sequence[dict[str, str]]:
    return [{"path": one.path, "problem": one.problem, "what_to_do": one.what_to_do} for one in reading.findings]
