"""HTTP with BigCommerce's REST Management API: orders by its version 2, everything else by version 3."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from apps.channels.errors import ShopBusy, ShopUnreachable
from apps.channels.framework.exchange import Exchange
from apps.channels.framework.json_values import dict_of, moment
from apps.channels.framework.paging import all_rows
from apps.channels.framework.shop import Connection, Shop
from apps.core import clock
from apps.outbound.health import Limits

MOST_A_PAGE = 250
# The smallest plan allows 150 calls in 30 seconds, the next one 450; what is left, each answer says.
LIMITS = Limits(per_second=10.0, burst=50)
_VERSION = re.compile(r"/v[23]/?$")


class Api(Shop):
    """``base_url`` of the channel is the API path of the store, ``api_key`` the access token of its API account."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        headers = {"X-Auth-Token": connection.api_key, "Accept": "application/json"}
        # The API path is shown with a version at its end.
        base = _VERSION.sub("", connection.base_url.rstrip("/"))
        self._http = Exchange(connection.channel, base, headers=headers, limits=LIMITS)
        self._quiet_until: datetime | None = None
        # What time it was there with the last answer.
        self._shop_time: datetime | None = None

    def _send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Any = None,
        missing: bool = False,
    ) -> Any:
        """The answer's body, None where it has none: so are empty lists answered by version 2. ``missing``: a 404 is the answer
        None, too. Raises ShopDeclined, in the shop's words, and as ``Exchange``."""
        status, answer = self._ask(method, path, params=params, body=body)
        if status == 404 and missing:
            return None
        if not 200 <= status < 300:
            raise self._http.declined(status, answer, f"{method} {path}")
        return answer

    def _ask(
        self, method: str, path: str, *, params: Mapping[str, str] | None = None, body: Any = None
    ) -> tuple[int, Any]:
        now = clock.now()
        if self._quiet_until is not None and self._quiet_until > now:
            raise ShopBusy(self._quiet_until, "its calls are used up")
        status, answer, headers = self._http.send(method, path, params=params, body=body)
        left, reset = headers.get("x-rate-limit-requests-left", ""), headers.get("x-rate-limit-time-reset-ms", "")
        self._shop_time = date_of(headers.get("date", ""))
        if left == "0" and reset.isdecimal():
            self._quiet_until = now + timedelta(milliseconds=int(reset))
        return status, answer

    def _list(self, path: str, params: Mapping[str, str] | None = None, *, most: int = MOST_A_PAGE) -> list[Any]:
        """A page of a list of version 2."""
        found = self._send("GET", path, params={**(params or {}), "limit": str(most)})
        if found is not None and not isinstance(found, list):
            raise ShopUnreachable("no list")
        return found or []

    def _pages(self, path: str, params: Mapping[str, str] | None = None) -> Iterator[dict[str, Any]]:
        """All rows of a list of version 3, page after page."""

        def page(mark: str) -> tuple[Any, str]:
            number = int(mark or "1")
            asked = {**(params or {}), "limit": str(MOST_A_PAGE), "page": str(number)}
            answer = dict_of(self._send("GET", path, params=asked))
            return answer.get("data"), str(number + 1) if number < _pages_of(answer) else ""

        return all_rows(page)


def _pages_of(answer: Mapping[str, Any]) -> int:
    pages = dict_of(dict_of(answer.get("meta")).get("pagination")).get("total_pages")
    return pages if isinstance(pages, int) else 1


def date_of(text: object) -> datetime | None:
    """As version 2 writes dates: ``Tue, 05 Mar 2019 21:40:11 +0000``."""
    try:
        return parsedate_to_datetime(str(text))
    except ValueError:
        return moment(text)
