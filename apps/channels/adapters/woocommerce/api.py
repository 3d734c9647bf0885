"""HTTP with WooCommerce's REST API v3."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from apps.channels.framework.exchange import Exchange
from apps.channels.framework.paging import all_rows
from apps.channels.framework.shop import Connection, Shop

VERSION = "v3"
API = f"/wp-json/wc/{VERSION}"
PER_PAGE = 100


class Api(Shop):
    """``api_key`` and ``api_secret`` of the channel are the consumer key and secret of the REST API."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        auth = (connection.api_key, connection.api_secret)
        self._http = Exchange(connection.channel, connection.base_url, auth=auth)

    def _all(self, path: str, params: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        """All rows of a list, page after page."""

        def page(mark: str) -> tuple[Any, str]:
            number = int(mark or "1")
            rows, reply = self._http.ask_page(path, {**params, "per_page": str(PER_PAGE), "page": str(number)})
            said = reply.headers.get("x-wp-totalpages", "")
            more = number < int(said) if said.isdecimal() else len(rows) >= PER_PAGE
            return rows, str(number + 1) if more else ""

        return all_rows(page)
