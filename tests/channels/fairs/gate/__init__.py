"""A shop to which access is given on its own page, with PKCE and refresh tokens that are good once."""

from __future__ import annotations

from apps.channels.framework.adapter import ChannelAdapter
from apps.channels.framework.setup import Credential, OAuth
from tests.channels.fairs.fair import CAPABILITIES, SIGNING, messages
from tests.channels.fairs.fair.client import VERSION, Fair


class Gate(Fair):
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._connection.token()}"}


ADAPTER = ChannelAdapter(
    title="Gate",
    version=VERSION,
    messages=messages("gate"),
    signing=SIGNING,
    shop=Gate,
    credentials=(
        Credential(name="base_url", label="Address of the shop"),
        Credential(name="api_key", label="Client id"),
        Credential(name="api_secret", label="Client secret"),
    ),
    oauth=OAuth(
        authorize_url="{base_url}/authorize",
        token_url="{base_url}/token",
        scopes=("orders:read", "orders:write"),
        pkce=True,
        rotates=True,
    ),
    capabilities=CAPABILITIES,
)
