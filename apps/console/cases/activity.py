"""What was said and done about a case, on one line of time: comments and events, newest first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from apps.casework.events import CaseCommented, stream_of
from apps.casework.models import CaseComment, ExceptionCase
from apps.console.orders.sentences import facts_of, sentence_of
from apps.console.shell.people import Person, people
from apps.console.sla.escalations import folded
from apps.core.bulk.raw_rows import select_rows
from apps.core.models import Event
from apps.core.translated import translated

MOST = 60


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. ``body``: what somebody wrote; ``own``: it is about this case, not only about its order."""

    at: datetime
    rank: int
    anchor: str
    icon: str
    tone: str
    text: str
    person: Person
    body: str = ""
    own: bool = True


def story_of(
    case: ExceptionCase, kind: str, events: Sequence[Event], comments: Sequence[CaseComment], nodes: Mapping[int, str]
) -> list[Entry]:
    """A comment stands for its own event, so that nothing is shown twice."""
    events, rung = folded(events)
    who = people([event.actor for event in events] + [comment.author for comment in comments])
    entries = [
        _event(event, case, kind, who, nodes, rung.get(event.pk, ""))
        for event in events
        if event.name != CaseCommented.spec.name
    ]
    entries += [_comment(comment, who) for comment in comments]
    return sorted(entries, key=lambda one: (one.at, one.rank), reverse=True)


def events_of(case: ExceptionCase) -> list[Event]:
    """The last things that happened to the case and its order."""
    return select_rows(Event, "WHERE t.stream = %s ORDER BY t.id DESC LIMIT %s", [stream_of(case), MOST])


def _event(
    event: Event, case: ExceptionCase, kind: str, who: Mapping[str, Person], nodes: Mapping[int, str], rung: str
) -> Entry:
    look, text = sentence_of(event.name, _facts(event, kind, nodes))
    own = event.subject_ref == case.public_id
    text = f"{text} {rung}".strip()
    return Entry(event.recorded_at, event.pk, event.public_id, look.icon, look.tone, text, who[event.actor], own=own)


def _facts(event: Event, kind: str, nodes: Mapping[int, str]) -> dict[str, str]:
    data = event.data
    facts = {name: str(value).replace("_", " ") for name, value in data.items() if isinstance(value, str | int)}
    if data.get("node") in nodes:
        facts["node"] = nodes[data["node"]]
    return facts | facts_of(event.name, data) | {"type": kind}


def _comment(comment: CaseComment, who: Mapping[str, Person]) -> Entry:
    person = who[comment.author]
    return Entry(
        comment.written_at, comment.pk, comment.public_id, "note", "blue", "", person, body=translated(comment.body)
    )


def chain_of(case: ExceptionCase, kind: str, events: Iterable[Event], nodes: Mapping[int, str]) -> list[str]:
    """How it came to this, the first cause first, as far as the timeline at hand reaches."""
    known = {event.pk: event for event in events}
    at, look = case.cause, list[str]()
    while at in known and len(look) < 8:
        event = known[at]
        look.append(sentence_of(event.name, _facts(event, kind, nodes))[1])
        at = event.cause
    return look[::-1]
