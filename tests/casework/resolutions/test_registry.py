"""The registry: resolutions are found by their class, and the table of what fits names only those there are."""

from __future__ import annotations

import ast

import pytest

from apps.casework.resolutions.base import Resolution
from apps.casework.resolutions.registry import ANY, FITS, RESOLUTIONS, UNFORESEEN, fitting
from apps.casework.states import CaseType
from tests.architecture.source import PROJECT, tree_of

KINDS = sorted((PROJECT / "apps/casework/resolutions/kinds").glob("[!_]*.py"))


@pytest.mark.parametrize("path", KINDS, ids=lambda path: path.stem)
def test_every_resolution_written_in_kinds_is_found(path) -> None:
    written = {
        node.name
        for node in tree_of(path).body
        if isinstance(node, ast.ClassDef) and any(getattr(base, "id", "") == "Resolution" for base in node.bases)
    }

    assert written
    assert written <= {type(one).__name__ for one in RESOLUTIONS.values()}


def test_no_two_resolutions_share_a_code_or_a_label() -> None:
    assert len(RESOLUTIONS) == len(Resolution.__subclasses__())
    assert len({one.label for one in RESOLUTIONS.values()}) == len(RESOLUTIONS)


@pytest.mark.parametrize("kind", [*CaseType.values, "unforeseen"])
def test_every_type_of_case_is_offered_what_its_row_names_and_what_fits_any(kind: str) -> None:
    codes = [one.code for one in fitting(kind)]

    assert codes == list(dict.fromkeys((*FITS.get(kind, UNFORESEEN), *ANY)))
