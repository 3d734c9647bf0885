"""Comparing what channels send with what their contracts read and with what they sent before. Beside the order path: a periodic look
at the newest messages of each channel."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db import transaction

from apps.channels.framework.registry import adapter_of
from apps.channels.mapping.documents import Document
from apps.channels.mapping.envelopes import unwrap
from apps.channels.mapping.recognition import OURS, Recognized, recognize
from apps.channels.mapping.results import Quarantined
from apps.channels.models import Channel, InboxMessage
from apps.channels.services.contracts import active_documents, given_reason
from apps.channels.services.reading import parse
from apps.contracts import events
from apps.contracts.enums import Enum, enums_of, mapped_paths
from apps.contracts.errors import DriftMended
from apps.contracts.models import ContractDrift, DriftKind, DriftState, DriftWatch, MessageShape
from apps.contracts.selectors import drift_key, lock_drift, lock_drifts_of, lock_watch
from apps.contracts.shapes import Shape, paths_in
from apps.core import clock
from apps.core.actor import Actor
from apps.core.outbox import record
from apps.core.transactions import service

# So many of the newest messages of a channel are looked at; what lies further back is passed over.
MOST_MESSAGES = 100
MOST_NEW = 50
_WATCHER = Actor("system", "contracts")


def compare_all() -> int:
    """Look at the new messages of each channel, each in its own transaction; how many differences were new."""
    documents = active_documents()
    channels = list(Channel.objects.filter(active=True).order_by("pk"))
    return sum(compare_channel(channel, documents) for channel in channels)


@dataclass(frozen=True, slots=True)
class _Seen:
    """One sight of a difference in one message."""

    kind: DriftKind
    path: str
    word: str
    before: str
    message: int


@dataclass(slots=True)
class _Watched:
    """A contract as the channel's messages are compared with it."""

    document: Document
    enums: list[Enum]
    mapped: frozenset[str]
    shapes: dict[str, Shape] = field(default_factory=dict)
    seen: list[_Seen] = field(default_factory=list)


@transaction.atomic
def compare_channel(channel: Channel, documents: Sequence[Document]) -> int:
    """How many differences were new. Two who compare at once come one after the other."""
    own = [one for one in documents if one.channel_kind == channel.kind]
    if not own:
        return 0
    watch = lock_watch(channel)
    rows = InboxMessage.objects.filter(channel=channel, pk__gt=watch.upto).order_by("-pk")[:MOST_MESSAGES]
    messages = list(reversed(rows))
    tables = channel.typed_settings.tables
    watched = {one.contract: _Watched(one, enums_of(one, tables), mapped_paths(one)) for one in own}
    for message in messages:
        _look_at(channel, message, watched)
    _keep_shapes(channel, watched.values())
    if messages:
        DriftWatch.objects.filter(pk=channel.pk).update(upto=messages[-1].pk)
    return _keep(channel, watched)


def _look_at(channel: Channel, message: InboxMessage, watched: dict[str, _Watched]) -> None:
    try:
        payload = parse(bytes(message.body))
    except ValueError:
        return
    form = adapter_of(channel.kind).messages
    found = recognize(form, message.topic, message.headers, payload, [one.document for one in watched.values()])
    if isinstance(found, Recognized):
        one, order = watched[found.document.contract], found.payload
    elif isinstance(found, Quarantined):
        one, order = _nearest(message, watched), unwrap(form, payload)
    else:
        return
    if not isinstance(order, dict):
        return
    topic = message.topic[:64] if OURS not in message.headers else f"fetched {message.topic[:64]}".strip()
    if topic not in one.shapes:
        row = MessageShape.objects.filter(channel=channel, contract=one.document.contract, topic=topic).first()
        one.shapes[topic] = Shape.from_json(row.paths) if row else Shape()
    shape, pk = one.shapes[topic], message.pk
    known, there = shape.times("."), paths_in(order)
    one.seen += [_Seen(DriftKind.RETYPED, path, now, was, pk) for path, was, now in shape.retyped(there)]
    one.seen += [_Seen(DriftKind.APPEARED, path, "", f"0/{known}", pk) for path in shape.learn(there, pk)]
    for enum in one.enums:
        before = ", ".join(sorted(enum.words))[:500]
        one.seen += [_Seen(DriftKind.UNKNOWN_WORD, enum.name, word, before, pk) for word in set(enum.strangers(order))]


