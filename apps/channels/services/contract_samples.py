"""One message as a mapping that is being worked on reads it, row by row."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from apps.channels.framework.registry import adapter_of
from apps.channels.mapping.documents import Document, DocumentInvalid, load_document
from apps.channels.mapping.envelopes import unwrap
from apps.channels.mapping.paths import parse_path
from apps.channels.mapping.recognition import fits, lacking, unexpected
from apps.channels.mapping.results import Finding, Mapped, Quarantined, Rejected
from apps.channels.mapping.tracing import RuleTrace, Trace, trace
from apps.channels.models import ContractVersion, InboxMessage
from apps.channels.selectors import contracts_of
from apps.channels.services.contract_trials import HIDDEN, PERSONAL
from apps.channels.services.contracts import active_documents
from apps.channels.services.known_refunds import with_known_refunds
from apps.channels.services.reading import Reader, Reading, read_body
from apps.channels.services.till_receipts import FORMS, STORE
from apps.core.text import Text

LONGEST = 80
MOST_PATHS, DEEPEST = 400, 6
TILLS = "pos"
_LINE = re.compile(r"\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class RowSample:
    """What one row reads: ``read`` per path in the row's order, empty where nothing is there; ``value``: what it becomes."""

    read: tuple[str, ...] = ()
    value: str = ""
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sample:
    """``order`` and ``lines`` by target. ``verdict``: what would become of the message; ``findings``: what no row is to blame for.
    ``paths``: those that the message has, for the order and for one line, to choose from. ``lacks``, ``has``: where it differs from
    the shape the mapping reads; ``read_by``: the other contract that reads it."""

    order: Mapping[str, RowSample] = field(default_factory=dict)
    lines: Mapping[str, RowSample] = field(default_factory=dict)
    line: int | None = None
    verdict: str = ""
    findings: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    line_paths: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    has: tuple[str, ...] = ()
    read_by: str = ""


def read_sample(raw: Mapping[str, Any], message: InboxMessage) -> Sample:
    """The message by the mapping as it stands, read as it would be were that the active one; where the mapping has mistakes, what
    its paths find. Values of addresses and contacts are left out, as everywhere but on the message's own page."""
    payload = _payload(message)
    if payload is None:
        return Sample(verdict="quarantined")
    number = _failing_line(message)
    block = raw.get("lines")
    lines: Mapping[str, Any] = block if isinstance(block, Mapping) else {}
    record = _line(payload, lines.get("source"), number)
    try:
        document = load_document({**raw, "version": 1})
    except DocumentInvalid:
        return Sample(
            _rows(raw.get("fields"), payload, payload, {}), _rows(lines.get("fields"), record, payload, {}),
            number if record else None, paths=_paths_of(payload), line_paths=_paths_of(record),
        )  # fmt: skip
    reader = Reader(message.channel, _with(document))
    found: Trace = trace(document, payload, reader.context, line=number)
    outcome = reader.read(message)
    return Sample(
        _rows(raw["fields"], payload, payload, found.order),
        _rows(lines["fields"], record, payload, found.lines),
        found.line,
        _said(outcome),
        _unplaced(outcome, found),
        _paths_of(payload),
        _paths_of(record),
        tuple(lacking(document, payload)),
        tuple(unexpected(document, payload)),
        outcome.contract if isinstance(outcome, Mapped) and outcome.contract != document.contract else "",
    )


def _with(fresh: Document) -> list[Document]:
    """The active contracts, with this one in the place of its own."""
    return [fresh if one.contract == fresh.contract else one for one in active_documents()]


def lacks_place(message: InboxMessage) -> bool:
    """Whether a till sold at a location we don't have, which no mapping is to blame for."""
    return message.channel.kind == TILLS and any(one.get("path") == STORE for one in message.problems)


def is_mapping_at_fault(message: InboxMessage) -> bool:
    """Whether another mapping could help: not where tills write in our own form, which none reads, nor where a place is missing."""
    return message.topic not in FORMS and not lacks_place(message)


