"""What is wrong with a mapping document that has the right shape: names, arguments, tables, doubles."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from apps.channels.mapping.paths import Path
from apps.channels.mapping.schema import HOLD, FieldRule, MappingDocument, StepSpec
from apps.channels.mapping.service_levels import compile_globs
from apps.channels.mapping.targets import Target, line_targets, order_targets
from apps.channels.mapping.transforms import checks as _checks  # noqa: F401  (registers them all)
from apps.channels.mapping.transforms.registry import CHECKS, TRANSFORMS, Transform, bind
from apps.core.text import Text

# What decides whether and what ships. Unreadable, each has to hold or stop the order; as if absent, it would let it pass.
GUARDS = frozenset(
    ("status", "currency", "payment.state", "payment.refunded", "payment.refund_explained", "risk.level",
     "totals.subtotal", "totals.shipping", "totals.shipping_tax", "totals.tax", "totals.discount", "totals.fees",
     "totals.refunded", "totals.total", "totals.prices_include_tax")
)  # fmt: skip
LINE_GUARDS = frozenset(("quantity", "handled_elsewhere", "unit_price", "discount", "tax", "currency"))


@dataclass(frozen=True, slots=True)
class LintMessage:
    """``where`` is the row (``fields[3] totals.tax``), ``problem`` a sentence."""

    where: str
    problem: str


def lint_document(spec: MappingDocument, hold_reasons: frozenset[str] | None) -> list[LintMessage]:
    """Every problem of the document, in its own order."""
    messages = list(_lint_rules(spec, spec.fields, "fields", order_targets()))
    messages += _lint_rules(spec, spec.lines.fields, "lines.fields", line_targets())
    messages += _lint_lines(spec)
    messages += _lint_guards(spec)
    messages += _lint_tables(spec)
    messages += _lint_order_of_places(spec)
    messages += _lint_names(spec)
    if hold_reasons is not None:
        messages += _lint_holds(spec, hold_reasons)
    return messages


def _lint_rules(
    spec: MappingDocument, rules: tuple[FieldRule, ...], block: str, targets: dict[str, Target]
) -> Iterator[LintMessage]:
    seen: set[str] = set()
    guards = LINE_GUARDS if block.startswith("lines") else GUARDS
    for position, rule in enumerate(rules):
        where = f"{block}[{position}] {rule.target}"
        target = targets.get(rule.target)
        if target is None:
            yield LintMessage(where, Text("there is no target {name} in the canonical order", name=repr(rule.target)))
            continue
        if rule.target in seen:
            yield LintMessage(where, Text("the target is filled twice"))
        seen.add(rule.target)
        if rule.target in guards and rule.when_invalid in ("omit", "default"):
            yield LintMessage(
                where, Text("it guards what ships: unreadable, it has to hold or be quarantined, not be left out")
            )
        for problem in _problems_of(spec, rule, target):
            yield LintMessage(where, problem)
    for name, target in targets.items():
        if target.required and name not in seen:
            yield LintMessage(block, Text("the required target {name} is not filled", name=repr(name)))


def _problems_of(spec: MappingDocument, rule: FieldRule, target: Target) -> Iterator[str]:
    yield from _step_problems(rule.transforms, TRANSFORMS)
    yield from _step_problems(rule.checks, CHECKS)
    yield from _default_problems(rule, target)
    known = [TRANSFORMS[step.name] for step in rule.transforms if step.name in TRANSFORMS]
    if not rule.sources and not any(item.accepts_empty for item in known) and rule.default is None:
        yield Text("it has neither a source, nor a default, nor a transform that makes a value")
    several = len(rule.sources) > 1 or any(path.many for path in rule.sources)
    if several and not any(item.reduces for item in known):
        yield Text("it reads several values; add first_non_empty, join or another step that makes one of them")
    yield from _table_problems(spec, rule, target)


def _step_problems(steps: tuple[StepSpec, ...], table: dict[str, Transform]) -> Iterator[str]:
    for step in steps:
        try:
            bind(table, step.name, step.args)
        except ValueError as error:
            yield _said(error)


def _said(error: ValueError) -> str:
    """As it was raised: the text of an error remembers no other language."""
    said = error.args[0]
    return said if isinstance(said, str) else str(said)


def _default_problems(rule: FieldRule, target: Target) -> Iterator[str]:
    if rule.default is None:
        if "default" in (rule.when_missing, rule.when_invalid):
            yield Text("it falls back to a default, and has none")
        return
    refusal = target.refuses(rule.default)
    if refusal:
        yield Text("its default does not fit: {problem}", problem=refusal)
    if rule.when_missing in ("omit", "quarantine", "reject") and rule.when_invalid in ("omit", "quarantine", "reject"):
        yield Text("it has a default that is never used")


def _table_problems(spec: MappingDocument, rule: FieldRule, target: Target) -> Iterator[str]:
    for position, step in enumerate(rule.transforms):
        if step.name != "lookup":
            continue
        table = spec.tables.get(str(step.args.get("table")))
        if table is None:
            yield Text("there is no table {name} in the document", name=repr(step.args.get("table")))
        elif target.choices and position == len(rule.transforms) - 1:
            strangers = sorted(set(table.values()) - target.choices)
            if strangers:
                yield Text(
                    "the table {name} leads to {words}, which the target does not know",
                    name=repr(step.args["table"]),
                    words=", ".join(strangers),
                )


def _lint_lines(spec: MappingDocument) -> Iterator[LintMessage]:
    steps = spec.lines.source.steps
    if not steps or steps[-1] is not None or None in steps[:-1]:
        yield LintMessage(
            "lines.source", Text("{path} must end in [] and have no other []", path=repr(spec.lines.source.text))
        )


def _lint_guards(spec: MappingDocument) -> Iterator[LintMessage]:
    """A question that an unreadable value answers with "no" lets it pass, so it needs a guard beside it."""
    guarded = {guard.path.text for guard in spec.guards}
    for position, gate in enumerate(spec.gates):
        for condition in gate.when:
            if condition.test in ("is_true", "is_false", "is_moment") and condition.path.text not in guarded:
                yield LintMessage(
                    f"gates[{position}]",
                    Text("{path} has no guard for when it is unreadable", path=repr(condition.path.text)),
                )
    for position, guard in enumerate(spec.guards):
        if bool(guard.words) != (guard.reads == "word"):
            yield LintMessage(f"guards[{position}]", Text("words go with reads: word, and only with it"))


def _lint_tables(spec: MappingDocument) -> Iterator[LintMessage]:
    for name, table in spec.tables.items():
        folded = [key.strip().casefold() for key in table]
        for key in sorted({key for key in folded if folded.count(key) > 1}):
            yield LintMessage(f"tables.{name}", Text("{key} stands twice; case does not count", key=repr(key)))
    try:
        compile_globs(spec.tables.get("service_level", {}))
    except ValueError as error:
        yield LintMessage("tables.service_level", _said(error))


def _lint_order_of_places(spec: MappingDocument) -> Iterator[LintMessage]:
    """A region is read by its country, so the country's row has to come first."""
    seen: set[str] = set()
    for position, rule in enumerate(spec.fields):
        for step in rule.transforms:
            needed = step.args.get("country_target")
            if needed is not None and needed not in seen:
                problem = Text("the row of {name} has to stand before it", name=repr(needed))
                yield LintMessage(f"fields[{position}] {rule.target}", problem)
        seen.add(rule.target)


