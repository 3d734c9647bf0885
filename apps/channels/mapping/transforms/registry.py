"""The table of transforms: name, function, arguments, one sentence each."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, get_type_hints

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from apps.core.text import Text
from apps.core.validation import first_refusal

Run = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Transform:
    """``run(value, scope, *, …)``. An empty value skips a transform unless it ``accepts_empty``.

    One that ``reduces`` takes the list a rule with several sources (or a ``[]`` path) reads, and makes one value of it.
    """

    name: str
    run: Run
    summary: str
    arguments: type[BaseModel]
    accepts_empty: bool
    reduces: bool


@dataclass(frozen=True, slots=True)
class TransformDoc:
    name: str
    summary: str
    arguments: tuple[str, ...]


TRANSFORMS: dict[str, Transform] = {}
# Checks look like transforms, but return nothing: they accept a value or refuse it.
CHECKS: dict[str, Transform] = {}


def transform(*, accepts_empty: bool = False, reduces: bool = False) -> Callable[[Run], Run]:
    """Enter a function into the table under its own name; its keyword-only parameters are the step's arguments."""

    def enter(run: Run) -> Run:
        _enter(TRANSFORMS, _made(run, accepts_empty, reduces))
        return run

    return enter


def adapter_transform(*, accepts_empty: bool = False, reduces: bool = False) -> Callable[[Run], Transform]:
    """A transform that the contracts of one adapter need: its ``ADAPTER`` declares it, and it is found in its folder."""
    return lambda run: _made(run, accepts_empty, reduces)


def enter_all(transforms: Iterable[Transform]) -> None:
    """Those an adapter declares; a second time changes nothing. Raises ValueError for a name that another one has."""
    for one in transforms:
        if TRANSFORMS.get(one.name) is not one:
            _enter(TRANSFORMS, one)


def check(run: Run) -> Run:
    """Enter a check into its table under its own name."""
    _enter(CHECKS, _made(run, accepts_empty=False, reduces=False))
    return run


def _made(run: Run, accepts_empty: bool, reduces: bool) -> Transform:
    summary = (inspect.getdoc(run) or "").split("\n\n")[0].replace("\n", " ")
    return Transform(run.__name__, run, summary, _arguments_of(run), accepts_empty, reduces)


def _enter(table: dict[str, Transform], entry: Transform) -> None:
    if entry.name in table:
        raise ValueError(f"two transforms are named {entry.name}")
    table[entry.name] = entry


def bind(table: dict[str, Transform], name: str, arguments: dict[str, Any]) -> Run:
    """The transform or check with its arguments checked and filled in; ``ValueError`` says what is wrong with them."""
    found = table.get(name)
    if found is None:
        if table is CHECKS:
            raise ValueError(Text("there is no check {name}", name=repr(name)))
        raise ValueError(Text("there is no transform {name}", name=repr(name)))
    try:
        checked = found.arguments.model_validate(arguments)
    except ValidationError as error:
        where, problem = first_refusal(error)
        raise ValueError(Text.joined(": ", (name, where, problem))) from error
    filled = {field: getattr(checked, field) for field in found.arguments.model_fields}
    return partial(found.run, **filled) if filled else found.run


def catalogue(table: dict[str, Transform]) -> list[TransformDoc]:
    """Every transform or check with its sentence and arguments, by name, for a help page."""
    return [
        TransformDoc(item.name, item.summary, tuple(item.arguments.model_fields)) for _, item in sorted(table.items())
    ]


def _arguments_of(run: Run) -> type[BaseModel]:
    hints = get_type_hints(run, include_extras=True)
    fields: dict[str, Any] = {}
    for parameter in inspect.signature(run).parameters.values():
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY:
            default = ... if parameter.default is inspect.Parameter.empty else parameter.default
            fields[parameter.name] = (hints[parameter.name], default)
    config = ConfigDict(extra="forbid", arbitrary_types_allowed=True)
    return create_model(f"{run.__name__}_arguments", __config__=config, **fields)
