"""Starting many failed jobs again."""

from __future__ import annotations

from collections.abc import Sequence

from apps.core.actor import Actor
from apps.orchestration.redriving import redrive_part
from apps.orchestration.step import Due, TryLater


def retry_failed_jobs(dues: Sequence[Due], actor: Actor) -> None:
    """Start the next part of many failed jobs again; where whom they call is left alone, when that is over."""
    for due in dues:
        again = redrive_part(due.subject_ref, actor=actor)
        if again is not None:
            raise TryLater(again, "whom they call is left alone")
