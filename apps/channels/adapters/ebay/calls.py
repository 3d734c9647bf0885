"""Calls of eBay's Sell APIs: refusals in eBay's words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs, urlsplit

from apps.channels.adapters.ebay.request_signature import SIGNED, signed_headers
from apps.channels.adapters.ebay.settings import EbaySettings
from apps.channels.errors import ShopDeclined
from apps.channels.framework.exchange import Answer, Exchange, Signer
from apps.channels.framework.json_values import dicts
from apps.channels.framework.shop import Connection
from apps.core import clock
from apps.core.text import Text

# What belongs to the application, and to no seller, is asked for by this scope.
APP_SCOPE = "https://api.ebay.com/oauth/api_scope"


def number_of(answer: Answer) -> int:
    """Of what went wrong, as eBay's documents list it."""
    found = next(iter(dicts(answer.body.get("errors"))), {}).get("errorId")
    return found if isinstance(found, int) else 0


def mark_of(following: Any, name: str = "offset") -> str:
    """What names the next page, by its address; empty on the last one."""
    return parse_qs(urlsplit(str(following or "")).query).get(name, [""])[0]


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
    ) -> Answer:
        """Any answer that says something. Raises ShopBusy, ShopUnreachable."""
        sign = self._signer(operation, method) if operation in SIGNED else None
        return self._host(path).call(operation, method, path, params=params, body=body, sign=sign)

    def _host(self, path: str) -> Exchange:
        return self._hosts[max((one for one in self._hosts if path.startswith(one)), key=len)]

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
                do = Text("Paste the private key again, with the credentials.")
                raise ShopDeclined(channel=self._channel, answer=0, operation=operation, said=said, do=do) from None

        return sign

    def ask(
        self, operation: str, method: str, path: str, *, params: Mapping[str, str] | None = None, body: Any = None
    ) -> Mapping[str, Any]:
        """What one said that went well. Raises as ``call``, and ShopDeclined."""
        answer = self.call(operation, method, path, params=params, body=body)
        if not answer.went_well:
            raise self.declined(operation, answer)
        return answer.body

    def declined(self, operation: str, answer: Answer, do: Text | None = None) -> ShopDeclined:
        return self._hosts["/"].declined(answer.status, answer.body, operation, do=do)
