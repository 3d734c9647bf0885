"""HTTP with WooCommerce's REST API v3."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from apps.channels.errors import ShopDeclined, ShopUnreachable
from apps.channels.framework.exchange import Exchange
from apps.channels.framework.json_values import dicts
from apps.channels.framework.refusal_text import shop_words
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

    def _send(self, method: str, path: str, *, params: Mapping[str, str] | None = None, body: Any = None) -> Any:
        """The answer's body. Raises ShopDeclined, in the shop's words, and as ``Exchange``."""
        status, answer, _ = self._http.send(method, path, params=params, body=body)
        if not 200 <= status < 300:
            raise self._declined(status, answer, f"{method} {path}")
        return answer

    def _declined(self, status: int, answer: Any, operation: str, *, more: str = "") -> ShopDeclined:
        message = str(answer.get("message") or answer.get("code") or "") if isinstance(answer, dict) else ""
        said = " ".join(part for part in (shop_words([message]), more) if part) or f"answer {status}."
        return ShopDeclined(channel=self._connection.channel, answer=status, operation=operation, said=said)

    def _all(self, path: str, params: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        """All rows of a list, page after page."""
        page, pages = 0, 1
        while page < pages:
            page += 1
            rows, reply = self._http.ask_page(path, {**params, "per_page": str(PER_PAGE), "page": str(page)})
            if not isinstance(rows, list):
                raise ShopUnreachable("no list")
            yield from dicts(rows)
            said = reply.headers.get("x-wp-totalpages", "")
            pages = int(said) if said.isdecimal() else page + (len(rows) >= PER_PAGE)
