"""Notices as a person reads them: those about one thing together, with what was written where somebody was mentioned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from apps.casework.models import CaseComment
from apps.notifications.models import StaffNotice

MOST_QUOTED = 200


@dataclass(slots=True)
class NoticeGroup:
    """The latest notice of one kind about one thing. ``earlier``: how many more of the page are about it; ``said``: the comment."""

    latest: StaffNotice
    earlier: int = 0
    unread: bool = False
    said: str = ""


def grouped(rows: Sequence[StaffNotice]) -> list[NoticeGroup]:
    """The notices of a page, newest first, each kind about each thing once."""
    comments = CaseComment.objects.filter(public_id__in={row.about for row in rows if row.about})
    bodies = dict(comments.values_list("public_id", "body"))
    groups: dict[tuple[str, str], NoticeGroup] = {}
    for row in rows:
        group = groups.get((row.kind, row.link))
        if group is None:
            group = groups[row.kind, row.link] = NoticeGroup(row, said=_quoted(bodies.get(row.about, "")))
        else:
            group.earlier += 1
        group.unread = group.unread or row.read_at is None
    return list(groups.values())


def _quoted(body: str) -> str:
    text = " ".join(body.split())
    return text if len(text) <= MOST_QUOTED else f"{text[:MOST_QUOTED].rstrip()}…"
