"""The demo's customers, staff and channels come in through HTTP like everybody else."""

from __future__ import annotations

import json
from types import TracebackType
from typing import Any, Self

import httpx
from django.conf import settings

from apps.channels.adapters.shopify.signature import SIGNING as SHOPIFY
from apps.channels.adapters.woocommerce.signature import SIGNING as WOOCOMMERCE
from apps.core import clock
from apps.demo import shop


class FrontDoor:
    """A caller of the running product: the API with a key, the webhooks with a signature."""

    def __init__(self, url: str = "") -> None:
        headers = {"Authorization": f"Bearer {shop.api_key()}"}
        self._http = httpx.Client(base_url=url or settings.ORDERYARD["URL"], headers=headers, timeout=30)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def get(self, path: str, **query: str | int) -> Any:
        """The JSON at ``path``."""
        return self._http.get(f"/api/v1/{path}", params=query).raise_for_status().json()

    def post(self, path: str, body: Any, *, key: str = "") -> httpx.Response:
        """Post JSON; ``key`` is the Idempotency-Key where the operation wants one."""
        return self._http.post(f"/api/v1/{path}", json=body, headers={"Idempotency-Key": key} if key else {})

    def shopify(self, topic: str, order: dict[str, Any]) -> httpx.Response:
        """A webhook as Shopify sends it."""
        body, message_id = json.dumps(order).encode(), f"{topic}-{order['id']}-{order.get('updated_at', '')}"
        signed = SHOPIFY.sign(shop.signing_secret(), body, message_id=message_id, at=clock.now())
        headers = {"Content-Type": "application/json", "X-Shopify-Topic": topic, **signed}
        return self._http.post("/hooks/shopify/shop-uk/", content=body, headers=headers)

    def woocommerce(self, topic: str, order: dict[str, Any]) -> httpx.Response:
        """A webhook as WooCommerce sends it."""
        body = json.dumps(order).encode()
        headers = {
            "Content-Type": "application/json",
            "X-WC-Webhook-Topic": topic,
            "X-WC-Webhook-Resource": "order",
            "X-WC-Webhook-ID": "1",
            **WOOCOMMERCE.sign(shop.signing_secret(), body, message_id="", at=clock.now()),
        }
        return self._http.post("/hooks/woocommerce/woo-outlet/", content=body, headers=headers)

    def fulfillment_orders(self, state: str) -> list[dict[str, Any]]:
        """Up to a page of fulfillment orders in a state, oldest first as far as the list goes."""
        items: list[dict[str, Any]] = self.get("fulfillment-orders", state=state, limit=100)["items"]
        return items
