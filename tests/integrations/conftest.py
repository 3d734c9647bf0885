"""The simulated partners, for every test about partners."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from orchestrator.sandbox import Sandbox
from tests.partnering import running_sandbox


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox() as running:
        yield running
