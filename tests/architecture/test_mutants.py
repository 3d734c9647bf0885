"""What ``make mutants`` measures is still there."""

from __future__ import annotations

import tomllib

from tests.architecture.source import PROJECT

MODULES = PROJECT / "tests/mutants/modules.toml"


def test_every_module_that_faults_are_planted_in_is_there_and_has_its_tests():
    modules = tomllib.loads(MODULES.read_text())
    del modules["least_percent"]
    named = {path for module in modules.values() for path in (*module["code"], *module["tests"])}

    assert {path for path in named if not (PROJECT / path).exists()} == set()


def test_the_figures_name_every_module():
    figures = (PROJECT / "docs/testing.md").read_text()
    modules = tomllib.loads(MODULES.read_text())

    assert {name for name in modules if name != "least_percent" and f"| {name} |" not in figures} == set()
