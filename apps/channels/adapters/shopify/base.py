"""What every part of the client calls by."""

from __future__ import annotations

from apps.channels.adapters.shopify.graphql import GraphQl
from apps.channels.framework.shop import Connection, Shop

# How the key of an app begins, by which access tokens are fetched; whatever else stands there is an access token itself.
OF_AN_APP = "shpss_"


class Speaking(Shop):
    """``api_secret`` of the channel is an access token of the Admin API, or the secret of an app; ``base_url`` stands before
    ``/admin``."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._known_api: GraphQl | None = None

    @property
    def _api(self) -> GraphQl:
        """Made when it is first used: fetching a token is a call."""
        if self._known_api is None:
            self._known_api = GraphQl(self._connection, self._token())
        return self._known_api

    def _token(self) -> str:
        if self._connection.api_secret.startswith(OF_AN_APP):
            return self._connection.token()
        return self._connection.api_secret or self._connection.api_key
