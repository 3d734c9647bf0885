"""A contract's mapping in words: what is read, what is done with it, what happens when it is missing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from apps.channels.mapping.documents import DocumentInvalid, load_document
from apps.channels.mapping.schema import FieldRule, StepSpec
from apps.channels.models import ContractVersion

_TESTS = {
    "present": "is there",
    "missing": "is missing",
    "equals": "is",
    "one_of": "is one of",
    "not_one_of": "is none of",
    "matches": "matches",
    "is_true": "is true",
    "is_false": "is false",
    "is_zero": "is zero",
    "is_negative": "is negative",
}


@dataclass(frozen=True, slots=True)
class StepWords:
    """One transform: its name, and its arguments as short lines."""

    name: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FieldWords:
    target: str
    source: str
    steps: tuple[StepWords, ...]
    checks: tuple[StepWords, ...]
    default: str
    when_missing: str
    when_invalid: str
    note: str


@dataclass(frozen=True, slots=True)
class ContractWords:
    """``invalid``: why the stored document can't be read, empty where it can."""

    order: tuple[FieldWords, ...]
    lines: tuple[FieldWords, ...]
    invalid: str = ""


def words_of(contract: ContractVersion) -> ContractWords:
    try:
        spec = load_document(contract.document).spec
    except DocumentInvalid as error:
        return ContractWords((), (), error.sentence)
    return ContractWords(tuple(map(_field, spec.fields)), tuple(map(_field, spec.lines.fields)))


def _field(rule: FieldRule) -> FieldWords:
    return FieldWords(
        target=rule.target,
        source=", else ".join(path.text for path in rule.sources),
        steps=tuple(map(_step, rule.transforms)),
        checks=tuple(map(_step, rule.checks)),
        default="" if rule.default is None else _value(rule.default),
        when_missing=rule.when_missing,
        when_invalid=rule.when_invalid,
        note=rule.note,
    )


def _step(step: StepSpec) -> StepWords:
    return StepWords(step.name.replace("_", " "), tuple(_arguments(step.args)))


def _arguments(args: Mapping[str, Any]) -> Iterable[str]:
    for name, value in args.items():
        if name == "rules":
            for rule in value:
                yield f"{_value(rule.get('then'))} when {_conditions(rule.get('when', ()))}"
        elif name in ("when", "unless") and isinstance(value, list):
            yield f"{name} {_conditions(value)}"
        elif isinstance(value, Mapping):
            yield f"{name.replace('_', ' ')}: " + ", ".join(f"{key} as {_value(one)}" for key, one in value.items())
        else:
            yield f"{name.replace('_', ' ')}: {_value(value)}"


def _conditions(conditions: Iterable[Mapping[str, Any]]) -> str:
    return " and ".join(_condition(one) for one in conditions)


def _condition(one: Mapping[str, Any]) -> str:
    said = f"{one.get('path')} {_TESTS.get(str(one.get('test')), str(one.get('test')))}"
    value = one.get("value")
    return said if value is None else f"{said} {_value(value)}"


def _value(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_value(one) for one in value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
