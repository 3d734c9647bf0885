"""Calls of eBay's Sell APIs: refusals in eBay's words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from apps.channels.adapters.ebay.request_signature import SIGNED, signed_headers
from apps.channels.adapters.ebay.settings import EbaySettings
from apps.channels.errors import ShopDeclined
from apps.channels.framework.exchange import Exchange, Signer, time_in
from apps.channels.framework.json_values import dicts
from apps.channels.framework.refusal_text import shop_words
from apps.channels.framework.shop import Connection
from apps.core import clock
from apps.core.text import Text

# What belongs to the application, and to no seller, is asked for by this scope.
APP_SCOPE = "https://api.ebay.com/oauth/api_scope"


@dataclass(frozen=True, slots=True)
class ApiResponse:
    """``at``: what time eBay says it is. ``made``: the id of what was made, where it says it in the head."""

    status: int
    body: Mapping[str, Any]
    at: datetime | None
    made: str = ""

    @property
    def went_well(self) -> bool:
        return 200 <= self.status < 300

    @property
    def words(self) -> str:
        return words_of(self.body.get("errors"))

    @property
    def number(self) -> int:
        """Of what went wrong, as eBay's documents list it."""
        found = next(iter(dicts(self.body.get("errors"))), {}).get("errorId")
        return found if isinstance(found, int) else 0


class SellApi:
    def __init__(self, connection: Connection) -> None:
        self._channel, self._connection = connection.channel, connection
        # The longest beginning of a path that is known says where and by whom it is asked.
        self._hosts = {
            "/": self._exchange(headers={"Content-Language": "en-US"}),
            # Who somebody is, eBay says at a host of its own.
            "/commerce/identity/": self._exchange(connection.base_url.replace("//api.", "//apiz.", 1)),
            # The Post-Order API is older, and has its own word for the same token.
            "/post-order/": self._exchange(scheme="IAF"),
            # Subscriptions are the seller's, everything else about notifications is the application's.
            "/commerce/notification/": self._exchange(token=lambda: self._app_token, conflicts_are_said=True),
            "/commerce/notification/v1/subscription": self._exchange(conflicts_are_said=True),
        }

    def _exchange(
        self,
        base_url: str = "",
        *,
        scheme: str = "Bearer",
        token: Callable[[], str] | None = None,
        headers: Mapping[str, str] | None = None,
        conflicts_are_said: bool = False,
    ) -> Exchange:
        shown = token or self._connection.token
        return Exchange(
            self._channel,
            base_url or self._connection.base_url,
            headers=lambda: {"Authorization": f"{scheme} {shown()}", **(headers or {})},
            conflicts_are_said=conflicts_are_said,
        )

    @cached_property
    def _app_token(self) -> str:
        return self._connection.app_token(APP_SCOPE)

    def call(
        self, operation: str, method: str, path: str, *, params: Mapping[str, str] | None = None, body: Any = None
    ) -> ApiResponse:
        """Any answer that says something. Raises ShopBusy, ShopUnreachable."""
        http = self._hosts[max((one for one in self._hosts if path.startswith(one)), key=len)]
        sign = self._signer(operation, method) if operation in SIGNED else None
        status, said, headers = http.send(method, path, params=params, body=body, operation=operation, sign=sign)
        made = headers.get("location", "").rstrip("/").rpartition("/")[2]
        return ApiResponse(status, said if isinstance(said, dict) else {}, time_in(headers), made)

    def _signer(self, operation: str, method: str) -> Signer | None:
        """None for sellers elsewhere, who have no key."""
        key, settings = self._connection.signing_key, self._connection.settings
        jwe = settings.signing_jwe if isinstance(settings, EbaySettings) else ""
        if not (key and jwe):
            return None

        def sign(url: str, body: bytes) -> dict[str, str]:
            try:
                return signed_headers(key, jwe, method, url, body, clock.now())
            except ValueError as error:
                said = f"the private key of the digital signature can't be read ({error})"
                raise ShopDeclined(channel=self._channel, answer=0, operation=operation, said=said) from None

        return sign

    def ask(
        self, operation: str, method: str, path: str, *, params: Mapping[str, str] | None = None, body: Any = None
    ) -> Mapping[str, Any]:
        """What one said that went well. Raises as ``call``, and ShopDeclined."""
        answer = self.call(operation, method, path, params=params, body=body)
        if not answer.went_well:
            raise self.declined(operation, answer)
        return answer.body

    def declined(self, operation: str, answer: ApiResponse, do: Text | None = None) -> ShopDeclined:
        said = answer.words or f"status {answer.status}"
        return ShopDeclined(channel=self._channel, answer=answer.status, operation=operation, said=said, do=do)


def words_of(errors: Any) -> str:
    return shop_words(str(one.get("longMessage") or one.get("message") or "") for one in dicts(errors))
