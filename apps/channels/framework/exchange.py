"""What every shop can be asked and told, and one HTTP exchange with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Protocol

import httpx

from apps.channels.errors import ShopAddressRefused, ShopBusy, ShopRefused, ShopUnreachable
from apps.channels.framework.paging import Page
from apps.core import clock
from apps.core.errors import AddressRefused
from apps.core.strict_json import load_bounded
from apps.outbound.client import Reply, exchange
from apps.outbound.errors import CutShort, NotSent

# A page of a shop's orders may be long in coming, and long.
DEADLINE_S, MOST_BYTES, MOST_VALUES = 30.0, 32 * 1024 * 1024, 2_000_000
SHORTEST_QUIET, LONGEST_QUIET, QUIET_UNSTATED = timedelta(seconds=1), timedelta(hours=1), timedelta(seconds=30)
# Answers that say nothing about the question: a gateway's, or "not now".
_NO_ANSWER = frozenset({408, 409, 423, 425})


@dataclass(frozen=True, slots=True)
class Parcel:
    carrier: str
    number: str
    url: str


@dataclass(frozen=True, slots=True)
class Shipped:
    """A shipment, in the shop's own terms: units by its line id. ``complete``: with this, all of the order has left.

    ``before``: what left in earlier ones; ``told``: what of this one the shop has heard of for certain.
    """

    ref: str
    external_id: str
    units: Mapping[str, int]
    parcels: Sequence[Parcel]
    complete: bool
    before: Mapping[str, int] = field(default_factory=dict)
    told: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Remark:
    """A change that shops have no verb for, in a sentence; ``ref`` is unique within the order.

    ``complete``: with it nothing more of the order is to leave, and something has.
    """

    ref: str
    external_id: str
    sentence: str
    complete: bool = False

    @property
    def note(self) -> str:
        return f"{self.sentence} (ref. {self.ref})"


@dataclass(frozen=True, slots=True)
class Missing:
    """An order that is not in the shop's list. ``found``: what the shop shows when asked for it; None: there is none."""

    external_id: str
    found: Mapping[str, Any] | None


# How many orders a shop is asked for at once.
PER_LOOK = 50


class Shop(Protocol):
    """``look``: it may have heard this before, so ask first. The answer says what came of it.

    All raise ShopBusy, ShopRefused, ShopUnreachable; ``tell_shipped`` also ShopNotReady, for units it could not be told of.
    """

    @property
    def listings(self) -> Sequence[str]:
        """What has to be asked for apart, the main list last: orders in the bin are in no list but their own."""

    @property
    def remembers(self) -> timedelta | None:
        """How long the shop shows an order by its id at all; None: as long as there is one."""

    def changed_orders(self, listing: str, since: datetime, until: datetime | None, mark: str) -> Page:
        """As ``paging.Ask`` says."""

    def missing_orders(self, external_ids: Sequence[str]) -> list[Missing]:
        """Those of the orders, PER_LOOK at most, that the shop no longer has or has no more as an order somebody placed."""

    def tell_shipped(self, shipped: Shipped, *, look: bool) -> str: ...

    def tell_cancelled(self, external_id: str, *, look: bool) -> str: ...

    def tell_remark(self, remark: Remark, *, look: bool) -> str: ...


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
        reply = self._exchange(method, path, params, body)
        if reply.status == 404 and none_if_missing:
            return None
        self._refuse(reply, f"{method} {path}")
        return _json(reply)

    def ask_page(self, path: str, params: Mapping[str, str]) -> tuple[Any, Reply]:
        """A list and the answer's head, which says whether there is more. Raises as ``ask``."""
        reply = self._exchange("GET", path, params, None)
        self._refuse(reply, f"GET {path}")
        return _json(reply), reply

    def ask_one(self, path: str) -> tuple[int, Any]:
        """Something that may be gone: the status of the answer, 200 or 404, and its body. Raises as ``ask``."""
        reply = self._exchange("GET", path, None, None)
        if reply.status != 404:
            self._refuse(reply, f"GET {path}")
        return reply.status, _json(reply)

    def _exchange(
        self, method: str, path: str, params: Mapping[str, str] | None, body: Mapping[str, Any] | None
    ) -> Reply:
        try:
            return exchange(
                method, self._url + path, headers=self._headers, params=params, json=body, auth=self._auth,
                deadline_s=DEADLINE_S, most_bytes=MOST_BYTES,
            )  # fmt: skip
        except AddressRefused as refused:
            raise ShopAddressRefused(channel=self._channel, why=refused.why) from None
        except NotSent as error:
            raise ShopUnreachable(f"not reached: {error}") from None
        except (CutShort, httpx.InvalidURL) as error:
            raise ShopUnreachable(f"no answer: {error}") from None

    def _refuse(self, response: Reply, operation: str) -> None:
        status = response.status
        if status == 429 or (status == 503 and "retry-after" in response.headers):
            raise ShopBusy(clock.now() + _quiet(response.headers.get("retry-after", "")))
        if status >= 500 or status in _NO_ANSWER:
            raise ShopUnreachable(f"answered {status}")
        if not 200 <= status < 300:
            raise ShopRefused(channel=self._channel, answer=status, operation=operation)


def _json(reply: Reply) -> Any:
    try:
        return load_bounded(reply.body, most_values=MOST_VALUES)
    except ValueError:
        raise ShopUnreachable(f"{reply.status} with an unreadable body") from None


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


def time_of(response: Reply) -> datetime | None:
    """What time the shop says it is."""
    try:
        return parsedate_to_datetime(response.headers.get("date", "")).astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        return None
