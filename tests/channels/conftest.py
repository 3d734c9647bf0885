"""What the tests of channels share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.channels.shops import ShopServer, shop_server


@pytest.fixture
def server() -> Iterator[ShopServer]:
    """A shop to speak to, over real HTTP."""
    with shop_server() as running:
        yield running
