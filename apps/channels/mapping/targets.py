"""What a rule may fill: the fields of the canonical order, by dotted name, read off the model itself."""

from __future__ import annotations

from dataclasses import dataclass
from enum import EnumMeta
from functools import cache
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from apps.core.validation import first_refusal
from apps.orders.canonical import CanonicalOrder, Line


@dataclass(frozen=True, slots=True)
class Target:
    """``limit``: the most characters, 0 for none. ``choices``: the only words it takes, empty for any."""

    name: str
    required: bool
    limit: int
    choices: frozenset[str]
    annotation: Any

    def refuses(self, value: Any) -> str:
        """Why this value can't stand here; empty when it can."""
        try:
            TypeAdapter(self.annotation).validate_python(value)
        except ValidationError as error:
            return first_refusal(error)[1]
        return ""


@cache
def order_targets() -> dict[str, Target]:
    """Every field of the order but its lines: ``shipping_address.country``, ``totals.total``."""
    return _walk(CanonicalOrder, "")


@cache
def line_targets() -> dict[str, Target]:
    """Every field of one line."""
    return _walk(Line, "")


def _walk(model: type[BaseModel], prefix: str) -> dict[str, Target]:
    found: dict[str, Target] = {}
    for name, info in model.model_fields.items():
        if model is CanonicalOrder and name == "lines":
            continue
        inner = _model_in(info.annotation)
        if inner is not None:
            found.update(_walk(inner, f"{prefix}{name}."))
        else:
            found[prefix + name] = _target(prefix + name, info)
    return found


def _target(name: str, info: FieldInfo) -> Target:
    annotation = info.annotation
    limits = [item.max_length for item in info.metadata if getattr(item, "max_length", None)]
    choices = frozenset(str(word) for word in annotation) if isinstance(annotation, EnumMeta) else frozenset()
    return Target(
        name=name,
        required=info.is_required(),
        limit=limits[0] if limits and annotation is str else 0,
        choices=choices,
        annotation=Annotated[annotation, *info.metadata] if info.metadata else annotation,
    )


def _model_in(annotation: Any) -> type[BaseModel] | None:
    options = get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)
    return next((part for part in options if isinstance(part, type) and issubclass(part, BaseModel)), None)
