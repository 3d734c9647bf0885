"""Apply a document to a message. Never raises, whatever the message is; the same message gives the same answer."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from apps.channels.mapping.documents import Consequence, Document, Rule
from apps.channels.mapping.explain import findings_of
from apps.channels.mapping.results import (
    FieldWarning,
    Finding,
    HoldRequest,
    Ignored,
    Mapped,
    Outcome,
    Quarantined,
    Rejected,
)
from apps.channels.mapping.schema import HOLD
from apps.channels.mapping.scope import Blocked, CannotConvert, MappingContext, Scope, is_empty
from apps.orders.canonical import MAX_LINES, CanonicalOrder

_SUPPLY = "Have the source send it, or give the contract a default; then replay the message."


class _Reading:
    """One message being read: what was found wrong, doubted or asked for on the way."""

    __slots__ = ("document", "findings", "holds", "line_numbers", "rejections", "scope", "warnings", "where")

    def __init__(self, document: Document, payload: Any, context: MappingContext) -> None:
        self.document = document
        self.scope = Scope(payload, context, document.tables, document.globs)
        self.findings: list[Finding] = []
        self.rejections: list[Finding] = []
        self.warnings: list[FieldWarning] = []
        self.holds: list[HoldRequest] = []
        self.line_numbers: list[int] = []
        self.where = ""


def apply(document: Document, payload: Any, context: MappingContext) -> Outcome:
    """Read one message by one document.

    ``Mapped`` with the validated order, warnings and holds; ``Quarantined`` with findings a person can act on;
    ``Rejected`` or ``Ignored`` where a rule of the document says so.
    """
    if not isinstance(payload, dict):
        finding = Finding("", "the message is not a JSON object", "Check which endpoint sent it; nothing can be read.")
        return Quarantined((finding,), document.contract, document.version)
    reading = _Reading(document, payload, context)
    _choose_records(reading)
    closed = _pass_gates(reading)
    if closed is not None:
        return closed
    data = _read_order(reading)
    lines = _read_lines(reading)
    if isinstance(lines, Ignored):
        return lines
    data["lines"] = lines
    return _conclude(reading, data)


def _choose_records(reading: _Reading) -> None:
    scope = reading.scope
    for choice in reading.document.records:
        for candidate in choice.candidates:
            record = scope.look(candidate)
            if any(not is_empty(path.read(record)) for path in choice.has_any):
                scope.records[choice.name] = record
                break


def _pass_gates(reading: _Reading) -> Outcome | None:
    """The outcome of the first gate that closes; ``None`` when the message may pass."""
    contract, version = reading.document.contract, reading.document.version
    for gate in reading.document.gates:
        if not all(condition.holds(reading.scope) for condition in gate.when):
            continue
        path = gate.when[0].path.text
        if gate.then == "ignore":
            return Ignored(gate.reason, contract, version)
        if gate.then == "reject":
            return Rejected(gate.reason, (), contract, version)
        if gate.then == "quarantine":
            finding = Finding(
                path, gate.reason, "Decide by hand; replay it once the source or the contract is changed."
            )
            return Quarantined((finding,), contract, version)
        if gate.then.startswith(HOLD):
            reading.holds.append(HoldRequest(gate.then.removeprefix(HOLD), path, gate.reason))
        else:
            reading.warnings.append(FieldWarning(path, "", gate.reason))
    return None


def _read_order(reading: _Reading) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for rule in reading.document.rules:
        value = _read_field(reading, rule)
        if value is None:
            continue
        reading.scope.mapped[rule.target] = value
        if rule.target == "currency" and isinstance(value, str):
            reading.scope.currency = value
        _place(data, rule.keys, value)
    return data


def _read_lines(reading: _Reading) -> list[dict[str, Any]] | Ignored:
    block, scope = reading.document.lines, reading.scope
    records = scope.look(block.read)
    if not isinstance(records, list) or not records:
        reading.findings.append(Finding(block.source.text, "there are no lines", _SUPPLY))
        return []
    lines: list[dict[str, Any]] = []
    # One line more than allowed is enough to be refused by; a million would only cost time.
    for index, record in enumerate(records[: MAX_LINES + 1]):
        scope.record, scope.position = record, index + 1
        reading.where = f"{block.read.text[:-2]}[{index}]."
        if not _skipped(reading, index):
            reading.line_numbers.append(index)
            lines.append(_read_line(reading))
    scope.record, reading.where = scope.root, ""
    if not lines and block.ignore_when_none_left:
        return Ignored(block.none_left_reason, reading.document.contract, reading.document.version)
    if not lines:
        reading.findings.append(Finding(block.source.text, block.none_left_reason, "Settle the order by hand."))
    return lines


def _skipped(reading: _Reading, index: int) -> bool:
    for skip in reading.document.lines.skip:
        if all(condition.holds(reading.scope) for condition in skip.when):
            path = f"{reading.document.lines.read.text[:-2]}[{index}]"
            reading.warnings.append(FieldWarning(path, "", f"left out: {skip.reason}"))
            return True
    return False


def _read_line(reading: _Reading) -> dict[str, Any]:
    line: dict[str, Any] = {}
    for rule in reading.document.lines.rules:
        value = _read_field(reading, rule)
        if value is not None:
            line[rule.target] = value
    return line


def _read_field(reading: _Reading, rule: Rule) -> Any:
    """The value for a target, ``None`` for none; whatever is wrong with it is noted on the reading."""
    scope = reading.scope
    scope.limit = rule.limit
    try:
        value = _value_of(rule, scope)
    except Blocked:
        value = None
    except CannotConvert as refusal:
        value = _settle_invalid(reading, rule, refusal.problem, refusal.what_to_do)
    except Exception as surprise:
        # Steps can be chained in ways nobody tried. A surprise in one field is a finding on it, never a crash of
        # the intake; only the kind of error is named, its text may quote the message.
        problem = f"could not be read ({type(surprise).__name__})"
        value = _settle_invalid(reading, rule, problem, "Look at the value and at the rule's steps.")
    else:
        if not value and is_empty(value):
            if rule.when_missing.kind == "omit" and not scope.notes:
                return None
            value = _settle(reading, rule, rule.when_missing, "is missing", _SUPPLY)
    if scope.notes:
        path = reading.where + rule.path
        reading.warnings.extend(FieldWarning(path, rule.target, note) for note in scope.notes)
        scope.notes.clear()
    return value


def _value_of(rule: Rule, scope: Scope) -> Any:
    source = rule.source
    if source is not None:
        value = scope.look(source) if source.base else source.read(scope.record)
        if is_empty(value) and not rule.makes:
            return None
    else:
        value = [scope.look(path) for path in rule.sources] or None
    for step in rule.steps:
        # Something true is not empty; asking that first spares most of the calls.
        if value or step.accepts_empty or not is_empty(value):
            value = step.run(value, scope)
    if rule.checks and not is_empty(value):
        for check in rule.checks:
            check(value, scope)
    return value


def _settle_invalid(reading: _Reading, rule: Rule, problem: str, what_to_do: str) -> Any:
    if rule.when_invalid.kind in ("default", "omit"):
        left = "at its default" if rule.when_invalid.kind == "default" else "out"
        reading.warnings.append(FieldWarning(reading.where + rule.path, rule.target, f"{problem}; left {left}"))
    return _settle(reading, rule, rule.when_invalid, problem, what_to_do)


def _settle(reading: _Reading, rule: Rule, then: Consequence, problem: str, what_to_do: str) -> Any:
    """Do what the rule says about a missing or unreadable value; the value to go on with."""
    path = reading.where + rule.path if rule.path else reading.where + rule.target
    if then.kind == "quarantine":
        reading.findings.append(Finding(path, problem, what_to_do))
        return None
    if then.kind == "reject":
        reading.rejections.append(Finding(path, problem, what_to_do))
        return None
    if then.kind == "hold":
        reading.holds.append(HoldRequest(then.reason, path, f"{rule.target} {problem}"))
        return rule.default
    return rule.default if then.kind == "default" else None


def _place(data: dict[str, Any], keys: tuple[str, ...], value: Any) -> None:
    for key in keys[:-1]:
        data = data.setdefault(key, {})
    data[keys[-1]] = value


def _conclude(reading: _Reading, data: dict[str, Any]) -> Outcome:
    contract, version = reading.document.contract, reading.document.version
    if reading.rejections:
        first = reading.rejections[0]
        return Rejected(f"{first.path}: {first.problem}", tuple(reading.rejections), contract, version)
    order: CanonicalOrder | None = None
    try:
        order = CanonicalOrder.model_validate(data)
    except ValidationError as error:
        # What a rule has said about a path already is said better than the model can.
        known = {finding.path for finding in reading.findings}
        found = findings_of(error, reading.document, reading.line_numbers)
        reading.findings.extend(finding for finding in found if finding.path not in known)
    if reading.findings or order is None:
        return Quarantined(tuple(reading.findings), contract, version)
    return Mapped(order, tuple(reading.warnings), tuple(reading.holds), contract, version)
