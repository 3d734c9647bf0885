"""A toy shop that takes stock, and what sells through it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from apps.channels.models import Channel
from tests.channels.shops import shop_server
from tests.channels.toy_shop import ToyShop
from tests.factories import ChannelFactory

TEMPLATE = Path(__file__).resolve().parents[1] / "channels/toy_channel"


@pytest.fixture
def toys(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    """The toy channel is installed, in a package of its own."""
    package = tmp_path_factory.getbasetemp() / "toy_channels"
    if not package.exists():
        shutil.copytree(TEMPLATE, package / "toy")
        (package / "__init__.py").touch()
    monkeypatch.syspath_prepend(package.parent)
    settings.CHANNEL_ADAPTER_PACKAGES = [package.name]


@pytest.fixture
def shop() -> Iterator[ToyShop]:
    with shop_server(ToyShop()) as running:
        assert isinstance(running, ToyShop)
        yield running


@pytest.fixture
def channel(toys: None, shop: ToyShop) -> Channel:
    made: Channel = ChannelFactory(code="toy", name="Toy shop", kind="toy", base_url=shop.url, api_key="k")
    return made
