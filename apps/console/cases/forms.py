"""A resolution's form as somebody had filled it in: after they took it back, or were refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from apps.accounts.caller import Caller
from apps.casework.models import CaseAction, ExceptionCase
from apps.casework.resolutions import Option, ParamSpec, preview
from apps.casework.resolutions.kinds.correcting import problems_by_field
from apps.console.refusals import refusal_text
from apps.core.errors import DomainError


@dataclass(frozen=True, slots=True)
class Typed:
    """``refused``: why it can't be done like that, in words; ``wrong``: which fields are at fault, and how."""

    code: str
    params: Mapping[str, Any]
    reason: str = ""
    refused: str = ""
    wrong: Mapping[str, str] = field(default_factory=dict)


def typed_before(action: CaseAction | None) -> Typed | None:
    return Typed(action.code, action.params) if action else None


def typed_and_refused(code: str, params: Mapping[str, Any], reason: str, refusal: DomainError) -> Typed:
    return Typed(code, params, reason, refusal_text(refusal), problems_by_field(refusal.details.get("fields")))


def as_typed(options: list[Option], typed: Typed | None, case: ExceptionCase, caller: Caller) -> list[Option]:
    """The options, one of them with what was typed instead of what is proposed."""
    if typed is None:
        return options
    return [_filled(option, typed, case, caller) if option.code == typed.code else option for option in options]


def _filled(option: Option, typed: Typed, case: ExceptionCase, caller: Caller) -> Option:
    params = [_with(spec, typed) for spec in option.params]
    try:
        effect = preview(case, typed.code, typed.params, caller) if option.allowed and not typed.refused else None
    except DomainError:
        effect = None  # What stands in its way by now is said when it is chosen again.
    return replace(option, params=params, effect=effect)


def _with(spec: ParamSpec, typed: Typed) -> ParamSpec:
    spec = replace(spec, default=typed.params.get(spec.name, spec.default))
    if not typed.refused or spec.kind != "address":
        return spec
    fields = tuple(replace(choice, problem=typed.wrong.get(choice.value, "")) for choice in spec.choices)
    return replace(spec, choices=fields, help="")
