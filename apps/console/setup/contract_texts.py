"""A contract's mapping in words: what is read, what is done with it, what happens when it is missing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from apps.channels.mapping.documents import DocumentInvalid, load_document
from apps.channels.mapping.schema import HOLD, FieldRule, StepSpec
from apps.channels.models import ContractVersion
from apps.console.refusals import refusal_text
from apps.orders.states import HoldReason
from apps.ui.language import translated

_TESTS = {
    "present": gettext_noop("is there"),
    "missing": gettext_noop("is missing"),
    "equals": gettext_noop("is"),
    "one_of": gettext_noop("is one of"),
    "not_one_of": gettext_noop("is none of"),
    "matches": gettext_noop("matches"),
    "is_true": gettext_noop("is true"),
    "is_false": gettext_noop("is false"),
    "is_zero": gettext_noop("is zero"),
    "is_negative": gettext_noop("is negative"),
}
_WHEN = {"when": gettext_noop("when {conditions}"), "unless": gettext_noop("unless {conditions}")}

# What becomes of a value that is missing or unreadable, and of a message at a gate.
ANSWERS = {
    "omit": gettext_noop("leave it out"),
    "default": gettext_noop("take the default"),
    "quarantine": gettext_noop("quarantine the message"),
    "reject": gettext_noop("reject the message"),
}
_AT_GATES = {"ignore": gettext_noop("ignore the message"), "warn": gettext_noop("take it with a warning")}


def answer_words(code: str) -> str:
    """``omit`` as people say it; a hold by its reason; one that is not known keeps its code."""
    if code.startswith(HOLD):
        reason = code.removeprefix(HOLD)
        return _("hold: {reason}").format(reason=translated(str(dict(HoldReason.choices).get(reason, reason))))
    return translated(ANSWERS.get(code) or _AT_GATES.get(code) or code)


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
        return ContractWords((), (), refusal_text(error))
    return ContractWords(tuple(map(_field, spec.fields)), tuple(map(_field, spec.lines.fields)))


def _field(rule: FieldRule) -> FieldWords:
    return FieldWords(
        target=rule.target,
        source=_(", else ").join(path.text for path in rule.sources),
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
                yield _("{value} when {conditions}").format(
                    value=_value(rule.get("then")), conditions=_conditions(rule.get("when", ()))
                )
        elif name in _WHEN and isinstance(value, list):
            yield translated(_WHEN[name]).format(conditions=_conditions(value))
        elif isinstance(value, Mapping):
            yield f"{name.replace('_', ' ')}: " + ", ".join(
                _("{key} as {value}").format(key=key, value=_value(one)) for key, one in value.items()
            )
        else:
            yield f"{name.replace('_', ' ')}: {_value(value)}"


def _conditions(conditions: Iterable[Mapping[str, Any]]) -> str:
    return _(" and ").join(_condition(one) for one in conditions)


def _condition(one: Mapping[str, Any]) -> str:
    test = str(one.get("test"))
    condition = f"{one.get('path')} {translated(_TESTS.get(test, test))}"
    value = one.get("value")
    return condition if value is None else f"{condition} {_value(value)}"


def _value(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_value(one) for one in value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
