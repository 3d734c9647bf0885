"""What every shop can be asked and told, and one HTTP exchange with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any, Protocol

import httpx

from apps.channels.errors import ShopBusy, ShopRefused, ShopUnreachable
from apps.core import clock

TIMEOUT = httpx.Timeout(10.0, connect=2.0)
SHORTEST_QUIET, LONGEST_QUIET, QUIET_UNSTATED = timedelta(seconds=1), timedelta(hours=1), timedelta(seconds=30)
# Answers that say nothing about the question: a gateway's, or "not now".
_NO_ANSWER = frozenset({408, 409, 423, 425})


@dataclass(frozen=True, slots=True)
class Page:
    """Orders as the shop shows them, oldest change first. ``more``: there may be others after ``newest``.

    ``paged``: the shop can be asked for the next page of the same moment.
    """

    orders: Sequence[Any]
    more: bool
    newest: datetime | None
    paged: bool


@dataclass(frozen=True, slots=True)
class Parcel:
    carrier: str
    number: str
    url: str


@dataclass(frozen=True, slots=True)
class Shipped:
    """A shipment, in the shop's own terms: units by its line id. ``complete``: with this, all of the order has left."""

    ref: str
    external_id: str
    units: Mapping[str, int]
    parcels: Sequence[Parcel]
    complete: bool


@dataclass(frozen=True, slots=True)
class Remark:
    """A change that shops have no verb for, in a sentence; ``ref`` is unique within the order."""

    ref: str
    external_id: str
    sentence: str

    @property
    def note(self) -> str:
        return f"{self.sentence} (ref. {self.ref})"


class Shop(Protocol):
    """``look``: it may have heard this before, so ask first. The answer says what came of it.

    All raise ShopBusy, ShopRefused, ShopUnreachable.
    """

    def changed_orders(self, since: datetime, *, page: int) -> Page: ...

    def tell_shipped(self, shipped: Shipped, *, look: bool) -> str: ...

    def tell_cancelled(self, external_id: str, *, look: bool) -> str: ...

    def tell_remark(self, remark: Remark, *, look: bool) -> str: ...


@lru_cache(maxsize=1)
def _client() -> httpx.Client:
    # One for the process: making a client reads all root certificates. A fresh connection each time, as for partners.
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
    return httpx.Client(limits=limits, timeout=TIMEOUT)


class Exchange:
    """HTTP with one shop, answered as parsed JSON or as an error that says whether asking again makes sense."""

    def __init__(
        self,
        channel: str,
        base_url: str,
        *,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
    ) -> None:
        self._channel = channel
        self._url = base_url.rstrip("/")
        self._headers, self._auth = dict(headers or {}), auth

    def ask(
        self, method: str, path: str, *, params: Mapping[str, str] | None = None, body: Mapping[str, Any] | None = None,
        none_if_missing: bool = False,
    ) -> Any:  # fmt: skip
        """Raises ShopBusy, ShopRefused, ShopUnreachable. ``none_if_missing``: a 404 is the answer None."""
        try:
            response = _client().request(
                method, self._url + path, params=params, json=body, headers=self._headers, auth=self._auth
            )
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise ShopUnreachable(f"not reached: {type(error).__name__}") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ShopUnreachable(f"no answer: {type(error).__name__}") from None
        if response.status_code == 404 and none_if_missing:
            return None
        self._refuse(response, f"{method} {path}")
        try:
            return response.json()
        except ValueError:
            raise ShopUnreachable(f"{response.status_code} with an unreadable body") from None

    def _refuse(self, response: httpx.Response, operation: str) -> None:
        status = response.status_code
        if status == 429 or (status == 503 and "retry-after" in response.headers):
            raise ShopBusy(clock.now() + _quiet(response.headers.get("retry-after", "")))
        if status >= 500 or status in _NO_ANSWER:
            raise ShopUnreachable(f"answered {status}")
        if not 200 <= status < 300:
            raise ShopRefused(channel=self._channel, answer=status, operation=operation)


def _quiet(retry_after: str) -> timedelta:
    """``Retry-After`` in seconds (Shopify writes 2.0) or as a date, within reason."""
    try:
        asked = timedelta(seconds=float(retry_after))
    except (ValueError, OverflowError):
        asked = _until(retry_after)
    return min(max(asked, SHORTEST_QUIET), LONGEST_QUIET)


def _until(http_date: str) -> timedelta:
    try:
        return parsedate_to_datetime(http_date) - clock.now()
    except (ValueError, TypeError, OverflowError):
        return QUIET_UNSTATED


def moment(text: object) -> datetime | None:
    """A shop's time; naive ones are UTC."""
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def dicts(value: Any) -> list[dict[str, Any]]:
    """The objects of a list; whatever else a server may send is passed over."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
