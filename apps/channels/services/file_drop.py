"""Files of orders that others leave in a folder: each is taken once and whole, and comes to lie among the done or the failed.

    <FILE_DROP_FOLDER>/<channel>/           what is to be taken: CSV files, and mails (.eml) with such files attached
    <FILE_DROP_FOLDER>/<channel>/working/   what has been taken and is under way, named with its upload
    <FILE_DROP_FOLDER>/<channel>/done/      all that could be read of it is in; beside it a report where something was not
    <FILE_DROP_FOLDER>/<channel>/failed/    nothing of it is in; the report beside it says why

Moving a file is what claims it: of two workers one succeeds. One that dies in between leaves the file among those under way,
where it is taken again; orders that are known then change nothing.
"""

from __future__ import annotations

import email
import email.policy
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import structlog
from django.conf import settings

from apps.channels.errors import ChannelPaused, NotACsvFile, UploadTooLarge
from apps.channels.framework.adapter import Capability
from apps.channels.framework.registry import kinds_with
from apps.channels.models import Channel, UploadJob, Verdict
from apps.channels.selectors import sells_over_the_counter
from apps.channels.services.uploading import DONE, REFUSED, count_outcomes, error_file, receive_upload
from apps.core import clock
from apps.core.actor import Actor
from apps.core.errors import DomainError
from apps.core.text import Text

log = structlog.get_logger()
DROPPED = Actor("system", "drop_folder")
# Whoever is still writing has written within that; names that say it is not whole yet are left alone.
SETTLED_S, ABANDONED_S = 10.0, 600.0
_PARTIAL = (".part", ".tmp", ".filepart", ".crdownload", ".partial")
_MAIL = ".eml"
_MARK = "__"


@dataclass(frozen=True, slots=True)
class DropFolder:
    """Where files for one channel lie."""

    channel: Channel
    path: Path

    @property
    def working(self) -> Path:
        return self.path / "working"


def take_dropped() -> int:
    """Take what lies there, and put away what has been taken in since; returns how many files were taken."""
    taken = 0
    for folder in _folders():
        try:
            _put_away(folder)
            taken += 0 if _waits(folder.channel) else sum(_take(folder, path) for path in _ready(folder.path))
        except OSError as error:
            log.error("drop_folder_not_read", channel=folder.channel.code, error=type(error).__name__)
    return taken


def _folders() -> Iterator[DropFolder]:
    """Of active channels for files whose folder somebody made; a link is none: it could lead anywhere."""
    if not settings.FILE_DROP_FOLDER:
        return
    root = Path(settings.FILE_DROP_FOLDER)
    for channel in Channel.objects.filter(active=True, kind__in=kinds_with(Capability.FILES)).order_by("code"):
        path = root / channel.code
        if path.is_dir() and not path.is_symlink():
            for name in ("working", "done", "failed"):
                (path / name).mkdir(exist_ok=True)
            yield DropFolder(channel, path)


def _waits(channel: Channel) -> bool:
    """Paused: its files stay where they lie."""
    return channel.paused_at is not None and not sells_over_the_counter(channel)


def _ready(path: Path) -> list[Path]:
    """Files that lie there whole, the oldest first."""
    found = []
    for one in path.iterdir():
        seen = one.lstat()
        if not stat.S_ISREG(seen.st_mode) or one.name.startswith(".") or one.name.casefold().endswith(_PARTIAL):
            continue
        age = clock.now().timestamp() - seen.st_mtime
        # An empty one is most likely just being begun.
        if age >= (SETTLED_S if seen.st_size else ABANDONED_S):
            found.append((seen.st_mtime, one))
    return [one for _, one in sorted(found)]


def _take(folder: DropFolder, path: Path) -> int:
    claimed = folder.working / path.name
    if claimed.exists():
        # The same name is under way; it waits for its turn.
        return 0
    try:
        path.rename(claimed)
    except FileNotFoundError:
        # Another worker was first.
        return 0
    _upload(folder, claimed)
    return 1


def _upload(folder: DropFolder, claimed: Path) -> None:
    """Hand the file in as an upload. What can't be read at all is put away at once."""
    try:
        jobs = [
            receive_upload(folder.channel.code, file_name=name, body=body, actor=DROPPED)
            for name, body in _files_in(claimed)
        ]
    except ChannelPaused:
        # Just now: it is taken once the channel is resumed.
        claimed.rename(folder.path / claimed.name)
        return
    except DomainError as refusal:
        _finish(folder, claimed, claimed.name, "failed", [f"{refusal.sentence}\n"])
        return
    claimed.rename(folder.working / _MARK.join([*[job.public_id for job in jobs], claimed.name]))


def _files_in(path: Path) -> list[tuple[str, bytes]]:
    """The file itself, or those attached to a mail. Raises NotACsvFile, UploadTooLarge."""
    limit = settings.CSV_UPLOAD_MAX_BYTES
    # A mail carries its attachments a third larger.
    if path.stat().st_size > limit * 2:
        raise UploadTooLarge(limit=limit)
    body = path.read_bytes()
    if path.suffix.casefold() != _MAIL:
        return [(path.name, body)]
    mail = email.message_from_bytes(body, policy=email.policy.default)
    found = [(part.get_filename() or "", part.get_payload(decode=True)) for part in mail.walk()]
    files = [
        (name, content)
        for name, content in found
        if isinstance(content, bytes) and name.casefold().endswith((".csv", ".txt", ".tsv"))
    ]
    if not files:
        raise NotACsvFile(problem=Text("the mail has no CSV file attached"))
    return files


def _put_away(folder: DropFolder) -> None:
    for path in sorted(folder.working.iterdir()):
        refs, name = _uploads_in(path.name)
        jobs = list(UploadJob.objects.filter(public_id__in=refs).defer("body").order_by("pk"))
        if not jobs:
            if clock.now().timestamp() - path.lstat().st_ctime > ABANDONED_S / 10:
                # Its worker died before it was handed in.
                _upload(folder, path)
            continue
        if all(job.state in (DONE, REFUSED) for job in jobs):
            _close(folder, path, name, jobs)


def _uploads_in(name: str) -> tuple[list[str], str]:
    """The uploads a file under way was handed in as, and what it was called."""
    refs = []
    while name.startswith("job_") and _MARK in name:
        ref, _, name = name.partition(_MARK)
        refs.append(ref)
    return refs, name


def _close(folder: DropFolder, path: Path, name: str, jobs: list[UploadJob]) -> None:
    counts: dict[str, int] = {}
    for job in jobs:
        for outcome, number in count_outcomes(job).items():
            counts[outcome] = counts.get(outcome, 0) + number
    read = counts.get(Verdict.ACCEPTED, 0) + counts.get(Verdict.DUPLICATE, 0) + counts.get(Verdict.IGNORED, 0)
    where = "done" if read or (counts == {} and all(job.state == DONE for job in jobs)) else "failed"
    faults = any(one["errors"] for job in jobs for one in job.results)
    report = [line for job in jobs for line in error_file(job)] if faults else []
    _finish(folder, path, name, where, report)


def _finish(folder: DropFolder, path: Path, name: str, where: str, report: list[str]) -> None:
    """The report first: where there is the file, there is what is to be said of it. A name that lies there already gets a number."""
    target, number = folder.path / where / name, 1
    while target.exists():
        number += 1
        target = folder.path / where / f"{Path(name).stem}.{number}{Path(name).suffix}"
    if report:
        target.with_name(f"{target.name}.report.csv").write_text("".join(report), encoding="utf-8")
    path.rename(target)
    log.info("dropped_file_put_away", channel=folder.channel.code, outcome=where)
