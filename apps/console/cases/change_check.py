"""Whether a case's page would look different now, and whether somebody else is why."""

from __future__ import annotations

from apps.casework.events import stream_of
from apps.casework.models import ExceptionCase
from apps.casework.related import Related
from apps.core.models import Event
from apps.ui.paging import whole

MOST = 100


def pulse_of_case(case: ExceptionCase, there: Related) -> str:
    """A short text that changes whenever the page would; asked for every few seconds, so only by index."""
    late = int(case.breached_at is not None)
    due = int(case.next_due_at.timestamp()) if case.next_due_at else 0
    return f"{case.version}-{there.event}-{there.comment}-{late}-{due}"


def only_own_since(seen: str, case: ExceptionCase, there: Related, own: str) -> bool:
    """Whether all since a pulse was seen is what this person wrote, and what followed from that: nothing new to them.

    ``own``: the person, as an actor's text. A change of the case itself is always shown: a save from another window of theirs
    would come too late.
    """
    then, now = seen.split("-"), pulse_of_case(case, there).split("-")
    last = whole(then[1]) if len(then) == len(now) else None
    if last is None or (then[0], then[3]) != (now[0], now[3]):
        return False
    since = Event.objects.filter(stream=stream_of(case), pk__gt=last).order_by("pk")
    mine = set[int]()
    for pk, actor, cause in since.values_list("pk", "actor", "cause")[:MOST]:
        if actor != own and cause not in mine:
            return False
        mine.add(pk)
    return len(mine) < MOST
