"""How a channel stands, by API: of every kind of shop, with access it was given or without."""

from __future__ import annotations

import pytest

from apps.channels.framework.registry import adapters
from apps.channels.models import ChannelToken
from tests.api.front_door import Door
from tests.factories import ChannelFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("kind", adapters())
def test_every_kind_says_which_of_its_credentials_are_there(api: Door, kind: str):
    made = ChannelFactory(kind=kind, base_url="https://shop.example", api_key="k", api_secret="s")
    asked = {one.name for one in adapters()[kind].asked}
    for token, given in (("", False), ("r", True)):
        ChannelToken.objects.update_or_create(channel=made, defaults={"refresh_token": token})
        answer = api.get(f"channels/{made.public_id}")

        assert answer.status_code == 200
        said = {one["name"]: one["given"] for one in answer.data["credentials"]}
        assert said.keys() == asked
        assert said.get("refresh_token", given) == given
