"""Bulk jobs from outside."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from apps.api.v1.base import Shape
from apps.channels.models import UploadJob


class JobOut(Shape):
    """A body of many orders on its way in. ``counts``: rows by outcome."""

    id: str
    kind: str
    channel: str
    state: str
    total: int
    done: int
    created_at: datetime
    finished_at: datetime | None


class JobDetail(JobOut):
    """A job with what became of each row done so far.

    A row of a bulk job has its ``row`` (from 0) and its ``outcome``: ``accepted`` or ``existing`` with the id of the
    ``order``, or ``refused`` with ``errors`` that point into the row.
    """

    counts: dict[str, int]
    rows: list[dict[str, Any]]


def _head(row: UploadJob) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "kind": row.kind,
        "channel": row.channel.code,
        "state": row.state,
        "total": row.total,
        "done": row.done,
        "created_at": row.created_at,
        "finished_at": row.finished_at,
    }


def job(row: UploadJob) -> JobOut:
    """Needs the channel at hand."""
    return JobOut(**_head(row))


def job_detail(row: UploadJob, outcomes: frozenset[str]) -> JobDetail:
    """``outcomes``: only rows that ended so; empty: all."""
    results = row.results or [one for part in row.parts.order_by("first_row") for one in part.results]
    counts = Counter(str(one.get("outcome", "")) for one in results)
    rows = [one for one in results if not outcomes or one.get("outcome") in outcomes]
    return JobDetail(**_head(row), counts=dict(counts), rows=rows)
