"""Turning what an entry point was given into parameters a resolution can rely on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from apps.casework.resolutions.base import ParamSpec
from apps.casework.resolutions.errors import WrongParameters
from apps.core.text import Text

LONGEST_TEXT = 500


class _Wrong(ValueError):
    """Says what is wrong with one value."""


def read_params(
    specs: Sequence[ParamSpec], given: Mapping[str, Any], *, complete: bool = True
) -> dict[str, Any] | None:
    """The parameters by name, defaults filled in. Raises WrongParameters, naming every one that does not fit.

    ``complete`` False: where a required one is neither given nor proposed the answer is None instead.
    """
    known = {spec.name for spec in specs}
    errors = [
        {"pointer": f"/{name}", "detail": Text("There is no such parameter.")} for name in given if name not in known
    ]
    read: dict[str, Any] = {}
    for spec in specs:
        value = given.get(spec.name)
        value = spec.default if value in (None, "", {}) else value
        if value in (None, "", {}):
            if spec.required:
                errors.append(
                    {"pointer": f"/{spec.name}", "detail": Text("{label} is missing.", label=Text.literal(spec.label))}
                )
            continue
        try:
            read[spec.name] = _READERS[spec.kind](spec, value)
        except _Wrong as wrong:
            errors.append(
                {
                    "pointer": f"/{spec.name}",
                    "detail": Text("{label}: {wrong}.", label=Text.literal(spec.label), wrong=wrong.args[0]),
                }
            )
    if not errors:
        return read
    if not complete and not given:
        return None
    raise WrongParameters(said=Text.joined(" ", (error["detail"] for error in errors)), errors=errors)


def _text(spec: ParamSpec, value: object) -> str:
    if not isinstance(value, str) or "\x00" in value:
        raise _Wrong(Text("must be text"))
    if len(value) > LONGEST_TEXT:
        raise _Wrong(Text("must be at most {most} characters", most=LONGEST_TEXT))
    return value.strip()


def _choice(spec: ParamSpec, value: object) -> str:
    text = _text(spec, value)
    # Without choices anything is tried: the list would have been too long to show.
    if spec.choices and text not in {choice.value for choice in spec.choices}:
        raise _Wrong(Text("is not one of the choices"))
    return text


def _units(spec: ParamSpec, value: object) -> dict[str, int]:
    if not isinstance(value, Mapping):
        raise _Wrong(Text("must name lines and units"))
    units = {str(line): _count(count) for line, count in value.items() if count not in ("", 0, "0", None)}
    if not units:
        raise _Wrong(Text("names no units"))
    unknown = units.keys() - {choice.value for choice in spec.choices}
    if unknown:
        raise _Wrong(Text("there is no line {line} to choose", line=min(unknown)))
    return units


def _count(value: object, least: int = 1) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= 1_000_000:
        raise _Wrong(Text("units must be whole numbers from {least}", least=least))
    return value


def _counted(spec: ParamSpec, value: object) -> int:
    return _count(value, least=0)


def _moment(spec: ParamSpec, value: object) -> datetime:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        moment = None
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        raise _Wrong(Text("must be a time with its zone"))
    return moment


def _address(spec: ParamSpec, value: object) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise _Wrong(Text("must be fields of an address"))
    unknown = value.keys() - {choice.value for choice in spec.choices}
    if unknown:
        raise _Wrong(Text("{field} is no field of an address", field=min(unknown)))
    fields = {str(name): _text(spec, text) for name, text in value.items() if text is not None}
    limits = {"country": 2, "postal_code": 32, "region": 64}
    long = [name for name, text in fields.items() if len(text) > limits.get(name, 255)]
    if long:
        labels = {choice.value: choice.label for choice in spec.choices}
        raise _Wrong(
            Text(
                "{field} is too long; {most} characters are the most",
                field=labels.get(min(long), min(long)),
                most=limits.get(min(long), 255),
            )
        )
    if "country" in fields:
        fields["country"] = fields["country"].upper()
    return fields


_READERS: dict[str, Callable[[ParamSpec, object], Any]] = {
    "text": _text,
    "long_text": _text,
    "choice": _choice,
    "units": _units,
    "count": _counted,
    "moment": _moment,
    "address": _address,
    "sku": _text,
}