def _nearest(message: InboxMessage, watched: dict[str, _Watched]) -> _Watched:
    """Of a message that no contract knows any more: perhaps just what has vanished is what it was known by."""
    named = (one for one in watched.values() if message.topic in one.document.topics)
    return next(named, next(iter(watched.values())))


def _keep_shapes(channel: Channel, watched: Iterable[_Watched]) -> None:
    for one in watched:
        for topic, shape in one.shapes.items():
            for path, counted, could in shape.vanished(one.mapped):
                one.seen.append(_Seen(DriftKind.VANISHED, path, "", f"{counted.seen}/{could}", counted.since))
            MessageShape.objects.update_or_create(
                channel=channel,
                contract=one.document.contract,
                topic=topic,
                defaults={"paths": shape.to_json()},
            )


def _keep(channel: Channel, watched: dict[str, _Watched]) -> int:
    """Count what is known up, write down what is new, close what fits again."""
    known = {drift_key(row): row for row in lock_drifts_of(channel)}
    new = 0
    for one in watched.values():
        fresh: dict[tuple[str, ...], ContractDrift] = {}
        for seen in one.seen:
            key = (one.document.contract, seen.kind, seen.path[:400], seen.word)
            if row := known.get(key) or fresh.get(key):
                _count(row, seen)
            elif len(fresh) < MOST_NEW:
                fresh[key] = _made(channel, one.document, seen)
        reopened = [row for row in known.values() if row.contract == one.document.contract and _reopens(row, one)]
        ContractDrift.objects.bulk_create(fresh.values())
        if fresh or reopened:
            record(events.drifted_fact(channel, [*fresh.values(), *reopened]), actor=_WATCHER)
        new += len(fresh)
    for row in known.values():
        if row.contract in watched:
            _close_if_mended(row, watched[row.contract])
    ContractDrift.objects.bulk_update(known.values(), _CHANGING)
    return new


_CHANGING = ["count", "last_seen", "before", "state", "reason", "settled_by", "settled_at"]


def _made(channel: Channel, document: Document, seen: _Seen) -> ContractDrift:
    return ContractDrift(
        channel=channel,
        contract=document.contract,
        number=document.version,
        kind=seen.kind,
        path=seen.path[:400],
        word=seen.word,
        before=seen.before,
        first_message_id=seen.message,
    )


def _count(row: ContractDrift, seen: _Seen) -> None:
    # A field that has vanished is seen to be gone at each look, not in each message.
    row.count, row.last_seen = row.count + 1, clock.now()


def _reopens(row: ContractDrift, one: _Watched) -> bool:
    """Whether what was mended is seen again."""
    seen = {(sight.kind, sight.path[:400], sight.word) for sight in one.seen}
    if row.state != DriftState.MENDED or (row.kind, row.path, row.word) not in seen:
        return False
    row.reopen()
    return True


def _close_if_mended(row: ContractDrift, one: _Watched) -> None:
    if row.state == DriftState.OPEN and _fits(row, one):
        row.settle(DriftState.MENDED, by=str(_WATCHER))


def _fits(row: ContractDrift, one: _Watched) -> bool:
    """Whether the contract knows it by now, or the messages have it again."""
    if row.kind == DriftKind.UNKNOWN_WORD:
        enum = [enum for enum in one.enums if enum.name == row.path]
        return not enum or any(row.word.casefold() in one_enum.words for one_enum in enum)
    if row.kind == DriftKind.APPEARED:
        return row.path in one.mapped
    counted = [shape.paths[row.path] for shape in one.shapes.values() if row.path in shape.paths]
    return bool(counted) and all(one_count.missing == 0 and one_count.odd == 0 for one_count in counted)


@service
def accept_drift(drift_ref: str, *, reason: str, actor: Actor) -> ContractDrift:
    """Take the difference as it is: it is counted on and asked about no more. Raises ReasonMissing, DriftNotFound, DriftMended."""
    why, row = given_reason(reason), lock_drift(drift_ref)
    if row.state == DriftState.ACCEPTED:
        return row
    if row.state == DriftState.MENDED:
        raise DriftMended()
    row.settle(DriftState.ACCEPTED, by=str(actor), reason=why)
    row.save(update_fields=["state", "reason", "settled_by", "settled_at"])
    record(events.drift_accepted_fact(row), actor=actor)
    return row
