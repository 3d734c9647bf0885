"""What every test may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("ORDERYARD_SHARED", Path(__file__).resolve().parents[2] / "shared"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real inputs; a test that needs it is skipped where it is absent."""
    if not (SHARED / "data").is_dir():
        pytest.skip(f"real inputs not found: {SHARED}/data (set ORDERYARD_SHARED)")
    return SHARED


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    """What one test's database said is not another's."""
    from apps.core.brief import forget

    forget()


@pytest.fixture(autouse=True)
def _quiet_doorbell(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests drain the queue themselves; nobody is to be woken."""
    from apps.orchestration import doorbell

    monkeypatch.setattr(doorbell, "ring", lambda lane: None)
