"""A shop to connect, and what it sells through."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from tests.channels.amazon import tokens_from_sandbox
from tests.channels.fair_shop import FairShop
from tests.channels.shops import shop_server


@pytest.fixture(autouse=True)
def _fairs(settings: Settings) -> None:
    settings.CHANNEL_ADAPTER_PACKAGES = ["tests.channels.fairs"]


@pytest.fixture
def fair() -> Iterator[FairShop]:
    with shop_server(FairShop()) as running:
        assert isinstance(running, FairShop)
        yield running


@pytest.fixture
def amazons_tokens_from_its_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens_from_sandbox(monkeypatch)