def _lint_names(spec: MappingDocument) -> Iterator[LintMessage]:
    """``@name`` has to be a record of the document; ``$`` is the message."""
    names = {record.name for record in spec.records} | {"", "$"}
    for where, path in _paths(spec):
        if path.base not in names:
            problem = Text("{path}: there is no record {name}", path=repr(path.text), name=repr(path.base))
            yield LintMessage(where, problem)


def _paths(spec: MappingDocument) -> Iterator[tuple[str, Path]]:
    for block, rules in (("fields", spec.fields), ("lines.fields", spec.lines.fields)):
        for position, rule in enumerate(rules):
            yield from ((f"{block}[{position}] {rule.target}", path) for path in rule.sources)
    for position, gate in enumerate(spec.gates):
        stated_at = (gate.stated_at,) if gate.stated_at is not None else ()
        yield from ((f"gates[{position}]", path) for path in (*(one.path for one in gate.when), *stated_at))
    for position, guard in enumerate(spec.guards):
        yield f"guards[{position}]", guard.path
    for position, skip in enumerate(spec.lines.skip):
        yield from ((f"lines.skip[{position}]", condition.path) for condition in skip.when)


def _lint_holds(spec: MappingDocument, known: frozenset[str]) -> Iterator[LintMessage]:
    answers = [
        (f"fields {rule.target}", rule.when_missing, rule.when_invalid) for rule in (*spec.fields, *spec.lines.fields)
    ]
    answers += [(f"gates[{position}]", gate.then, "") for position, gate in enumerate(spec.gates)]
    answers += [(f"guards[{position}]", guard.then, "") for position, guard in enumerate(spec.guards)]
    for where, *written in answers:
        for answer in written:
            if answer.startswith(HOLD) and answer.removeprefix(HOLD) not in known:
                problem = Text("{reason} is not a hold reason", reason=repr(answer.removeprefix(HOLD)))
                yield LintMessage(where, problem)
