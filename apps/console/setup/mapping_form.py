"""A mapping as a form: one row a target field, the tables of words below, and back to the document they stand for."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from apps.channels.mapping.targets import line_targets, order_targets
from apps.channels.mapping.transforms.registry import CHECKS, TRANSFORMS, Transform
from apps.channels.services.contract_samples import RowSample, Sample, sources_of
from apps.ui.language import translated

ORDER, LINE = "order", "line"
MOST_ROWS, MOST_WORDS = 400, 2_000
_PLACE = re.compile(r"(?P<lines>lines\.)?fields[\[.](?P<number>\d+)")
_TABLE = re.compile(r"tables\.(?P<name>[a-z_]+)")
# What stands for a value that is not written down.
_PLAIN = {"when_missing": "omit", "when_invalid": "quarantine", "default": None}


@dataclass(slots=True)
class StepCells:
    """One transform or check. ``args``: its arguments, one a line, as ``name: value``."""

    name: str = ""
    args: str = ""


@dataclass(slots=True)
class RowCells:
    """One row. ``key`` names its fields in the form; ``problems``: what is wrong with the row, ``sample``: what a message shows."""

    key: str
    block: str
    target: str = ""
    source: str = ""
    steps: list[StepCells] = field(default_factory=list)
    checks: list[StepCells] = field(default_factory=list)
    default: str = ""
    when_missing: str = "omit"
    when_invalid: str = "quarantine"
    note: str = ""
    problems: list[str] = field(default_factory=list)
    sample: RowSample = field(default_factory=RowSample)

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Each path with what the message has there."""
        paths = _lines(self.source)
        return list(zip(paths, (*self.sample.read, *[""] * len(paths)), strict=False))


@dataclass(slots=True)
class TableCells:
    """Words to words. ``choices``: the only words they may lead to, empty for any."""

    key: str
    name: str
    words: list[tuple[str, str]]
    choices: tuple[str, ...] = ()
    problems: list[str] = field(default_factory=list)


@dataclass(slots=True)
class ShapeCells:
    """What the message is recognized by: paths it has to have, and those it must not have, one a line."""

    has_all: str = ""
    has_none: str = ""
    problems: list[str] = field(default_factory=list)


@dataclass(slots=True)
class MappingForm:
    """``rest``: the parts of the document that are no rows, as JSON; ``problems``: those of no row."""

    rows: list[RowCells]
    tables: list[TableCells]
    rest: str
    shape: ShapeCells = field(default_factory=ShapeCells)
    problems: list[str] = field(default_factory=list)

    def of(self, block: str) -> list[RowCells]:
        return [row for row in self.rows if row.block == block]

    @property
    def failing(self) -> list[RowCells]:
        """The rows that stop or hold the message beside which the mapping is worked on."""
        return [row for row in self.rows if row.sample.problems]

    @property
    def wrong(self) -> int:
        at_rows = sum(len(row.problems) for row in self.rows)
        at_tables = sum(len(table.problems) for table in self.tables)
        return len(self.problems) + len(self.shape.problems) + at_rows + at_tables


def form_of(document: Mapping[str, Any]) -> MappingForm:
    """The document as it stands; parts of it that have no such shape are left to the other view."""
    block = document.get("lines") if isinstance(document.get("lines"), Mapping) else {}
    rows = [_cells(f"o{n}", ORDER, rule) for n, rule in enumerate(_rules(document.get("fields")))]
    rows += [_cells(f"l{n}", LINE, rule) for n, rule in enumerate(_rules(block.get("fields")))]  # type: ignore[union-attr]
    tables = document.get("tables") if isinstance(document.get("tables"), Mapping) else {}
    found = [
        TableCells(f"t{n}", str(name), [(str(word), str(meaning)) for word, meaning in table.items()])
        for n, (name, table) in enumerate(tables.items())  # type: ignore[union-attr]
        if isinstance(table, Mapping)
    ]
    shape = document["shape"] if isinstance(document.get("shape"), Mapping) else {}
    rest = {key: value for key, value in document.items() if key not in ("fields", "lines", "tables")}
    rest["lines"] = {key: value for key, value in block.items() if key != "fields"}  # type: ignore[union-attr]
    rest["shape"] = {key: value for key, value in shape.items() if key not in ("has_all", "has_none")}
    cells = ShapeCells(_paths(shape.get("has_all")), _paths(shape.get("has_none")))
    return _with_choices(MappingForm(rows, found, json.dumps(rest, ensure_ascii=False), cells))


def _paths(value: Any) -> str:
    return "\n".join(map(str, value)) if isinstance(value, list) else ""


