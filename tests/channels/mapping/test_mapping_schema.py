"""The shape of a mapping document: how long and how large each part may be, and what stands where nothing is written."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from apps.channels.mapping.documents import lint, load_document
from apps.channels.mapping.schema import MappingDocument
from apps.channels.mapping.service_levels import find_level
from apps.channels.mapping.table import TableRow, as_table
from apps.channels.mapping.targets import line_targets, order_targets
from tests.channels.mapping.small import LEAST, row, with_part

HOLD_24 = "hold:" + "r" * 24


def test_what_stands_where_nothing_is_written() -> None:
    assert lint(LEAST) == []
    spec = load_document(LEAST).spec

    assert (spec.description, spec.topics, spec.tables, spec.records, spec.gates, spec.guards) == (
        "",
        (),
        {},
        (),
        (),
        (),
    )
    assert (spec.shape.has_none, spec.shape.grouped_by) == ((), ())
    assert (spec.lines.skip, spec.lines.when_none_left) == ((), "quarantine")
    assert spec.lines.none_left_reason == "no line is left to fulfill"
    bare = MappingDocument.model_validate(with_part("fields/0", {"target": "external_id", "note": "x"})).fields[0]
    assert (bare.sources, bare.transforms, bare.default, bare.checks) == ((), (), None, ())
    assert (bare.when_missing, bare.when_invalid) == ("omit", "quarantine")


@pytest.mark.parametrize(
    ("path", "good", "bad"),
    [
        ("contract", ["a.b", "a_1.b.c", "a." + "b" * 62], ["a", "A.b", "a.", "a." + "b" * 63, "a.b!"]),
        ("version", [1, 99], [0, -1, "x"]),
        ("channel_kind", ["a", "k" * 32, "a_1"], ["", "k" * 33, "A"]),
        ("title", ["t", "t" * 120], ["", "t" * 121]),
        ("tables", [{"n" * 32: {}}], [{"n" * 33: {}}, {"N": {}}, {"n": 5}]),
        ("shape/has_all", [["id"]], [[], "id"]),
        ("fields", [], [[]]),
        ("fields/0/note", ["n", "n" * 500], ["", "n" * 501]),
        ("fields/0/when_missing", ["omit", "quarantine", "reject", HOLD_24], ["", "hold:", HOLD_24 + "r", "hold:A", "ignore"]),
        ("lines/fields", [], [[]]),
        ("lines/when_none_left", ["ignore", "quarantine", "cancelled"], ["open", "cancelled!"]),
        ("lines/none_left_reason", ["", "r" * 300], ["r" * 301]),
        ("lines/skip", [[]], [[{"when": [], "reason": "x"}]]),
        ("records", [[{"name": "n" * 32, "candidates": ["a"], "has_any": ["b"]}]],
         [[{"name": "n" * 33, "candidates": ["a"], "has_any": ["b"]}], [{"name": "n", "candidates": [], "has_any": ["b"]}],
          [{"name": "n", "candidates": ["a"], "has_any": []}]]),
    ],
)  # fmt: skip
def test_each_part_has_its_bounds(path: str, good: list[Any], bad: list[Any]) -> None:
    assert [value for value in good if lint(with_part(path, value))] == []
    assert [value for value in bad if not lint(with_part(path, value))] == []


WHEN = [{"path": "x", "test": "present"}]


@pytest.mark.parametrize(
    ("path", "part", "key", "good", "bad"),
    [
        ("lines/skip", {"when": WHEN, "reason": "r"}, "reason", ["r" * 200], ["", "r" * 201]),
        ("gates", {"when": WHEN, "then": "ignore", "reason": "r"}, "reason", ["r" * 300], ["", "r" * 301]),
        ("gates", {"when": WHEN, "then": "ignore", "reason": "r"}, "when", [WHEN * 2], [[]]),
        ("gates", {"when": WHEN, "then": "ignore", "reason": "r"}, "then", ["quarantine", "reject", "warn", HOLD_24],
         ["omit", "hold:", HOLD_24 + "r"]),
        ("guards", {"path": "x", "reads": "moment"}, "then", [HOLD_24], ["reject", HOLD_24 + "r"]),
        ("guards", {"path": "x", "reads": "moment"}, "reads", ["yes_no"], ["number"]),
    ],
)  # fmt: skip
def test_gates_guards_and_skips_have_theirs(path: str, part: Any, key: str, good: list[Any], bad: list[Any]) -> None:
    assert lint(with_part(path, [part])) == []
    assert [value for value in good if lint(with_part(path, [part | {key: value}]))] == []
    assert [value for value in bad if not lint(with_part(path, [part | {key: value}]))] == []


def test_a_guard_holds_by_hand_where_it_says_no_more() -> None:
    spec = load_document(with_part("guards", [{"path": "x", "reads": "moment"}])).spec

    assert (spec.guards[0].then, spec.guards[0].words) == ("hold:manual", ())


@pytest.mark.parametrize("part", ["", "fields/0/", "lines/", "shape/"])
def test_a_word_nobody_knows_is_refused(part: str) -> None:
    [message] = lint(with_part(f"{part}colour", "red"))

    assert message.where.endswith("colour")


def test_the_rows_of_a_line_are_read_quantity_first_and_those_of_the_order_currency_first() -> None:
    document = load_document(LEAST)

    assert [rule.target for rule in document.rules] == ["currency", "external_id", "placed_at"]
    assert [rule.target for rule in document.lines.rules] == ["quantity", "line_id", "unit_price"]
    assert [rule.path for rule in document.rules] == ["currency", "id", "at"]
    assert document.lines.read.steps == ("items",)


def test_a_document_is_made_ready_as_it_is_written() -> None:
    raw = with_part("tables", {"service_level": {"*Fast*": "express"}, "words": {" Yes ": "y"}})
    raw["guards"] = [{"path": "x", "reads": "word", "words": [" Open "]}]
    raw["fields"][0] |= {
        "source": ["id", "number"], "transforms": [{"name": "first_non_empty"}, {"name": "identifier"}],
        "validate": [{"name": "at_most_long", "args": {"characters": 9}}], "when_missing": "hold:manual", "when_invalid": "reject",
    }  # fmt: skip

    document = load_document(raw)

    rule = next(rule for rule in document.rules if rule.target == "external_id")
    assert (rule.source, len(rule.sources), len(rule.steps), len(rule.checks), rule.makes) == (None, 2, 2, 1, False)
    assert (rule.when_missing.kind, rule.when_missing.reason) == ("hold", "manual")
    assert (rule.when_invalid.kind, rule.when_invalid.reason) == ("reject", "")
    assert rule.limit == order_targets()["external_id"].limit == 128
    assert find_level("very fast", document.globs) == "express"
    assert document.tables["words"] == {"yes": "y"}
    assert document.guards[0][1] == frozenset({"open"})
    assert document.raw is raw


def test_a_row_reads_as_a_row_of_a_table() -> None:
    raw = with_part("fields/0", row("external_id", "id") | {
        "source": ["id", "no"], "transforms": [{"name": "first_non_empty"}, {"name": "add_prefix", "args": {"prefix": "ü"}}],
        "validate": [{"name": "at_least", "args": {"least": 1}}], "default": "é", "when_missing": "default",
    })  # fmt: skip

    rows = as_table(MappingDocument.model_validate(raw))

    assert rows[0] == TableRow(
        "order", "external_id", "id, no", 'first_non_empty → add_prefix({"prefix": "ü"})', 'at_least({"least": 1})', '"é"', "default",
        "quarantine", "As it comes.",
    )  # fmt: skip
    assert (rows[1].default, rows[1].steps, rows[-1].block) == ("", "moment", "line")


def test_targets_know_how_long_they_are_which_words_they_take_and_why_they_refuse() -> None:
    order, line = order_targets(), line_targets()

    assert (order["external_id"].limit, order["currency"].limit, line["title"].limit, line["quantity"].limit) == (
        128,
        0,
        255,
        0,
    )
    assert order["status"].choices == {"open", "cancelled", "completed"}
    assert (order["note"].choices, order["placed_at"].required, order["note"].required) == (frozenset(), True, False)
    assert "lines" not in order
    assert line["quantity"].refuses(1) == ""
    assert "is more than 1000000" in line["quantity"].refuses(10**12)
    assert order["customer.name"].name == "customer.name"


def said(
    *rows: dict[str, Any], line_rows: tuple[dict[str, Any], ...] = (), known: Any = None, **parts: Any
) -> list[str]:
    """What is said of the least document with these rows and parts besides."""
    raw = copy.deepcopy(LEAST) | parts
    raw["fields"] = [*raw["fields"], *rows]
    raw["lines"]["fields"] += line_rows
    return [f"{message.where}: {message.problem}" for message in lint(raw, hold_reasons=known)]


LOOKUP = row("status", "state", ("lookup", {"table": "words"}))
NEVER_USED = "it has a default that is never used"


@pytest.mark.parametrize(
    ("one", "problems"),
    [
        (row("note", "a", default="x"), [NEVER_USED]),
        (row("note", "a", default="x", when_missing="default"), []),
        (row("note", "a", default="x", when_invalid="default"), []),
        (row("note", "a", default="x", when_missing="hold:manual"), []),
        (row("note", "a", default="x", when_invalid="hold:manual"), []),
        (row("note", "a", default="x", when_missing="reject", when_invalid="omit"), [NEVER_USED]),
        (row("note", "a", when_invalid="default"), ["it falls back to a default, and has none"]),
        (row("tags", "a", "split_tags", default=5, when_missing="default"), ["its default does not fit: is not a list"]),
        (row("note", None), ["it has neither a source, nor a default, nor a transform that makes a value"]),
        (row("note", None, "text"), ["it has neither a source, nor a default, nor a transform that makes a value"]),
        (row("note", None, ("constant", {"to": "x"})), []),
        (row("note", None, default="x", when_missing="default"), []),
        (row("note", ["a"]), []),
        (row("note", ["a", "b"]), ["it reads several values; add first_non_empty, join or another step that makes one of them"]),
        (row("note", "a[]"), ["it reads several values; add first_non_empty, join or another step that makes one of them"]),
        (row("note", "a[]", "join"), []),
        (row("note", "a", "sing", "dance"), ["there is no transform 'sing'", "there is no transform 'dance'"]),
        (row("status", "a", when_invalid="omit"), ["it guards what ships: unreadable, it has to hold or be quarantined, not be left out"]),
        (row("discount", "a"), ["there is no target 'discount' in the canonical order"]),
        (row("placed_at", "a"), ["the target is filled twice"]),
        (row("note", "@who.x"), ["'@who.x': there is no record 'who'"]),
        (row("note", "$.x"), []),
        (row("shipping_address.region", "r", ("region", {"country_target": "shipping_address.country"})),
         ["the row of 'shipping_address.country' has to stand before it"]),
    ],
)  # fmt: skip
def test_what_is_said_of_a_row(one: dict[str, Any], problems: list[str]) -> None:
    assert said(one) == [f"fields[3] {one['target']}: {problem}" for problem in problems]


def test_a_country_that_stands_before_its_region_will_do() -> None:
    region = row("shipping_address.region", "r", ("region", {"country_target": "shipping_address.country"}))

    assert said(row("shipping_address.country", "c", "country"), region) == []


def test_what_is_said_of_a_row_of_a_line_names_its_place() -> None:
    assert said(line_rows=(row("tax", "t", "money", when_invalid="omit"),)) == [
        "lines.fields[3] tax: it guards what ships: unreadable, it has to hold or be quarantined, not be left out"
    ]
    assert said(line_rows=(row("title", "t", when_invalid="omit"),)) == []
    assert said(line_rows=(row("tax", "@who.x"),)) == ["lines.fields[3] tax: '@who.x': there is no record 'who'"]


def test_what_is_said_of_tables() -> None:
    assert said(LOOKUP) == ["fields[3] status: there is no table 'words' in the document"]
    assert said(LOOKUP, tables={"words": {"a": "open"}}) == []
    assert said(LOOKUP, tables={"words": {"a": "shut", "b": "lost", "c": "open"}}) == [
        "fields[3] status: the table 'words' leads to lost, shut, which the target does not know"
    ]
    more_steps = row("status", "state", ("lookup", {"table": "words"}), "lower")
    assert said(more_steps, tables={"words": {"a": "OPEN"}}) == []
    free = row("note", "state", ("lookup", {"table": "words"}))
    assert said(free, tables={"words": {"a": "anything"}}) == []
    assert said(tables={"words": {"A": "1", "a ": "2", "b": "3", "B": "4", "c": "5"}}) == [
        "tables.words: 'a' stands twice; case does not count",
        "tables.words: 'b' stands twice; case does not count",
    ]
    assert [one.partition(":")[0] for one in said(tables={"service_level": {"*": "soon"}})] == ["tables.service_level"]


GATE = {
    "when": [{"path": "a", "test": "present"}, {"path": "x", "test": "is_true"}],
    "then": "hold:weather",
    "reason": "r",
}


def test_what_is_said_of_gates_guards_and_skips() -> None:
    plain = {"when": [{"path": "@who.a", "test": "present"}], "then": "ignore", "reason": "r"}
    guard = {"path": "x", "reads": "yes_no"}

    assert said(gates=[plain, GATE]) == [
        "gates[1]: 'x' has no guard for when it is unreadable",
        "gates[0]: '@who.a': there is no record 'who'",
    ]
    assert said(gates=[GATE], guards=[guard]) == []
    for test in ("is_false", "is_moment"):
        assert len(said(gates=[{**GATE, "when": [{"path": "y", "test": test}]}], guards=[guard])) == 1
    assert said(gates=[{**GATE, "when": [{"path": "y", "test": "is_zero"}]}]) == []
    said_of_words = "words go with reads: word, and only with it"
    assert said(guards=[guard, {"path": "x", "reads": "word"}]) == [f"guards[1]: {said_of_words}"]
    assert said(guards=[guard | {"words": ["a"]}]) == [f"guards[0]: {said_of_words}"]
    assert said(guards=[{"path": "x", "reads": "word", "words": ["a"]}]) == []
    assert said(guards=[guard, {"path": "@who.x", "reads": "moment"}]) == [
        "guards[1]: '@who.x': there is no record 'who'"
    ]
    skips = [{"when": [{"path": "@who.x", "test": "present"}], "reason": "r"}]
    assert said(lines=LEAST["lines"] | {"skip": [{"when": GATE["when"], "reason": "r"}, *skips]}) == [
        "lines.skip[1]: '@who.x': there is no record 'who'"
    ]


@pytest.mark.parametrize(
    ("source", "good"),
    [
        ("items[]", True),
        ("a.items[]", True),
        ("items", False),
        ("items[0]", False),
        ("a[].items[]", False),
        ("items[].x", False),
    ],
)
def test_lines_stand_in_one_list(source: str, good: bool) -> None:
    problems = said(lines=LEAST["lines"] | {"source": source})

    assert problems == ([] if good else [f"lines.source: {source!r} must end in [] and have no other []"])


def test_hold_reasons_are_those_the_caller_knows() -> None:
    one = row("note", "a", when_missing="hold:weather", when_invalid="hold:manual")
    line = row("title", "a", when_invalid="hold:moon")
    guards = [{"path": "x", "reads": "yes_no", "then": "hold:tide"}]

    assert said(one, line_rows=(line,), gates=[GATE], guards=guards) == []
    assert said(one, line_rows=(line,), gates=[GATE], guards=guards, known=frozenset({"manual"})) == [
        "fields note: 'weather' is not a hold reason",
        "fields title: 'moon' is not a hold reason",
        "gates[0]: 'weather' is not a hold reason",
        "guards[0]: 'tide' is not a hold reason",
    ]


def test_a_target_that_an_order_can_not_be_without_has_to_be_filled() -> None:
    raw = copy.deepcopy(LEAST)
    del raw["fields"][1], raw["lines"]["fields"][0]

    assert [f"{message.where}: {message.problem}" for message in lint(raw)] == [
        "fields: the required target 'placed_at' is not filled",
        "lines.fields: the required target 'line_id' is not filled",
    ]
