"""From the canonical model's refusals to findings a person can act on: at the source's path, without the value."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from apps.channels.mapping.documents import Document
from apps.channels.mapping.results import Finding
from apps.core.text import Text
from apps.core.validation import refusal_of

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
    return Text.joined(": ", (".".join(str(part) for part in item["loc"]), refusal_of(item)))
