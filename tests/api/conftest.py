"""The front door, with keys of every width."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.cache import cache

from tests.api.front_door import Door
from tests.factories import ChannelFactory, make_key, make_policy, make_stock


@pytest.fixture(autouse=True)
def _no_leftovers() -> None:
    cache.clear()


@pytest.fixture
def door() -> Callable[..., Door]:
    """``door(role="agent", channels=["a"])``: a client with a key made so."""
    return lambda **narrowed: Door(make_key(**narrowed))


@pytest.fixture
def api(door: Callable[..., Door]) -> Door:
    """A client that may do everything."""
    return door()


@pytest.fixture
def shop() -> None:
    """A channel ``api``, a policy, and ten units of SKU ``A`` and five of ``B`` at node ``N1``."""
    ChannelFactory()
    make_policy()
    make_stock(N1={"A": 10, "B": 5})
