"""A mapping document as a table for people: one row per target, in words."""

from __future__ import annotations

import json
from dataclasses import dataclass

from apps.channels.mapping.schema import FieldRule, MappingDocument, StepSpec


@dataclass(frozen=True, slots=True)
class TableRow:
    """``block`` is order or line; the rest is text to be shown."""

    block: str
    target: str
    source: str
    steps: str
    checks: str
    default: str
    when_missing: str
    when_invalid: str
    note: str


def as_table(document: MappingDocument) -> list[TableRow]:
    """The rows of a document in its own order, the order's first."""
    order = [_row("order", rule) for rule in document.fields]
    return order + [_row("line", rule) for rule in document.lines.fields]


def _row(block: str, rule: FieldRule) -> TableRow:
    return TableRow(
        block=block,
        target=rule.target,
        source=", ".join(path.text for path in rule.sources),
        steps=" → ".join(_step(step) for step in rule.transforms),
        checks=", ".join(_step(step) for step in rule.checks),
        default="" if rule.default is None else json.dumps(rule.default, ensure_ascii=False),
        when_missing=rule.when_missing,
        when_invalid=rule.when_invalid,
        note=rule.note,
    )


def _step(step: StepSpec) -> str:
    if not step.args:
        return step.name
    return f"{step.name}({json.dumps(step.args, ensure_ascii=False)})"
