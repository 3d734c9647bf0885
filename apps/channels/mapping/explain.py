"""From the canonical model's refusals to findings a person can act on: at the source's path, without the value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError

from apps.channels.mapping.documents import Document
from apps.channels.mapping.results import Finding
from apps.core.text import Text

_MOST = 50
_CORRECT = Text("Correct it at the source, or map the field differently; then replay the message.")


def findings_of(error: ValidationError, document: Document, line_numbers: list[int]) -> list[Finding]:
    """At most 50 findings, each at the path of the message that its target was read from."""
    items = error.errors(include_url=False, include_input=False)
    return [
        Finding(_source_path(item["loc"], document, line_numbers), _sentence(item), _CORRECT) for item in items[:_MOST]
    ]


def _source_path(place: tuple[int | str, ...], document: Document, line_numbers: list[int]) -> str:
    if len(place) >= 2 and place[0] == "lines" and isinstance(place[1], int):
        number = line_numbers[place[1]] if place[1] < len(line_numbers) else place[1]
        target = ".".join(str(part) for part in place[2:])
        path = next((rule.path for rule in document.lines.rules if _same(rule.target, target)), target)
        return f"{document.lines.read.text[:-2]}[{number}].{path}".rstrip(".")
    if place == ("lines",):
        return document.lines.source.text
    target = ".".join(str(part) for part in place)
    return next((rule.path or rule.target for rule in document.rules if _same(rule.target, target)), target)


def _same(rule_target: str, target: str) -> bool:
    return rule_target == target or target.startswith(f"{rule_target}.")


def _sentence(item: Any) -> str:
    if item["type"] == "missing":
        return Text("nothing was read for {field}", field=item["loc"][-1])
    return Text.joined(
        ": ", (".".join(str(part) for part in item["loc"]), _said(item["type"], item.get("ctx", {}), item["msg"]))
    )


def _said(kind: str, limits: Mapping[str, Any], message: str) -> str:
    if kind == "value_error":
        # As a validator of ours raised it.
        said = limits["error"].args[0]
        return said if isinstance(said, str) else str(said)
    make = _REFUSED.get(kind)
    return make(limits) if make else message


# What pydantic refuses in a canonical order, by its name for it, from the limits it broke.
_REFUSED: dict[str, Callable[[Mapping[str, Any]], Text]] = {
    "string_too_long": lambda limits: Text("is longer than {most} characters", most=limits["max_length"]),
    "string_too_short": lambda limits: Text("is shorter than {least} characters", least=limits["min_length"]),
    "too_long": lambda limits: Text("has more than {most} entries", most=limits["max_length"]),
    "too_short": lambda limits: Text("has fewer than {least} entries", least=limits["min_length"]),
    "greater_than_equal": lambda limits: Text("is less than {least}", least=limits["ge"]),
    "less_than_equal": lambda limits: Text("is more than {most}", most=limits["le"]),
    "enum": lambda limits: Text("is not one of {values}", values=limits["expected"]),
    "string_type": lambda _: Text("is not text"),
    "list_type": lambda _: Text("is not a list"),
    "dict_type": lambda _: Text("is not an object"),
    "model_type": lambda _: Text("is not an object"),
    "bool_type": lambda _: Text("is neither yes nor no"),
    "bool_parsing": lambda _: Text("is neither yes nor no"),
    "datetime_type": lambda _: Text("is not a date and time"),
    "datetime_parsing": lambda _: Text("is not a date and time"),
    "datetime_from_date_parsing": lambda _: Text("is not a date and time"),
    "timezone_aware": lambda _: Text("has no time zone"),
}
