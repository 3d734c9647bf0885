"""Apply a document to a message. Never raises, whatever the message is; the same message gives the same answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from pydantic import ValidationError

from apps.channels.mapping.conditions import is_moment, is_word_of, is_yes_or_no
from apps.channels.mapping.documents import Consequence, Document, Rule
from apps.channels.mapping.explain import findings_of
from apps.channels.mapping.lint import GUARDS, LINE_GUARDS
from apps.channels.mapping.results import (
    FieldWarning,
    Finding,
    HoldRequest,
    Ignored,
    Mapped,
    Notice,
    NoticeKind,
    Outcome,
    Quarantined,
    Rejected,
)
from apps.channels.mapping.schema import HOLD
from apps.channels.mapping.scope import UNREADABLE, Blocked, CannotConvert, MappingContext, Scope, is_empty, kind_of
from apps.channels.mapping.targets import line_targets, order_targets
from apps.core.text import Text, within
from apps.orders.canonical import MAX_DOUBTS, MAX_LINES, CanonicalOrder, Doubt, DoubtReason, OrderStatus

_MISSING = Text("is missing")
_SUPPLY = Text("Have the source send it, or give the contract a default; then replay the message.")


class MessageReading:
    """One message being read: what was found wrong, doubted or asked for on the way."""

    __slots__ = ("document", "findings", "holds", "line_numbers", "rejections", "scope", "warnings", "where", "zeros")

    def __init__(self, document: Document, payload: Any, context: MappingContext) -> None:
        self.document = document
        self.scope = Scope(payload, context, document.tables, document.globs)
        self.findings: list[Finding] = []
        self.rejections: list[Finding] = []
        self.warnings: list[FieldWarning] = []
        self.holds: list[HoldRequest] = []
        self.line_numbers: list[int] = []
        self.zeros: list[str] = []
        self.where = ""


def apply(document: Document, payload: Any, context: MappingContext) -> Outcome:
    """Read one message by one document.

    ``Mapped`` with the validated order, warnings and holds; ``Quarantined`` with findings a person can act on;
    ``Rejected`` or ``Ignored`` where a rule of the document says so.
    """
    if not isinstance(payload, dict):
        finding = Finding(
            "", Text("the message is not a JSON object"), Text("Check which endpoint sent it; nothing can be read.")
        )
        return Quarantined((finding,), document.contract, document.version)
    reading = MessageReading(document, payload, context)
    choose_records(reading)
    closed = _pass_gates(reading)
    if closed is not None:
        return closed
    _look_at_guards(reading)
    data = _read_order(reading)
    reading.scope.as_placed = data.get("status") == OrderStatus.CANCELLED
    lines = _read_lines(reading)
    if not lines and not reading.findings:
        closed = _none_left(reading, data)
        if closed is not None:
            return closed
    else:
        data["lines"] = lines
    return _conclude(reading, data)


def choose_records(reading: MessageReading) -> None:
    scope = reading.scope
    for choice in reading.document.records:
        for candidate in choice.candidates:
            record = scope.look(candidate)
            if any(not is_empty(path.read(record)) for path in choice.has_any):
                scope.records[choice.name] = record
                break


def _pass_gates(reading: MessageReading) -> Outcome | None:
    """The outcome of the first gate that closes; ``None`` when the message may pass."""
    contract, version = reading.document.contract, reading.document.version
    for gate in reading.document.gates:
        if not all(condition.holds(reading.scope) for condition in gate.when):
            continue
        path = gate.when[0].path.text
        if gate.then == "ignore":
            return Ignored(Text.literal(gate.reason), contract, version)
        if gate.then == "reject":
            return Rejected(Text.literal(gate.reason), (), contract, version)
        if gate.then == "quarantine":
            finding = Finding(
                path,
                Text.literal(gate.reason),
                Text("Decide by hand; replay it once the source or the contract is changed."),
            )
            return Quarantined((finding,), contract, version)
        if gate.then.startswith(HOLD):
            reading.holds.append(HoldRequest(gate.then.removeprefix(HOLD), path, Text.literal(gate.reason)))
        else:
            reading.warnings.append(FieldWarning(path, "", Text.literal(gate.reason)))
    return None


def _look_at_guards(reading: MessageReading) -> None:
    for guard, words in reading.document.guards:
        value = reading.scope.look(guard.path)
        if is_empty(value) or _GUARDED[guard.reads](value, words):
            continue
        note = Text(
            "{field} is {kind} that is not {expected}",
            field=guard.path.text,
            kind=kind_of(value),
            expected=_EXPECTED[guard.reads],
        )
        reading.holds.append(HoldRequest(guard.then.removeprefix(HOLD), guard.path.text, note, UNREADABLE))


_GUARDED: dict[str, Callable[[Any, frozenset[str]], bool]] = {
    "moment": lambda value, _: is_moment(value),
    "yes_no": lambda value, _: is_yes_or_no(value),
    "word": is_word_of,
}
_EXPECTED = {"moment": Text("a date and time"), "yes_no": Text("a yes or no"), "word": Text("a word we know")}


def _none_left(reading: MessageReading, data: dict[str, Any]) -> Outcome | None:
    """What becomes of an order of which the source leaves no line; None: it is read as it was placed."""
    block, contract, version = reading.document.lines, reading.document.contract, reading.document.version
    reason = Text.literal(block.none_left_reason)
    if block.when_none_left == "ignore":
        return Ignored(reason, contract, version)
    if block.when_none_left == "quarantine":
        path, problem = (reading.zeros[0], Text("is 0")) if reading.zeros else (block.source.text, reason)
        reading.findings.append(Finding(path, problem, Text("Settle the order by hand.")))
        return None
    if data.get("status", OrderStatus.OPEN) == OrderStatus.OPEN:
        data["status"], data["cancel_reason"] = OrderStatus.CANCELLED, reason[:255]
    reading.scope.as_placed = True
    data["lines"] = _read_lines(reading)
    external_id = data.get("external_id")
    if data["lines"] or reading.findings or not isinstance(external_id, str):
        return None
    return Notice(NoticeKind.EMPTIED, external_id, reason)


def _read_order(reading: MessageReading) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for rule in reading.document.rules:
        value = read_field(reading, rule)
        if value is None:
            continue
        reading.scope.mapped[rule.target] = value
        if rule.target == "currency" and isinstance(value, str):
            reading.scope.currency = value
        _place(data, rule.keys, value)
    return data


def _read_lines(reading: MessageReading) -> list[dict[str, Any]]:
    block, scope = reading.document.lines, reading.scope
    records = scope.look(block.read)
    if not isinstance(records, list) or not records:
        reading.findings.append(Finding(block.source.text, Text("there are no lines"), _SUPPLY))
        return []
    lines: list[dict[str, Any]] = []
    # One line more than allowed is enough to be refused by; a million would only cost time.
    for index, record in enumerate(records[: MAX_LINES + 1]):
        scope.record, scope.position = record, index + 1
        reading.where = f"{block.read.text[:-2]}[{index}]."
        line = None if _skipped(reading, index) else _read_line(reading)
        if line is not None:
            reading.line_numbers.append(index)
            lines.append(line)
    scope.record, scope.line, reading.where = scope.root, {}, ""
    return lines


def _skipped(reading: MessageReading, index: int) -> bool:
    for skip in reading.document.lines.skip:
        if all(condition.holds(reading.scope) for condition in skip.when):
            path = f"{reading.document.lines.read.text[:-2]}[{index}]"
            reading.warnings.append(
                FieldWarning(path, "", Text("left out: {reason}", reason=Text.literal(skip.reason)))
            )
            return True
    return False


def _read_line(reading: MessageReading) -> dict[str, Any] | None:
    """One line; None where its quantity is nothing."""
    line: dict[str, Any] = {}
    reading.scope.line = line
    for rule in reading.document.lines.rules:
        value = read_field(reading, rule)
        if value is None:
            continue
        if value == 0 and rule.target == "quantity":
            reading.zeros.append(reading.where + rule.path)
            reading.warnings.append(FieldWarning(reading.where.rstrip("."), "", Text("left out: its quantity is 0")))
            return None
        line[rule.target] = value
    _clamp(reading, line)
    return line


def _clamp(reading: MessageReading, line: dict[str, Any]) -> None:
    """Not more units handled elsewhere than there are; who says more is doubted."""
    elsewhere, quantity = line.get("handled_elsewhere"), line.get("quantity")
    if isinstance(elsewhere, int) and isinstance(quantity, int) and not 0 <= elsewhere <= quantity:
        line["handled_elsewhere"] = min(max(elsewhere, 0), max(quantity, 0))
        note = Text(
            "{line}: {elsewhere} of {quantity} units are said to be handled elsewhere",
            line=reading.where.rstrip("."),
            elsewhere=elsewhere,
            quantity=quantity,
        )
        reading.holds.append(
            HoldRequest(DoubtReason.QUANTITY_UNUSUAL, reading.where.rstrip("."), note, "units_disagree")
        )


def read_field(reading: MessageReading, rule: Rule) -> Any:
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
        problem = Text("could not be read ({fault})", fault=type(surprise).__name__)
        value = _settle_invalid(reading, rule, problem, "Look at the value and at the rule's steps.")
    else:
        if not value and is_empty(value):
            if rule.when_missing.kind == "omit" and not scope.notes:
                return None
            value = _settle(reading, rule, rule.when_missing, _MISSING, _SUPPLY)
    if scope.asked:
        path = reading.where + rule.path
        reading.holds.extend(HoldRequest(reason, path, note, code) for reason, code, note in scope.asked)
        scope.asked.clear()
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


def _settle_invalid(reading: MessageReading, rule: Rule, problem: str, what_to_do: str) -> Any:
    if rule.when_invalid.kind in ("default", "omit"):
        at_default = rule.when_invalid.kind == "default"
        left_out = Text("{problem}; left out", problem=problem)
        said = Text("{problem}; left at its default", problem=problem) if at_default else left_out
        reading.warnings.append(FieldWarning(reading.where + rule.path, rule.target, said))
    return _settle(reading, rule, rule.when_invalid, problem, what_to_do)


def _settle(reading: MessageReading, rule: Rule, then: Consequence, problem: str, what_to_do: str) -> Any:
    """Do what the rule says about a missing or unreadable value; the value to go on with."""
    path = reading.where + rule.path if rule.path else reading.where + rule.target
    if then.kind == "quarantine":
        reading.findings.append(Finding(path, problem, what_to_do))
        return None
    if then.kind == "reject":
        reading.rejections.append(Finding(path, problem, what_to_do))
        return None
    if then.kind == "hold":
        reading.holds.append(HoldRequest(then.reason, path, _naming(reading, rule, problem), UNREADABLE))
        return rule.default
    return rule.default if then.kind == "default" else None


def _naming(reading: MessageReading, rule: Rule, problem: str) -> Text:
    """The problem with which value it is and of what kind before it, never what it says."""
    for source in rule.sources:
        value = reading.scope.look(source)
        if not is_empty(value):
            kind = Text.joined("", ("(", kind_of(value), ")"))
            return Text.joined(" ", (f"{reading.where}{source.text}", kind, problem))
    if rule.sources:
        return Text.joined(" ", (f"{reading.where}{rule.path}", problem))
    # What is made of several values names the one that is wrong.
    return Text.joined("", (reading.where, problem))


def _place(data: dict[str, Any], keys: tuple[str, ...], value: Any) -> None:
    for key in keys[:-1]:
        data = data.setdefault(key, {})
    data[keys[-1]] = value


def _conclude(reading: MessageReading, data: dict[str, Any]) -> Outcome:
    contract, version = reading.document.contract, reading.document.version
    if reading.rejections:
        first = reading.rejections[0]
        return Rejected(Text.joined(": ", (first.path, first.problem)), tuple(reading.rejections), contract, version)
    order = _validated(reading, data)
    if reading.findings or order is None:
        return Quarantined(tuple(reading.findings), contract, version)
    doubts = _doubts(reading.holds)
    if doubts:
        order = order.model_copy(update={"doubts": doubts})
    unsaid = _unsaid(reading.document, reading.scope.root)
    return Mapped(order, tuple(reading.warnings), tuple(reading.holds), contract, version, unsaid)


def _unsaid(document: Document, payload: Any) -> tuple[HoldRequest, ...]:
    gates = [gate for gate in document.gates if gate.stated_at is not None and gate.stated_at.read(payload) is None]
    return tuple(HoldRequest(gate.then.removeprefix(HOLD), gate.when[0].path.text, gate.reason) for gate in gates)


def _validated(reading: MessageReading, data: dict[str, Any]) -> CanonicalOrder | None:
    """The order; without what it can do without, if only that does not fit. None: why not, is in the findings."""
    try:
        return CanonicalOrder.model_validate(data)
    except ValidationError as error:
        first = error
    if all(_left_out(reading, data, place) for place in {item["loc"] for item in first.errors(include_input=False)}):
        try:
            return CanonicalOrder.model_validate(data)
        except ValidationError as error:
            first = error
    # What a rule has said about a path already is said better than the model can.
    known = {finding.path for finding in reading.findings}
    if reading.findings and not data.get("lines"):
        known.add(reading.document.lines.source.text)
    found = findings_of(first, reading.document, reading.line_numbers)
    reading.findings.extend(finding for finding in found if finding.path not in known)
    return None


def _left_out(reading: MessageReading, data: dict[str, Any], place: tuple[int | str, ...]) -> bool:
    """Take one optional value that does not fit out of the order, aloud: one of them never stops a sale."""
    on_line = len(place) > 2 and place[0] == "lines"
    number = place[1] if on_line else 0
    targets, names = (line_targets(), place[2:]) if on_line else (order_targets(), place)
    holder: Any = data["lines"][number] if on_line else data
    name = next((n for n in (".".join(map(str, names[:k])) for k in range(len(names), 0, -1)) if n in targets), "")
    if not name or targets[name].required or name in (LINE_GUARDS if on_line else GUARDS):
        return False
    *outer, last = name.split(".")
    for key in outer:
        holder = holder.get(key, {})
    if holder.pop(last, None) is not None:
        where = f"lines[{number}]" if on_line else name
        reading.warnings.append(FieldWarning(where, name, Text("{field} does not fit and was left out", field=name)))
        if name.startswith("shipping_address."):
            reading.holds.append(
                HoldRequest("address_invalid", name, Text("{field} does not fit", field=name), UNREADABLE)
            )
    return True


def _doubts(holds: Sequence[HoldRequest]) -> list[Doubt]:
    """What validation holds the order for, as often as it is checked; other holds are placed by the channel."""
    known = set(DoubtReason)
    asked = {(hold.reason, hold.note): hold for hold in holds if hold.reason in known}
    return [
        Doubt(
            reason=DoubtReason(hold.reason),
            code=hold.code,
            sentence=Text("In the message, {problem}.", problem=within(hold.note, 230)),
        )
        for hold in list(asked.values())[:MAX_DOUBTS]
    ]
