"""What every part of the client calls by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apps.channels.adapters.shopify.graphql import Answer, GraphQl, TooCostly
from apps.channels.errors import ShopUnreachable
from apps.channels.framework.shop import Connection, Shop

# How the secret of an app begins, by which access tokens are fetched; whatever else stands there is an access token itself.
OF_AN_APP = "shpss_"


class ShopifyApi(Shop):
    """``api_secret`` of the channel is an access token of the Admin API, or the secret of an app; ``base_url`` stands before
    ``/admin``."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._known_api: GraphQl | None = None
        self._sizes: dict[str, dict[str, int]] = {}

    @property
    def _api(self) -> GraphQl:
        """Made when it is first used: fetching a token is a call."""
        if self._known_api is None:
            self._known_api = GraphQl(self._connection, self._token())
        return self._known_api

    def _ask_in_sizes(self, document: str, variables: Mapping[str, Any], sizes: Mapping[str, int]) -> Answer:
        """An answer of at most these sizes, the first of which is halved first where the shop finds it too much for one query."""
        known = self._sizes.setdefault(document, dict(sizes))
        while True:
            try:
                return self._api.ask(document, {**variables, **known})
            except TooCostly:
                name = next((name for name, size in known.items() if size > 1), None)
                if name is None:
                    raise ShopUnreachable("one at a time is too much for one query") from None
                known[name] //= 2

    def _same_shop(self, answer: Answer) -> Answer:
        """Raises ShopDeclined where address and credentials lead to another shop than the one that was connected: its orders and
        its stock are not this channel's."""
        ours, shop = self._connection.account, answer.data.get("shop")
        theirs = str(shop.get("myshopifyDomain") or "") if isinstance(shop, dict) else ""
        if ours and theirs and theirs.casefold() != ours.casefold():
            raise self._api.declined(
                "shop", [f"These credentials are of {theirs}, and the channel is connected to {ours}"]
            )
        return answer

    def _token(self) -> str:
        if self._connection.api_secret.startswith(OF_AN_APP):
            return self._connection.token()
        return self._connection.api_secret or self._connection.api_key
