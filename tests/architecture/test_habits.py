"""Small functions, short files, no drawers for odds and ends."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.architecture.source import PROJECT, functions_in, name_of, python_files, tree_of

LONGEST_FUNCTION, LONGEST_FILE = 60, 400
# What they are now; lower only.
NINE_IN_TEN = {"apps": 16, "orchestrator": 18, "tests": 15}
DRAWERS = {"utils", "helpers", "common", "misc", "util", "helper"}
SIGNALS = {"django.dispatch", "django.db.models.signals", "django.core.signals"}
# A handler of Django's has to say that a request begins; it listens to nothing.
SAYS_THAT_A_REQUEST_BEGINS = "orchestrator/buffered.py"
FOLDERS = ("apps", "bench", "orchestrator", "tests")


def _length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


@pytest.mark.parametrize("folder", NINE_IN_TEN)
def test_nine_functions_in_ten_are_as_short_as_they_were(folder: str) -> None:
    lengths = sorted(_length(function) for path in python_files(folder) for function in functions_in(path))

    assert lengths[int(len(lengths) * 0.9)] <= NINE_IN_TEN[folder]


def test_no_function_is_longer_than_a_screen() -> None:
    too_long = [
        f"{name_of(path)}: {function.name} has {_length(function)} lines"
        for path in python_files(*FOLDERS)
        for function in functions_in(path)
        if _length(function) > LONGEST_FUNCTION
    ]

    assert too_long == []


def test_no_file_is_too_long_to_read_in_one_go() -> None:
    lengths = {name_of(path): len(path.read_text().splitlines()) for path in python_files(*FOLDERS)}

    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE} == {}


def test_no_file_is_a_drawer_for_odds_and_ends() -> None:
    assert [name_of(path) for path in python_files(*FOLDERS) if path.stem in DRAWERS] == []


def test_nothing_happens_by_signal() -> None:
    listening = [
        f"{name_of(path)}:{node.lineno}"
        for path in python_files("apps", "orchestrator")
        for node in ast.walk(tree_of(path))
        if SIGNALS & _modules(node) and name_of(path) != SAYS_THAT_A_REQUEST_BEGINS
    ]

    assert listening == []


def _modules(node: ast.AST) -> set[str]:
    if isinstance(node, ast.ImportFrom) and node.module:
        return {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return {alias.name for alias in node.names} if isinstance(node, ast.Import) else set()


@pytest.mark.parametrize("path", sorted((PROJECT / "apps").glob("*/__init__.py")), ids=lambda path: path.parent.name)
def test_an_app_says_what_it_owns_and_what_it_does_not(path: Path) -> None:
    said = (ast.get_docstring(tree_of(path)) or "").splitlines()

    assert len(said) >= 4, "a headline, an empty line, what it owns, what it does not"
    assert said[1] == ""
    assert said[2].startswith("Owns ")


# By the names a module is imported under: what can't be simulated, unless the file below says why it needs the real thing.
RAW = re.compile(
    r"\b(time\.(time|monotonic|sleep|perf_counter)|datetime\.now|timezone\.now|date\.today|random\.\w+|os\.urandom|uuid\.uuid\w+)\("
    r"|\bthreading\.Timer\(|\bsecrets\.token_\w+\(|^from (time|random|uuid) import",
    re.MULTILINE,
)
MAY_USE_RAW = {
    "apps/core/clock.py": "is the clock",
    "apps/core/randomness.py": "is the chance",
    "apps/core/database_clock.py": "measures how far this process's own clock has drifted",
    "apps/core/exchange.py": "cuts a real connection off at its deadline",
    "apps/outbound/": "cuts a real connection off at its deadline",
    "apps/core/postgresql/": "how long a real connection has been in hand or away",
    "apps/accounts/sessions.py": "as Django's own session store, which it stands in for, judges expiry",
    "apps/accounts/services.py": "an API key is a secret",
    "apps/channels/services/secret_rotation.py": "signing secrets",
    "apps/channels/services/oauth.py": "what tells one person's way to a vendor's page from another's is a secret",
    "apps/webhooks/services/signing.py": "signing secrets",
    "apps/console/orders/views.py": "shows how long a computation really took",
    "apps/demo/": "people and customers who keep a running system busy, outside it",
}


def test_time_chance_and_waiting_come_from_one_place_so_that_a_simulation_can_drive_everything() -> None:
    raw = [
        f"{name_of(path)}: {found.group(0)}"
        for path in python_files("apps")
        if not name_of(path).startswith(tuple(MAY_USE_RAW)) and "/migrations/" not in name_of(path)
        for found in [RAW.search(path.read_text())]
        if found
    ]

    assert raw == []


# In comments and docstrings: the plain word stands after each. Sentences that people read are checked by eye and by their catalog.
QUAINT = {
    r"answers (?:how many|whether|what|the|who|when|those)": "returns",
    r"(?:timed|counted|routed|decide|read|made|opened|written|begins?|start) anew": "again, retimed, rerouted, …",
    r"is told of what": "which events go where",
    r"hears? of it": "is notified",
    r"knock(?:s|ed)? at": "wake up, signal",
    r"errand": "name the thing",
    r"lapses?": "expires",
}
_QUAINT = re.compile(r"\b(?:" + "|".join(QUAINT) + r")\b", re.IGNORECASE)


def _remarks(path: Path) -> list[str]:
    """Comments and docstrings of a file."""
    nodes = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    documented = [ast.get_docstring(node) or "" for node in ast.walk(tree_of(path)) if isinstance(node, nodes)]
    return documented + [line for line in path.read_text().splitlines() if line.lstrip().startswith("#")]


def test_comments_use_plain_words() -> None:
    quaint = [
        f"{name_of(path)}: {found.group(0)}"
        for path in python_files("apps", "bench", "orchestrator")
        if "/migrations/" not in name_of(path) and not name_of(path).startswith("apps/inventory/")
        for remark in _remarks(path)
        for found in _QUAINT.finditer(remark)
    ]

    assert quaint == []
