"""Mapping documents: linted, loaded, and made ready to be applied many times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from apps.channels.mapping.lint import LintMessage, lint_document
from apps.channels.mapping.paths import Path
from apps.channels.mapping.schema import HOLD, FieldRule, Gate, Guard, MappingDocument, RecordChoice, SkipRule
from apps.channels.mapping.scope import fold_keys
from apps.channels.mapping.service_levels import Glob, compile_globs
from apps.channels.mapping.targets import Target, line_targets, order_targets
from apps.channels.mapping.transforms.registry import CHECKS, TRANSFORMS, Run, bind
from apps.core.errors import DomainError
from apps.core.text import Text
from apps.core.validation import refusal_of

SERVICE_LEVELS = "service_level"


class DocumentInvalid(DomainError):
    """The document has lint errors; ``messages`` lists them all."""

    code = "mapping_document_invalid"
    status = 422
    message = "The mapping document has {count} problems; the first: {first}"

    def __init__(self, messages: list[LintMessage]) -> None:
        self.messages = messages
        super().__init__(count=len(messages), first=Text.joined(": ", (messages[0].where, messages[0].problem)))


@dataclass(frozen=True, slots=True)
class Step:
    run: Run
    accepts_empty: bool


@dataclass(frozen=True, slots=True)
class Consequence:
    """``kind`` is default, omit, quarantine, reject or hold; ``reason`` is the hold's."""

    kind: str
    reason: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A field rule, ready to run. ``source`` is set where there is exactly one; ``makes`` says that a step may make a
    value out of nothing, so that an empty source is no reason to skip them all."""

    target: str
    keys: tuple[str, ...]
    path: str
    source: Path | None
    sources: tuple[Path, ...]
    makes: bool
    steps: tuple[Step, ...]
    checks: tuple[Run, ...]
    default: Any
    when_missing: Consequence
    when_invalid: Consequence
    limit: int


@dataclass(frozen=True, slots=True)
class Lines:
    source: Path
    read: Path
    skip: tuple[SkipRule, ...]
    when_none_left: str
    none_left_reason: str
    rules: tuple[Rule, ...]


@dataclass(frozen=True, eq=False)
class Document:
    """A mapping document, ready to be applied. ``raw`` is what a person wrote."""

    contract: str
    version: int
    channel_kind: str
    topics: tuple[str, ...]
    has_all: tuple[Path, ...]
    has_none: tuple[Path, ...]
    tables: dict[str, dict[str, str]]
    globs: tuple[Glob, ...]
    records: tuple[RecordChoice, ...]
    gates: tuple[Gate, ...]
    guards: tuple[tuple[Guard, frozenset[str]], ...]
    rules: tuple[Rule, ...]
    lines: Lines
    spec: MappingDocument
    raw: dict[str, Any]


def lint(raw: Any, *, hold_reasons: frozenset[str] | None = None) -> list[LintMessage]:
    """Everything wrong with a document, empty when nothing is. ``hold_reasons``: those the caller knows, if given."""
    try:
        spec = MappingDocument.model_validate(raw)
    except ValidationError as error:
        return [_shape_message(item) for item in error.errors(include_url=False, include_input=False)]
    return lint_document(spec, hold_reasons)


def load_document(raw: Any) -> Document:
    """Make a document ready; raises ``DocumentInvalid`` with every lint error."""
    messages = lint(raw)
    if messages:
        raise DocumentInvalid(messages)
    spec = MappingDocument.model_validate(raw)
    levels = spec.tables.get(SERVICE_LEVELS, {})
    return Document(
        contract=spec.contract,
        version=spec.version,
        channel_kind=spec.channel_kind,
        topics=spec.topics,
        has_all=spec.shape.has_all,
        has_none=spec.shape.has_none,
        tables={name: fold_keys(table) for name, table in spec.tables.items()},
        globs=compile_globs(levels),
        records=spec.records,
        gates=spec.gates,
        guards=tuple((guard, frozenset(word.strip().casefold() for word in guard.words)) for guard in spec.guards),
        rules=_rules_of(spec.fields, order_targets()),
        lines=_lines_of(spec),
        spec=spec,
        raw=raw,
    )


def _rules_of(rules: tuple[FieldRule, ...], targets: dict[str, Target]) -> tuple[Rule, ...]:
    ready = [_rule(rule, targets[rule.target]) for rule in rules]
    # Money needs the currency, whatever row it stands in; a line's amounts need its quantity.
    first = "quantity" if "quantity" in targets else "currency"
    return tuple(sorted(ready, key=lambda rule: rule.target != first))


def _rule(rule: FieldRule, target: Target) -> Rule:
    sources = rule.sources
    steps = tuple(
        Step(bind(TRANSFORMS, step.name, step.args), TRANSFORMS[step.name].accepts_empty) for step in rule.transforms
    )
    return Rule(
        target=rule.target,
        keys=tuple(rule.target.split(".")),
        path=sources[0].text if sources else "",
        source=sources[0] if len(sources) == 1 else None,
        sources=sources,
        makes=any(step.accepts_empty for step in steps),
        steps=steps,
        checks=tuple(bind(CHECKS, step.name, step.args) for step in rule.checks),
        default=rule.default,
        when_missing=_consequence(rule.when_missing),
        when_invalid=_consequence(rule.when_invalid),
        limit=target.limit,
    )


def _lines_of(spec: MappingDocument) -> Lines:
    block = spec.lines
    path = block.source
    return Lines(
        source=path,
        # The list itself, so that each line keeps its number.
        read=Path(text=path.text, base=path.base, steps=path.steps[:-1]),
        skip=block.skip,
        when_none_left=block.when_none_left,
        none_left_reason=block.none_left_reason,
        rules=_rules_of(block.fields, line_targets()),
    )


def _consequence(written: str) -> Consequence:
    if written.startswith(HOLD):
        return Consequence("hold", written.removeprefix(HOLD))
    return Consequence(written, "")


def _shape_message(item: Any) -> LintMessage:
    where = ".".join(str(part) for part in item["loc"])
    return LintMessage(where=where or "document", problem=refusal_of(item))
