"""The simulated partners, and the contract they and we are held to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from orchestrator.sandbox import Sandbox
from tests.partnering import running_sandbox

CONTRACT = Path(__file__).resolve().parents[2] / "apps/integrations/adapters/http_3pl/contract.openapi.yaml"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox() as running:
        yield running


@pytest.fixture(scope="session")
def contract() -> dict[str, Any]:
    """The 3PL contract as published."""
    document: dict[str, Any] = yaml.safe_load(CONTRACT.read_text())
    return document


class Validating:
    """Holds a document to one of the contract's schemas, or to one written out in it."""

    def __init__(self, contract: dict[str, Any]) -> None:
        self._components = contract["components"]

    def problems(self, value: Any, schema: str | dict[str, Any]) -> list[str]:
        wanted = {"$ref": f"#/components/schemas/{schema}"} if isinstance(schema, str) else schema
        whole = {**wanted, "components": self._components}
        return [error.message for error in Draft202012Validator(whole).iter_errors(value)]


@pytest.fixture(scope="session")
def validating(contract: dict[str, Any]) -> Validating:
    return Validating(contract)
