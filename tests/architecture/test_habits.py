"""Small functions, short files, no drawers for odds and ends."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from apps.console.translating.catalogs import load
from tests.architecture.source import PROJECT, functions_in, name_of, python_files, tree_of

LONGEST_FUNCTION, LONGEST_FILE = 60, 400
# What they are now; lower only.
NINE_IN_TEN = {"apps": 16, "orchestrator": 18, "tests": 15}
DRAWERS = {"utils", "helpers", "common", "misc", "util", "helper"}
SIGNALS = {"django.dispatch", "django.db.models.signals", "django.core.signals"}
# A handler of Django's has to say that a request begins; it listens to nothing.
SAYS_THAT_A_REQUEST_BEGINS = "orchestrator/buffered.py"
FOLDERS = ("apps", "bench", "orchestrator", "simulation", "tests")


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


# In comments, docstrings, docs and screens: the plain word stands after each.
QUAINT = {
    r"answers (?:how many|whether|what|the|who|when|those)": "returns",
    r"anew|afresh": "again; retimed, rerouted, reloaded, recalculated",
    r"(?:is|are|was|were|be|been|being|not) told": "notified, sent, shown",
    r"told (?:apart|back|once|of)": "distinguished; sent back; notified",
    r"(?:who|whom) to tell": "who to notify",
    r"tells? (?:staff|everybody|nobody|other systems)": "notifies",
    r"telling (?:staff|customers|people|other systems|operations)": "notifying",
    r"hears|hear (?:of|why|what came)|heard": "is notified, receives, reports",
    r"news": "an event, a report, something new",
    r"knock(?:s|ed)?|doorbell": "wakes up, signals",
    r"doors?": "entry point, endpoint, request",
    r"errands?": "name the thing",
    r"glance": "name the thing",
    r"outlook": "name the thing",
    r"(?:clos\w+|comes? back|goes on|appears?|tried again|tries again|retried|reconnects?|renewed) by (?:itself|themselves)": "automatically",
    r"laps(?:es?|ed)": "expires",
    r"dear(?:er|est)": "more expensive",
}
_QUAINT = re.compile(r"\b(?:" + "|".join(QUAINT) + r")\b", re.IGNORECASE)
# The one sentence the architecture is remembered by, and what is meant as it is written.
PLAIN_HERE = re.compile(
    r"Doors parse, services decide|entry points \(the doors\)|out of the door|(?:refused|leave \w+) at the door|\]\([^)]*\)",
    re.IGNORECASE,
)
# Kept as they are, because they stand in the records of running systems.
STORED = {
    "nothing better can be done before there is news",
    "the partner was heard from",
    "kept on the order and told to the channel",
    "{count} location is told to stop.",
    "{count} locations are told to stop.",
    "Nothing heard within a week: cancel when the parcel is back in stock.",
}


def _quaint(text: str) -> list[str]:
    return [found.group(0) for found in _QUAINT.finditer(PLAIN_HERE.sub("", text))]


def _remarks(path: Path) -> list[str]:
    """Comments and docstrings of a file."""
    nodes = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    documented = [ast.get_docstring(node) or "" for node in ast.walk(tree_of(path)) if isinstance(node, nodes)]
    return documented + [line for line in path.read_text().splitlines() if line.lstrip().startswith("#")]


def test_comments_use_plain_words() -> None:
    quaint = [
        f"{name_of(path)}: {found}"
        for path in python_files("apps", "bench", "orchestrator")
        if "/migrations/" not in name_of(path)
        for remark in _remarks(path)
        for found in _quaint(remark)
    ]

    assert quaint == []


def test_docs_use_plain_words() -> None:
    pages = [*(PROJECT / "docs").rglob("*.md"), PROJECT / "README.md", PROJECT / "CONTRIBUTING.md"]

    assert [f"{name_of(page)}: {found}" for page in pages for found in _quaint(page.read_text())] == []


def test_screens_use_plain_words() -> None:
    texts = {
        text
        for message in load("de")
        if message.id
        for text in ([message.id] if isinstance(message.id, str) else message.id)
    }

    assert {text: found for text in texts - STORED if (found := _quaint(text))} == {}
