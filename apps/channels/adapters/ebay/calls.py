"""Calls of eBay's Sell APIs: refusals in eBay's words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from apps.channels.adapters.ebay.request_signature import SIGNED, signed_headers
from apps.channels.adapters.ebay.settings import EbaySettings
from apps.channels.errors import ShopDeclined
from apps.channels.framework.exchange import Exchange, Signer, time_in
from apps.channels.framework.json_values import dicts
from apps.channels.framework.refusal_text import shop_words
from apps.channels.framework.shop import Connection
from apps.core import clock


@dataclass(frozen=True, slots=True)
class ApiResponse:
    """``at``: what time eBay says it is."""

    status: int
    body: Mapping[str, Any]
    at: datetime | None

    @property
    def went_well(self) -> bool:
        return 200 <= self.status < 300

    @property
    def words(self) -> str:
        return words_of(self.body.get("errors"))


class SellApi:
    def __init__(self, connection: Connection) -> None:
        self._channel, self._connection = connection.channel, connection
        language = {"Content-Language": "en-US"}
        self._sell = Exchange(
            connection.channel,
            connection.base_url,
            headers=lambda: {"Authorization": f"Bearer {connection.token()}", **language},
        )
        # Who somebody is, eBay says at a host of its own.
        self._identity = Exchange(
            connection.channel,
            connection.base_url.replace("//api.", "//apiz.", 1),
            headers=lambda: {"Authorization": f"Bearer {connection.token()}"},
        )
        # The Post-Order API is older, and has its own word for the same token.
        self._post_order = Exchange(
            connection.channel, connection.base_url, headers=lambda: {"Authorization": f"IAF {connection.token()}"}
        )

    def call(
        self, operation: str, method: str, path: str, *, params: Mapping[str, str] | None = None, body: Any = None
    ) -> ApiResponse:
        """Any answer that says something. Raises ShopBusy, ShopUnreachable."""
        http = self._post_order if path.startswith("/post-order/") else self._sell
        http = self._identity if path.startswith("/commerce/identity/") else http
        sign = self._signer(operation, method) if operation in SIGNED else None
        status, said, headers = http.send(method, path, params=params, body=body, operation=operation, sign=sign)
        return ApiResponse(status, said if isinstance(said, dict) else {}, time_in(headers))

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

    def declined(self, operation: str, answer: ApiResponse) -> ShopDeclined:
        said = answer.words or f"status {answer.status}"
        return ShopDeclined(channel=self._channel, answer=answer.status, operation=operation, said=said)


def words_of(errors: Any) -> str:
    return shop_words(str(one.get("longMessage") or one.get("message") or "") for one in dicts(errors))
