"""What each rule of a document makes of one message: the value it reads, what becomes of it, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from apps.channels.mapping.documents import Document, Rule
from apps.channels.mapping.engine import MessageReading, choose_records, read_field
from apps.channels.mapping.scope import MappingContext


@dataclass(frozen=True, slots=True)
class RuleTrace:
    """``problems`` stop or hold the order; ``value`` None: nothing was read."""

    value: Any
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trace:
    """By target. ``line``: the number of the line that was read, from 0; None: there is none."""

    order: dict[str, RuleTrace]
    lines: dict[str, RuleTrace]
    line: int | None


def trace(document: Document, payload: Any, context: MappingContext, *, line: int = 0) -> Trace:
    """Read one message rule by rule. Never raises, as ``apply`` never does."""
    reading = MessageReading(document, payload, context)
    choose_records(reading)
    order = {rule.target: _order_rule(reading, rule) for rule in document.rules}
    records = reading.scope.look(document.lines.read)
    if not isinstance(records, list) or not records:
        return Trace(order, {}, None)
    number = line if line < len(records) else 0
    scope = reading.scope
    scope.record, scope.position, scope.line = records[number], number + 1, {}
    return Trace(order, {rule.target: _line_rule(reading, rule) for rule in document.lines.rules}, number)


def _order_rule(reading: MessageReading, rule: Rule) -> RuleTrace:
    found = _traced(reading, rule)
    if found.value is not None:
        reading.scope.mapped[rule.target] = found.value
        if rule.target == "currency" and isinstance(found.value, str):
            reading.scope.currency = found.value
    return found


def _line_rule(reading: MessageReading, rule: Rule) -> RuleTrace:
    found = _traced(reading, rule)
    if found.value is not None:
        reading.scope.line[rule.target] = found.value
    return found


def _traced(reading: MessageReading, rule: Rule) -> RuleTrace:
    lists: Sequence[list[Any]] = (reading.findings, reading.rejections, reading.holds)
    before = [len(one) for one in lists]
    value = read_field(reading, rule)
    findings, rejections, holds = (one[start:] for one, start in zip(lists, before, strict=True))
    problems = [one.problem for one in (*findings, *rejections)] + [str(one.note) for one in holds]
    return RuleTrace(value, tuple(problems))