def _rules(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _cells(key: str, block: str, rule: Mapping[str, Any]) -> RowCells:
    return RowCells(
        key,
        block,
        target=str(rule.get("target", "")),
        source="\n".join(sources_of(rule)),
        steps=_steps(rule.get("transforms"), TRANSFORMS),
        checks=_steps(rule.get("validate"), CHECKS),
        default=_written(rule.get("default")),
        when_missing=str(rule.get("when_missing", "omit")),
        when_invalid=str(rule.get("when_invalid", "quarantine")),
        note=str(rule.get("note", "")),
    )


def _steps(value: Any, known: Mapping[str, Transform]) -> list[StepCells]:
    return [StepCells(str(one.get("name", "")), _arguments(one, known)) for one in _rules(value)]


def _arguments(step: Mapping[str, Any], known: Mapping[str, Transform]) -> str:
    args = step.get("args") or {}
    return "\n".join(f"{name}: {_argument(step, name, value, known)}" for name, value in args.items())


def _argument(step: Mapping[str, Any], name: str, value: Any, known: Mapping[str, Transform]) -> str:
    """In quotes where its outer spaces count."""
    bare = isinstance(value, str) and value.strip() == value and not value.startswith('"')
    return value if bare and _is_text(step, name, known) else _written(value)


def _is_text(step: Mapping[str, Any], name: str, known: Mapping[str, Transform]) -> bool:
    """Whether the argument is text whatever it looks like."""
    transform = known.get(str(step.get("name")))
    info = transform.arguments.model_fields.get(name) if transform else None
    return info is not None and info.annotation is str


def _written(value: Any) -> str:
    """A value as people type it: text as it is, unless it would be read as something else."""
    if value is None:
        return ""
    if isinstance(value, str) and _typed(value) == value and value.strip() == value:
        return value
    return json.dumps(value, ensure_ascii=False)


def _typed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def sent(form: QueryDict) -> MappingForm:
    """The form as somebody sent it, in their order."""
    rows = [_sent_row(form, key) for key in form.getlist("row")[:MOST_ROWS]]
    tables = [_sent_table(form, key) for key in form.getlist("table")[:MOST_ROWS]]
    has_all, has_none = ("\n".join(_lines(form.get(name, ""))) for name in ("shape-all", "shape-none"))
    shape = ShapeCells(has_all, has_none)
    return _with_choices(MappingForm(rows, tables, form.get("rest", ""), shape))


def _sent_row(form: QueryDict, key: str) -> RowCells:
    return RowCells(
        key,
        LINE if key.startswith("l") else ORDER,
        target=form.get(f"{key}-target", "").strip(),
        source="\n".join(_lines(form.get(f"{key}-source", ""))),
        steps=_sent_steps(form, f"{key}-step"),
        checks=_sent_steps(form, f"{key}-check"),
        default=form.get(f"{key}-default", "").strip(),
        when_missing=form.get(f"{key}-missing", "omit"),
        when_invalid=form.get(f"{key}-invalid", "quarantine"),
        note=form.get(f"{key}-note", "").strip(),
    )


def _sent_steps(form: QueryDict, name: str) -> list[StepCells]:
    pairs = zip(form.getlist(name), form.getlist(f"{name}-args"), strict=False)
    return [StepCells(one.strip(), "\n".join(_lines(args))) for one, args in pairs if one.strip() or args.strip()]


def _sent_table(form: QueryDict, key: str) -> TableCells:
    pairs = zip(form.getlist(f"{key}-word")[:MOST_WORDS], form.getlist(f"{key}-meaning"), strict=False)
    words = [(word.strip(), meaning.strip()) for word, meaning in pairs if word.strip() or meaning.strip()]
    return TableCells(key, form.get(f"{key}-name", "").strip(), words)


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _with_choices(form: MappingForm) -> MappingForm:
    """Tables that end in a field with words of its own offer those."""
    for row in form.rows:
        target = (line_targets() if row.block == LINE else order_targets()).get(row.target)
        last = row.steps[-1] if row.steps else StepCells()
        if target is not None and target.choices and last.name == "lookup":
            for table in form.tables:
                if last.args == f"table: {table.name}":
                    table.choices = tuple(sorted(target.choices))
    return form


def document_of(form: MappingForm, before: Mapping[str, Any]) -> dict[str, Any]:
    """The document the form stands for. Rows that say what they said in ``before`` stay as they were written there."""
    rest = _typed(form.rest)
    document: dict[str, Any] = dict(rest) if isinstance(rest, dict) else {}
    block = before.get("lines") if isinstance(before.get("lines"), Mapping) else {}
    document["fields"] = _documents(form.of(ORDER), before.get("fields"))
    document["lines"] = {
        **(document.get("lines") or {}),
        "fields": _documents(form.of(LINE), block.get("fields")),  # type: ignore[union-attr]
    }
    document["shape"] = _shape(form.shape, document.get("shape"), before.get("shape"))
    document["tables"] = {one.name: dict(one.words) for one in form.tables}
    if not document["tables"] and "tables" not in before:
        del document["tables"]
    return document


def _shape(cells: ShapeCells, rest: Any, before: Any) -> dict[str, Any]:
    shape: dict[str, Any] = {"has_all": _lines(cells.has_all)}
    if cells.has_none or (isinstance(before, Mapping) and "has_none" in before):
        shape["has_none"] = _lines(cells.has_none)
    # A form from before these were fields has them here.
    return shape | (rest if isinstance(rest, dict) else {})


def _documents(rows: Sequence[RowCells], before: Any) -> list[Mapping[str, Any]]:
    known = {one.get("target"): one for one in _rules(before)}
    return [_as_before(_rule(row), known.get(row.target)) for row in rows]


def _as_before(rule: dict[str, Any], before: Mapping[str, Any] | None) -> Mapping[str, Any]:
    return before if before is not None and _plain(before) == rule else rule


def _plain(rule: Mapping[str, Any]) -> dict[str, Any]:
    """The row without what need not be written."""
    found = dict(rule)
    source = sources_of(rule)
    found["source"] = source[0] if len(source) == 1 else source
    for name in ("transforms", "validate"):
        found[name] = [{key: value for key, value in one.items() if value} for one in _rules(rule.get(name))]
    kept = {name: value for name, value in found.items() if name not in _PLAIN or value != _PLAIN[name]}
    return {name: value for name, value in kept.items() if value or name in ("default", "target", "note")}


def _rule(row: RowCells) -> dict[str, Any]:
    source = _lines(row.source)
    return _plain(
        {
            "target": row.target,
            "source": source,
            "transforms": [_step(row, one, TRANSFORMS) for one in row.steps],
            "default": _default(row),
            "validate": [_step(row, one, CHECKS) for one in row.checks],
            "when_missing": row.when_missing,
            "when_invalid": row.when_invalid,
            "note": row.note,
        }
    )


def _step(row: RowCells, cells: StepCells, known: Mapping[str, Transform]) -> dict[str, Any]:
    step: dict[str, Any] = {"name": cells.name}
    args: dict[str, Any] = {}
    for line in _lines(cells.args):
        name, colon, value = line.partition(":")
        if not colon:
            row.problems.append(_("“{line}” is no argument: write name: value").format(line=line[:40]))
            continue
        text = value.strip()
        bare = _is_text(step, name.strip(), known) and not text.startswith('"')
        args[name.strip()] = text if bare else _typed(text)
    return {**step, "args": args} if args else step


def _default(row: RowCells) -> Any:
    """As the target takes it: 5 is a number for an amount and text for a name."""
    if not row.default:
        return None
    target = (line_targets() if row.block == LINE else order_targets()).get(row.target)
    value = _typed(row.default)
    return row.default if target is not None and target.refuses(value) and not target.refuses(row.default) else value


def place_problems(form: MappingForm, problems: Iterable[Mapping[str, str]]) -> None:
    """Each problem to the row or the table it is about, the others to the head of the form."""
    for one in problems:
        holder = _holder(form, one["where"])
        if holder is None:
            form.problems.append(f"{one['where']}: {translated(one['problem'])}")
        else:
            holder.problems.append(translated(one["problem"]))


def _holder(form: MappingForm, where: str) -> RowCells | TableCells | ShapeCells | None:
    if where.startswith("shape.has_"):
        return form.shape
    if found := _PLACE.match(where):
        rows = form.of(LINE if found["lines"] else ORDER)
        number = int(found["number"])
        return rows[number] if number < len(rows) else None
    if found := _TABLE.match(where):
        return next((one for one in form.tables if one.name == found["name"]), None)
    return None


def place_sample(form: MappingForm, sample: Sample) -> None:
    for row in form.rows:
        row.sample = (sample.lines if row.block == LINE else sample.order).get(row.target, RowSample())


def changed(form: MappingForm, do: str) -> bool:
    """Add, remove or move what the button names; whether it was such a button."""
    verb, _colon, key = do.partition(":")
    if verb == "add" and key in (ORDER, LINE):
        form.rows.append(RowCells(_fresh(form, "l" if key == LINE else "o"), key))
    elif verb == "add" and key == "table":
        numbers = {one.key for one in form.tables}
        form.tables.append(TableCells(next(f"t{n}" for n in range(MOST_ROWS + 1) if f"t{n}" not in numbers), "", []))
    elif verb == "drop":
        form.rows = [row for row in form.rows if row.key != key]
        form.tables = [one for one in form.tables if one.key != key]
    elif verb == "up":
        _move_up(form, key)
    else:
        return False
    return True


def _fresh(form: MappingForm, letter: str) -> str:
    taken = {row.key for row in form.rows}
    return next(f"{letter}{n}" for n in range(MOST_ROWS + 1) if f"{letter}{n}" not in taken)


def _move_up(form: MappingForm, key: str) -> None:
    places = [n for n, row in enumerate(form.rows) if row.block == (LINE if key.startswith("l") else ORDER)]
    here = next((n for n in places if form.rows[n].key == key), None)
    if here is not None and here != places[0]:
        above = places[places.index(here) - 1]
        form.rows[above], form.rows[here] = form.rows[here], form.rows[above]
