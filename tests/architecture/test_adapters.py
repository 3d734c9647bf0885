"""A connector is one folder: nothing else names it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.source import PROJECT, name_of, python_files, tree_of

CHANNELS = PROJECT / "apps/channels/adapters"
# The demo is a shop with channels of its own, and simulates them; the guard knows the addresses of clouds.
MAY_NAME_THEM = ("apps/demo/", "apps/outbound/guard.py")
# Words of everyday use: these kinds are looked for where something is compared with them or chosen by them.
EVERYDAY = {"api", "csv", "pos"}
LONGEST = 350
# The whole of a contract: many usage plans, listings and feeds; by GraphQL also its documents, and its responses brought into the
# shape of its webhooks.
LONGER = {"amazon": 900, "bigcommerce": 715, "ebay": 1005, "etsy": 555, "shopify": 2080, "woocommerce": 760}


def _kinds() -> list[str]:
    return sorted(path.parent.name for path in CHANNELS.glob("*/__init__.py"))


def _outside(kind: str) -> Iterator[Path]:
    for path in python_files("apps", "orchestrator"):
        name = name_of(path)
        if not name.startswith((f"apps/channels/adapters/{kind}/", "orchestrator/sandbox/", *MAY_NAME_THEM)):
            yield path


@pytest.mark.parametrize("kind", [kind for kind in _kinds() if kind not in EVERYDAY])
def test_no_code_outside_its_folder_names_a_channel(kind: str) -> None:
    named = [name_of(path) for path in _outside(kind) if re.search(rf"{kind}", path.read_text(), re.IGNORECASE)]

    assert named == []


@pytest.mark.parametrize("kind", sorted(EVERYDAY))
def test_nothing_is_decided_by_the_name_of_a_channel(kind: str) -> None:
    decided = [
        f"{name_of(path)}:{node.lineno}"
        for path in _outside(kind)
        if name_of(path).startswith("apps/channels/")
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Compare | ast.Dict | ast.Set) and kind in _texts_of(node)
    ]

    assert decided == []


def _texts_of(node: ast.Compare | ast.Dict | ast.Set) -> set[object]:
    parts = node.keys if isinstance(node, ast.Dict) else node.elts if isinstance(node, ast.Set) else node.comparators
    return {part.value for part in parts if isinstance(part, ast.Constant)}


def test_adapters_do_not_know_each_other() -> None:
    crossed = [
        f"{name_of(path)} imports {other}"
        for path in python_files("apps/channels/adapters")
        for other in _kinds()
        if path.parent.name not in (other, "adapters") and f"adapters.{other}" in path.read_text()
    ]

    assert crossed == []


def test_an_adapters_code_is_short() -> None:
    """What two share belongs to the framework; a mapping document is data and does not count."""
    lines = {
        kind: sum(len(path.read_text().splitlines()) for path in (CHANNELS / kind).glob("*.py")) for kind in _kinds()
    }

    assert {kind: count for kind, count in lines.items() if count > LONGER.get(kind, LONGEST)} == {}
