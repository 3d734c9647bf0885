"""The documentation is true of the code where a machine can tell."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from apps.casework.states import CaseType
from apps.channels.framework.adapter import Capability
from apps.channels.framework.registry import adapters
from docs.generate import outdated
from tests.architecture.source import PROJECT, name_of, python_files

PAGES = sorted([*PROJECT.glob("*.md"), *(PROJECT / "docs").rglob("*.md")])
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
SNIPPET = re.compile(r"<<'PY'\n(.*?)^PY$", re.MULTILINE | re.DOTALL)
PLACE = re.compile(r"`([A-Za-z_][\w.]*)` in `([\w/.]+\.py)`")
CODE = re.compile(r"`([^`]+)`")
FILE = re.compile(r"`((?!/)[\w./-]+(?:\.(?:py|md|toml|json|html|txt|yaml)|/))`")
FOLDERS = (
    "apps",
    "bench",
    "docs",
    "orchestrator",
    "requirements",
    "simulation",
    "static",
    "templates",
    "tests",
    "locale",
)
# Made by a command, or named because there is none.
NO_FILES_OF_OURS = {"utils.py", "helpers.py", "common.py", ".local/", ".mutants/", "order.json"}
PIN = re.compile(r"^([A-Za-z0-9_.-]+)==", re.MULTILINE)
ENVIRONMENT = re.compile(r"""(?:env\.(?:text|flag|number|words)|os\.environ\.get)\(\s*["']([A-Z][A-Z0-9_]+)["']""")


def test_the_generated_parts_are_up_to_date() -> None:
    assert [name_of(page) for page in outdated()] == [], "run .venv/bin/python docs/generate.py"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    assert [link for link in _links(page) if not _leads_somewhere(page, link)] == []


def test_snippets_import_what_there_is() -> None:
    for snippet in (text for page in PAGES for text in SNIPPET.findall(page.read_text())):
        for node in ast.walk(ast.parse(snippet)):
            if isinstance(node, ast.ImportFrom) and node.module:
                module = import_module(node.module)
                assert [alias.name for alias in node.names if not hasattr(module, alias.name)] == []


def test_every_dependency_stands_there_with_its_reason() -> None:
    text = (PROJECT / "docs/dependencies.md").read_text()
    pinned = {name for file in (PROJECT / "requirements").glob("*.txt") for name in PIN.findall(file.read_text())}

    assert {name for name in pinned if f"`{name}`" not in text} == set()


def test_every_environment_variable_is_described() -> None:
    text = (PROJECT / "docs/reference/settings.md").read_text()
    read = {name for path in python_files("apps", "bench", "orchestrator", "tests") for name in _variables(path)}

    assert {name for name in read if f"`{name}`" not in text} == set()


def test_every_exception_type_says_what_to_do() -> None:
    text = (PROJECT / "docs/reference/exceptions.md").read_text()

    assert [kind for kind in CaseType.values if f"`{kind}`" not in text] == []


def test_where_is_names_what_there_is() -> None:
    section = (PROJECT / "docs/index.md").read_text().split("## Where is …?")[1].split("\n## ")[0]
    places = PLACE.findall(section)
    paths = {text for text in CODE.findall(section) if "/" in text}

    assert [path for path in sorted(paths) if not (PROJECT / path).exists()] == []
    assert [(name, path) for name, path in places if name not in _defined_in(PROJECT / path)] == []
    # Nothing else stands there as code, so that nothing goes unchecked.
    assert set(CODE.findall(section)) - paths - {name for name, _ in places} == set()
    assert len([row for row in section.splitlines() if row.startswith("| ")]) >= 7


def test_files_that_pages_name_exist() -> None:
    there = [name_of(path) for folder in FOLDERS for path in (PROJECT / folder).rglob("*")]
    there += [path.name for path in PROJECT.iterdir()]
    named = {(name_of(page), text) for page in PAGES for text in FILE.findall(page.read_text())}
    # Relative to the project, to apps/ or to the app the page speaks of; what begins with a slash is an address.
    lost = [one for one in named if not any(f"/{path}".endswith(f"/{one[1].rstrip('/')}") for path in there)]

    assert {text for _, text in lost} - NO_FILES_OF_OURS == set(), lost


def test_a_row_for_contributors_names_what_there_is() -> None:
    section = (PROJECT / "CONTRIBUTING.md").read_text().split("## A change, from end to end")[1].split("\n## ")[0]
    rows = [row for row in section.splitlines() if row.startswith(("| a new", "| an event"))]
    lost = {(row[:40], name) for row in rows for name in _lost_names(row)}

    assert len(rows) >= 10
    assert lost == set()


def _lost_names(row: str) -> list[str]:
    """Names in a row that stand in none of the files and folders that the row leads to: at most one hop from here."""
    words = CODE.findall(row)
    paths = [PROJECT / word for word in words if "/" in word] + [(PROJECT / link) for link in LINK.findall(row)]
    files = [file for path in paths for file in ([path] if path.is_file() else path.rglob("*.py"))]
    text = "\n".join(file.read_text() for file in files)
    names = [word for word in words if "/" not in word and "." not in word]
    return [name for name in names if not re.search(rf"\b{re.escape(name.partition('(')[0])}\b", text)]


def _defined_in(path: Path) -> set[str]:
    """Functions, classes and constants of a module, and methods as ``Class.method``."""
    found = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {target.id for target in targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
            if isinstance(node, ast.ClassDef):
                found |= {f"{node.name}.{part.name}" for part in node.body if isinstance(part, ast.FunctionDef)}
    return found


def _links(page: Path) -> Iterator[str]:
    for link in LINK.findall(FENCE.sub("", page.read_text())):
        if not link.startswith(("http://", "https://")):
            yield link


def _leads_somewhere(page: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    return target.exists() and (not anchor or anchor in _anchors(target))


def _anchors(page: Path) -> set[str]:
    """As GitHub makes them of headings."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", page.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _variables(path: Path) -> list[str]:
    # Tests of the embedded run look at variables that it sets for others.
    return [] if "embedded" in path.parts else ENVIRONMENT.findall(path.read_text())


def test_every_term_of_the_glossary_is_in_use() -> None:
    used = " ".join(
        path.read_text().lower().replace("_", " ")
        for folder, kind in (("apps", "*.py"), ("orchestrator", "*.py"), ("templates", "*.html"))
        for path in (PROJECT / folder).rglob(kind)
    )
    squeezed = re.sub(r"[^a-z]", "", used)
    terms = re.findall(r"\*\*([^*]+)\*\*", (PROJECT / "docs/glossary.md").read_text())

    assert [term for term in terms if re.sub(r"[^a-z]", "", term.lower()) not in squeezed] == []


def test_the_hooks_of_every_kind_of_channel_are_listed() -> None:
    page = (PROJECT / "docs/reference/api.md").read_text()
    kinds = [name for name, one in adapters().items() if one.can(Capability.WEBHOOKS)]

    assert [kind for kind in kinds if f"`POST /hooks/{kind}/<channel>/`" not in page] == []
