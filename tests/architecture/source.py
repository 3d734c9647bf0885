"""Reading the project's own source, for the tests that hold it to its habits."""

from __future__ import annotations

import ast
import configparser
from functools import cache
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]


def python_files(*folders: str) -> list[Path]:
    """The project's Python files in these folders, migrations left out."""
    found = (path for folder in folders for path in sorted((PROJECT / folder).rglob("*.py")))
    return [path for path in found if "migrations" not in path.parts]


def name_of(path: Path) -> str:
    """The path as a person would write it."""
    return path.relative_to(PROJECT).as_posix()


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


@cache
def functions_in(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method of a file, nested ones too."""
    return [node for node in ast.walk(tree_of(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def layers() -> list[set[str]]:
    """The app layers of .importlinter, the top one first; apps that share a line share a set."""
    config = configparser.ConfigParser()
    config.read(PROJECT / ".importlinter")
    lines = config["importlinter:contract:apps"]["layers"].split("\n")
    return [{name.strip() for name in line.split("|")} for line in lines if line.strip()]