def contract_of(message: InboxMessage) -> ContractVersion | None:
    """The active contract that reads such messages: the one it fits, else the one of whose shape it lacks the least, among equals
    the first that names its topic."""
    payload = _payload(message)
    return min(contracts_of(message.channel), key=lambda row: _distance(row, message, payload), default=None)


def _distance(row: ContractVersion, message: InboxMessage, payload: Any) -> tuple[bool, bool, int, bool]:
    """The less, the likelier it is the contract that reads the message."""
    without_topic = message.topic not in row.document.get("topics", ())
    try:
        document = load_document(row.document)
    except DocumentInvalid:
        return True, True, 0, without_topic
    if payload is None:
        return row.contract != message.topic, True, 0, without_topic
    return row.contract != message.topic, not fits(document, payload), len(lacking(document, payload)), without_topic


def _payload(message: InboxMessage) -> Any:
    try:
        body = read_body(bytes(message.body)).payload
    except ValueError:
        return None
    payload, _bare = with_known_refunds(message.channel, unwrap(adapter_of(message.channel.kind).messages, body))
    return payload if isinstance(payload, dict) else None


def _failing_line(message: InboxMessage) -> int:
    """The line that could not be read; the first where it is none."""
    for problem in message.problems:
        if number := _LINE.search(str(problem.get("path", ""))):
            return int(number[1])
    return 0


def _line(payload: Any, source: Any, number: int) -> Any:
    try:
        records = parse_path(source).read(payload)
    except ValueError:
        return None
    if not isinstance(records, list) or not records:
        return None
    return records[number if number < len(records) else 0]


def _rows(rules: Any, record: Any, payload: Any, found: Mapping[str, RuleTrace]) -> dict[str, RowSample]:
    rows: dict[str, RowSample] = {}
    for rule in rules if isinstance(rules, list) else ():
        if not isinstance(rule, Mapping):
            continue
        target, one = str(rule.get("target", "")), found.get(str(rule.get("target", "")), RuleTrace(None, ()))
        read = tuple(_shown(target, _look(path, record, payload)) for path in sources_of(rule))
        rows[target] = RowSample(read, _shown(target, one.value), one.problems)
    return rows


def sources_of(rule: Mapping[str, Any]) -> list[str]:
    """The paths of a row as they are written."""
    source = rule.get("source")
    return [str(one) for one in source] if isinstance(source, list) else [str(source)] if source else []


def _look(text: str, record: Any, payload: Any) -> Any:
    try:
        path = parse_path(text)
    except ValueError:
        return None
    return None if path.base not in ("", "$") else path.read(payload if path.base == "$" else record)


def _shown(target: str, value: Any) -> str:
    if value is None:
        return ""
    if target.startswith(PERSONAL):
        return HIDDEN
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _said(outcome: Reading) -> str:
    if isinstance(outcome, Mapped):
        return "held" if outcome.holds else "accepted"
    return (
        "quarantined"
        if isinstance(outcome, Quarantined)
        else "rejected"
        if isinstance(outcome, Rejected)
        else "ignored"
    )


def _unplaced(outcome: Reading, found: Trace) -> tuple[str, ...]:
    if isinstance(outcome, Mapped):
        return ()
    findings: Sequence[Finding] = outcome.findings if isinstance(outcome, (Quarantined, Rejected)) else ()
    if not findings:
        return (outcome.reason,)
    placed = {problem for one in (*found.order.values(), *found.lines.values()) for problem in one.problems}
    return tuple(Text.joined(": ", (one.path, one.problem)) for one in findings if one.problem not in placed)


def _paths_of(record: Any) -> tuple[str, ...]:
    """The paths of single values, and of lists, that a record has: names only."""
    found: dict[str, None] = {}
    _walk(record, "", found, 0)
    return tuple(found)


def _walk(value: Any, path: str, found: dict[str, None], depth: int) -> None:
    if len(found) >= MOST_PATHS or depth > DEEPEST:
        return
    if isinstance(value, dict):
        for key, inner in value.items():
            _walk(inner, f"{path}.{key}" if path else str(key), found, depth + 1)
    elif isinstance(value, list):
        found[path] = None
        if value and isinstance(value[0], (dict, list)):
            _walk(value[0], f"{path}[]", found, depth + 1)
    elif path:
        found[path] = None
