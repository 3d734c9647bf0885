"""Other systems are called by `apps/outbound` and by nothing else."""

from __future__ import annotations

import ast
import configparser
import shutil
import subprocess
import sys
from pathlib import Path

from tests.architecture.source import PROJECT, name_of, python_files, tree_of

# What the standard library calls others with over HTTP; other libraries stand in .importlinter.
BY_HAND = ("urllib.request", "http.client")


def _imported(tree: ast.Module) -> set[str]:
    found = set[str]()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{name.name}" for name in node.names)}
    return found


def test_nothing_but_outbound_opens_a_connection_by_the_standard_library() -> None:
    found = [
        f"{name_of(path)} imports {name}"
        for path in python_files("apps")
        for name in sorted(_imported(tree_of(path)) & set(BY_HAND))
        if not name_of(path).startswith("apps/outbound/")
    ]

    assert found == []


def test_the_contract_fails_where_an_app_calls_by_itself(tmp_path: Path) -> None:
    shutil.copytree(PROJECT / "apps", tmp_path / "apps", ignore=shutil.ignore_patterns("__pycache__", "migrations"))
    contract = configparser.ConfigParser()
    contract.read(PROJECT / ".importlinter")
    for section in contract.sections():
        if section not in ("importlinter", "importlinter:contract:calling"):
            contract.remove_section(section)
    contract["importlinter"]["root_packages"] = "\napps"
    with (tmp_path / ".importlinter").open("w") as file:
        contract.write(file)
    linting = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]

    kept = subprocess.run(linting, cwd=tmp_path, capture_output=True, text=True, check=False)
    (tmp_path / "apps" / "channels" / "calling.py").write_text("import httpx\n")
    broken = subprocess.run(linting, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert kept.returncode == 0, kept.stdout
    assert broken.returncode == 1
    assert "apps.channels.calling -> httpx" in broken.stdout
