"""Every event that code records stands in the subscriptions, and nothing else does."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from apps.orchestration.subscriptions import SUBSCRIPTIONS
from tests.architecture.source import PROJECT, functions_in, name_of, python_files, tree_of

EVENT_NAME = re.compile(r"[a-z_]+\.[a-z_]+")


def test_every_recorded_event_has_its_entry_and_every_entry_its_event() -> None:
    recorded = {name for path in python_files("apps") for name in _recorded_in(path)}

    assert recorded - SUBSCRIPTIONS.keys() == set(), (
        "give it a line in subscriptions.py, an empty list where nothing follows"
    )
    assert SUBSCRIPTIONS.keys() - recorded == set(), "nobody records this any more"


def test_every_event_constant_is_used() -> None:
    text = "\n".join(path.read_text() for path in python_files("apps") if path.name != "events.py")
    unused = [
        f"{name_of(path)}: {constant}"
        for path in _event_files()
        for constant in _constants(path)
        if not re.search(rf"events\.{constant}\b", text)
    ]

    assert unused == []


def test_a_step_has_one_name_and_a_subscription_names_it_once() -> None:
    for steps in SUBSCRIPTIONS.values():
        names = [step.name for step in steps]
        assert len(set(names)) == len(names)
    by_name: dict[str, set[int]] = {}
    for step in (step for steps in SUBSCRIPTIONS.values() for step in steps):
        by_name.setdefault(step.name, set()).add(id(step))

    assert [name for name, objects in by_name.items() if len(objects) > 1] == []


def _event_files() -> list[Path]:
    return sorted((PROJECT / "apps").glob("*/events.py"))


def _recorded_in(path: Path) -> Iterator[str]:
    """Constants of an events.py, and names handed to ``Fact`` or to a function that makes one."""
    constants = _constants(path)
    if path.name == "events.py":
        yield from constants.values()
    makers = {"Fact"} | {name for file in [path, *_event_files()] for name in _makers_in(file)}
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Call) and _called(node) in makers:
            yield from _names_in(_name_argument(node), constants)


def _constants(path: Path) -> dict[str, str]:
    """String constants of a file that look like event names."""
    return {
        target.id: node.value.value
        for node in tree_of(path).body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name) and isinstance(node.value.value, str) and EVENT_NAME.fullmatch(node.value.value)
    } | _paired(path)


def _paired(path: Path) -> dict[str, str]:
    """The same, for ``A, B = "x.y", "x.z"``."""
    return {
        name.id: value.value
        for node in tree_of(path).body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Tuple) and isinstance(node.targets[0], ast.Tuple)
        for name, value in zip(node.targets[0].elts, node.value.elts, strict=True)
        if isinstance(name, ast.Name) and isinstance(value, ast.Constant) and isinstance(value.value, str)
        if EVENT_NAME.fullmatch(value.value)
    }


def _makers_in(path: Path) -> list[str]:
    """Functions that say they answer with a Fact."""
    return [one.name for one in functions_in(path) if isinstance(one.returns, ast.Name) and one.returns.id == "Fact"]


def _called(call: ast.Call) -> str:
    function = call.func
    return (
        function.id if isinstance(function, ast.Name) else function.attr if isinstance(function, ast.Attribute) else ""
    )


def _name_argument(call: ast.Call) -> ast.expr | None:
    named = [keyword.value for keyword in call.keywords if keyword.arg == "name"]
    return named[0] if named else call.args[0] if call.args else None


def _names_in(argument: ast.expr | None, constants: dict[str, str]) -> Iterator[str]:
    for node in ast.walk(argument) if argument is not None else ():
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and EVENT_NAME.fullmatch(node.value):
            yield node.value
        elif isinstance(node, ast.Name) and node.id in constants:
            yield constants[node.id]
