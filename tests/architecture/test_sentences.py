"""What people read of cases, holds and outcomes is made as a ``Text``: only so can it be read in another language."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.architecture.source import name_of, python_files, tree_of

APPS = (
    "contracts",
    "orchestration",
    "casework",
    "orders",
    "channels",
    "inventory",
    "fulfillment",
    "compensation",
    "integrations",
)
# Call → which of its arguments, by place or by name, a person reads. Place 9: by name only.
READ = {
    "Problem": (2, "sentence"),
    "Done": (0, "outcome"),
    "Effect": (0, "sentence"),
    "Finding": (1, 2, "sentence"),
    "FieldWarning": (2, "message"),
    "HoldRequest": (2, "note"),
    "CannotConvert": (0, 1, "problem"),
    "NotProven": (0, "why"),
    "ProbeSkipped": (0, "why"),
    "Proof": (3, "sentence"),
    "Quarantined": (9, "reason"),
    "Rejected": (0, "reason"),
    "Ignored": (0, "reason"),
    "Notice": (2, "reason"),
    "NotACsvFile": (9, "problem"),
    "UploadRefused": (9, "problem"),
    "quarantine": (1, 2, "problem"),
    "warn": (0, "message"),
    "error": (2, 3, "problem"),
    "Doubt": (9, "sentence"),
    "clear_cases": (9, "resolution"),
    "place_hold": (9, "note"),
    "release_hold": (9, "note"),
    "release_holds": (9, "note"),
    "end_holds": (9, "why"),
    "CaseRefused": (9, "problem"),
    "NotResolvable": (9, "why"),
    "BeyondLimits": (9, "why"),
    "Overtaken": (9, "why"),
    "LineNotSubstitutable": (9, "why"),
    "report_parked": (9, "sentence"),
}


def plain_sentences(tree: ast.AST) -> Iterator[int]:
    """Lines on which such an argument is a literal or an f-string, or a name that was given one in the same function."""
    for scope in ast.walk(tree):
        if isinstance(scope, ast.FunctionDef | ast.Module):
            named = _named_here(scope)
            for call in ast.walk(scope):
                if isinstance(call, ast.Call):
                    yield from (one.lineno for one in _read_arguments(call) if _is_plain(one, named))


def _named_here(scope: ast.AST) -> dict[str, ast.expr]:
    given = (
        [node for node in ast.walk(scope) if isinstance(node, ast.Assign)] if isinstance(scope, ast.FunctionDef) else []
    )
    return {target.id: node.value for node in given for target in node.targets if isinstance(target, ast.Name)}


def _read_arguments(call: ast.Call) -> Iterator[ast.expr]:
    *places, name = READ.get(ast.unparse(call.func).rpartition(".")[2], (9, ""))
    yield from (call.args[place] for place in places if place < len(call.args))
    yield from (keyword.value for keyword in call.keywords if name and keyword.arg == name)


def _is_plain(value: ast.expr, named: dict[str, ast.expr]) -> bool:
    if isinstance(value, ast.Name) and value.id in named:
        value = named[value.id]
    if isinstance(value, ast.IfExp):
        return _is_plain(value.body, {}) or _is_plain(value.orelse, {})
    if isinstance(value, ast.BoolOp):
        return any(_is_plain(one, {}) for one in value.values)
    if isinstance(value, ast.Subscript):
        return _is_plain(value.value, {})
    return isinstance(value, ast.JoinedStr) or (isinstance(value, ast.Constant) and bool(value.value))


@pytest.mark.parametrize("app", APPS)
def test_no_sentence_that_people_read_is_plain_english_where_it_is_made(app: str) -> None:
    paths = python_files(f"apps/{app}")
    found = {f"{name_of(path)}:{line}" for path in paths for line in plain_sentences(tree_of(path))}

    assert found == set()


@pytest.mark.parametrize(
    "source",
    [
        'Problem(type="x", sentence=f"{name} has none.")',
        'Problem("x", "ord_1", "None is left.")',
        'Done("It waits.")',
        'Done(said[:255]) if False else Done(f"{said}"[:255])',
        'Effect("A" if some else Text("B"))',
        'def f():\n    said = f"{a} left."\n    place_hold(1, note=said)',
        'raise CaseRefused(problem=why or "It can\'t be done.")',
        'Finding(path, Text("is missing"), "Send it.")',
        'raise CannotConvert(f"{word} is no country", Text("Correct it."))',
    ],
)
def test_a_plain_sentence_is_found(source: str) -> None:
    assert list(plain_sentences(ast.parse(source)))


@pytest.mark.parametrize(
    "source",
    [
        'Problem(type="x", sentence=Text("None is left."))',
        'Done(Text("{n} left.", n=1), ends=False)',
        'place_hold(1, note="")',
    ],
)
def test_a_text_is_left_alone(source: str) -> None:
    assert not list(plain_sentences(ast.parse(source)))


def plain_columns(tree: ast.AST) -> Iterator[int]:
    """Lines on which a column of a configuration list answers with words that are not marked. Codes are of one lower-case word
    and stand first in a pair."""
    for made in ast.walk(tree):
        if isinstance(made, ast.FunctionDef) and any(
            word in ast.unparse(one) for one in made.decorator_list for word in ("display", "badge")
        ):
            answers = [node.value for node in ast.walk(made) if isinstance(node, ast.Return) and node.value]
            yield from (one.lineno for answer in answers for one in _plain_answers(answer))


def _plain_answers(answer: ast.expr) -> Iterator[ast.expr]:
    if isinstance(answer, ast.Constant | ast.JoinedStr) and any(
        isinstance(one, ast.Constant) and re.search("[A-Za-z]{2}", str(one.value).replace("Orderyard", ""))
        for one in ast.walk(answer)
    ):
        yield answer
    elif isinstance(answer, ast.IfExp):
        yield from (found for half in (answer.body, answer.orelse) for found in _plain_answers(half))
    elif isinstance(answer, ast.BoolOp):
        yield from (found for one in answer.values for found in _plain_answers(one))
    elif isinstance(answer, ast.Tuple):
        yield from (found for one in answer.elts[1:] for found in _plain_answers(one))


def test_no_column_of_a_configuration_list_answers_in_plain_english() -> None:
    paths = [path for path in python_files("apps") if path.name == "admin.py"]

    assert {f"{name_of(path)}:{line}" for path in paths for line in plain_columns(tree_of(path))} == set()


@pytest.mark.parametrize(
    "answer",
    ['"every location"', '", ".join(x) or "all"', '("off", "Off")', 'f"{row.a} to {row.b}"', 'str(x) if x else "none"'],
)
def test_a_plain_column_is_found(answer: str) -> None:
    assert list(plain_columns(ast.parse(f"@admin.display()\ndef shown(self, row):\n    return {answer}")))


def plain_details(tree: ast.AST) -> Iterator[int]:
    """Lines on which a word of ours goes into a sentence without being a ``Text`` itself: it would stay English in it."""
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and ast.unparse(call.func) in ("Text", "Text.counted", "Sentence"):
            yield from (one.value.lineno for one in call.keywords if one.arg and _is_word_of_ours(one.value))


def _is_word_of_ours(value: ast.expr) -> bool:
    if isinstance(value, ast.IfExp | ast.BoolOp):
        halves = value.values if isinstance(value, ast.BoolOp) else [value.body, value.orelse]
        return any(map(_is_word_of_ours, halves))
    if isinstance(value, ast.Constant):
        return bool(re.search("[A-Za-z]{3}", str(value.value))) if isinstance(value.value, str) else False
    if isinstance(value, ast.Call) and ast.unparse(value.func) == "str":
        return _is_word_of_ours(value.args[0])
    said = ast.unparse(value)
    return said.endswith((".label", "_display()")) or (".replace('_', ' ')" in said and not said.startswith("Text"))


# A place such as Europe/London; a filter of the API is called Text too nowhere else.
AS_THEY_ARE = {"apps/orchestration/steps/clocks.py"}


def test_no_word_of_ours_goes_into_a_sentence_in_plain_english() -> None:
    paths = [path for path in python_files("apps") if not name_of(path).startswith("apps/api/")]
    found = {f"{name_of(path)}:{line}" for path in paths for line in plain_details(tree_of(path))}

    assert {one for one in found if one.partition(":")[0] not in AS_THEY_ARE} == set()


@pytest.mark.parametrize(
    "detail", ['"the till"', "state.label", "row.get_state_display()", 'code.replace("_", " ")', 'a or "none"']
)
def test_a_word_of_ours_is_found_in_a_sentence(detail: str) -> None:
    assert list(plain_details(ast.parse(f'Text("It is {{x}}.", x={detail})')))
