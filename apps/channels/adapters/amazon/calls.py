"""Calls of Amazon's Selling Partner API: each operation within its own usage plan, refusals in Amazon's words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from typing import Any

from apps.channels.errors import ShopDeclined, ShopUnreachable
from apps.channels.framework.exchange import Answer, Exchange
from apps.channels.framework.shop import Connection
from apps.core.text import Text
from apps.outbound.health import Limits

# Calls a second and at once, as the vendor's documents give them for everybody (usage plans). A seller who may call more often is
# not slowed down much: what is asked for waits in line. Each plan that Amazon finds used up waits alone, for as long as its answer
# says (x-amzn-RateLimit-Limit).
PLANS: Mapping[str, tuple[float, int]] = {
    "searchOrders": (0.0056, 20),
    "getOrder": (0.5, 30),
    "confirmShipment": (2, 10),
    "restrictedDataToken": (1, 10),
    "patchListingsItem": (5, 5),
    "searchListingsItems": (5, 5),
    "createFeedDocument": (0.5, 15),
    "createFeed": (0.0083, 15),
    "getFeed": (2, 15),
    "getFeedDocument": (0.0222, 10),
    "getDestinations": (1, 5),
    "createDestination": (1, 5),
    "getSubscription": (1, 5),
    "createSubscription": (1, 5),
}
# Of the application itself, for what belongs to no seller ("grantless").
APP_SCOPE = "sellingpartnerapi::notifications"
_LASTS = timedelta(seconds=33)
AGENT = "Orderyard/1 (Language=Python)"


class SellingPartner:
    """Limits are counted for all workers together."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def call(
        self, operation: str, method: str, path: str, *, params: Mapping[str, str] | None = None, body: Any = None, token: str = "",
    ) -> Answer:  # fmt: skip
        """Any answer that says something. ``token``: a restricted one, or the application's. Raises ShopBusy, ShopUnreachable."""
        return self._exchange(operation, token).call(operation, method, path, params=params, body=body)

    def ask(
        self, operation: str, method: str, path: str, *, params: Mapping[str, str] | None = None, body: Any = None, token: str = "",
    ) -> Answer:  # fmt: skip
        """One that went well. Raises as ``call``, and ShopDeclined."""
        answer = self.call(operation, method, path, params=params, body=body, token=token)
        if not answer.went_well:
            raise self.declined(operation, answer)
        return answer

    @cached_property
    def app_token(self) -> str:
        return self._connection.app_token(APP_SCOPE)

    def upload(self, url: str, content: bytes, content_type: str) -> None:
        """Put a document where Amazon said. Raises ShopBusy, ShopRefused, ShopUnreachable."""
        if not url:
            raise ShopUnreachable("no address for the document")
        self._exchange("createFeedDocument").upload(url, content, content_type)

    def download(self, url: str) -> bytes:
        """A document where Amazon said. Raises as ``upload``."""
        if not url:
            raise ShopUnreachable("no address of the document")
        return self._exchange("getFeedDocument").download(url)

    def declined(self, operation: str, answer: Answer, do: Text | None = None) -> ShopDeclined:
        return self._exchange(operation).declined(answer.status, answer.body, operation, do=do)

    def _exchange(self, operation: str, token: str = "") -> Exchange:
        per_second, burst = PLANS[operation]
        limits = Limits(lasts=_LASTS, at_once=6, per_second=per_second, burst=burst)
        return Exchange(
            self._connection.channel,
            self._connection.base_url,
            headers=lambda: {"x-amz-access-token": token or self._connection.token(), "User-Agent": AGENT},
            limits=limits,
            plan=operation,
            conflicts_are_said=True,
        )
