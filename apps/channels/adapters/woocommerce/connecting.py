"""Connecting a WooCommerce shop: what its keys allow, and its webhooks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_noop

from apps.channels.adapters.woocommerce.api import API, Api
from apps.channels.framework.json_values import dicts
from apps.channels.framework.setup import ConnectionReport, Credential, Hook, Scope
from apps.core.text import Text

TOPICS = ("order.created", "order.updated", "order.deleted", "order.restored")
_HOOKS = f"{API}/webhooks"
CREDENTIALS = (
    Credential(
        name="base_url",
        label=gettext_noop("Address of the shop"),
        help=gettext_noop(
            "As customers see it, such as https://shop.example; with the folder, where WordPress is in one."
        ),
    ),
    Credential(
        name="api_key",
        label=gettext_noop("Consumer key"),
        help=gettext_noop("WooCommerce → Settings → Advanced → REST API → Add key, with the permission Read/Write."),
    ),
    Credential(
        name="api_secret",
        label=gettext_noop("Consumer secret"),
        help=gettext_noop("Shown once, beside the key, when it is made."),
    ),
)
# What a batch of nothing needs leave for, and what that is for.
_WRITES = (
    ("write orders", "orders", gettext_noop("shipments, cancellations and notes are reported")),
    ("write products", "products", gettext_noop("stock is sent")),
    ("write webhooks", "webhooks", gettext_noop("its webhooks are set up from here")),
)
_HTTPS_ONLY = Text("WooCommerce takes keys over HTTPS only: use an address that begins with https://.")
_NO_API = Text(
    "There is no WooCommerce at this address: look whether WooCommerce is active, and whether WordPress → Settings → Permalinks is "
    "anything but Plain."
)
_NO_PRODUCT = Text("it has no simple product that is published, of which one could be ordered.")
_PUBLISH_ONE = Text("Publish one, or enter the order in the shop by hand.")
_KEPT_BACK = Text(
    "Copy them again from the shop’s settings. Where the keys are right, the web server keeps them from WordPress: it has to pass on the header Authorization."
)


class Connecting(Api):
    def check_connection(self) -> ConnectionReport:
        """Raises ShopDeclined, which says what to do about the address or the keys."""
        status, general, _ = self._http.send("GET", f"{API}/settings/general")
        if not 200 <= status < 300:
            raise self._http.declined(status, general, "the test call", do=self._advice(status))
        settings = {str(one.get("id")): str(one.get("value") or "") for one in dicts(general)}
        index = self._http.ask("GET", "/wp-json/", params={"_fields": "name,home,url,timezone_string"})
        about = index if isinstance(index, dict) else {}
        scopes = [Scope(name="read", purpose=gettext_noop("orders, products and settings are read"), granted=True)]
        scopes += [Scope(name=name, purpose=why, granted=self._may(what)) for name, what, why in _WRITES]
        return ConnectionReport(
            shop_name=str(about.get("name") or ""),
            account=str(about.get("home") or about.get("url") or self._connection.base_url).rstrip("/"),
            currency=settings.get("woocommerce_currency", ""),
            country=settings.get("woocommerce_default_country", "").partition(":")[0],
            time_zone=str(about.get("timezone_string") or ""),
            scopes=scopes,
        )

    def _may(self, what: str) -> bool:
        """A batch of nothing changes nothing, and needs leave all the same."""
        status, answer, _ = self._http.send("POST", f"{API}/{what}/batch", body={})
        if status not in (401, 403) and not 200 <= status < 300:
            raise self._http.declined(status, answer, f"POST {API}/{what}/batch")
        return 200 <= status < 300

    def _advice(self, status: int) -> Text | None:
        if status == 404:
            return _NO_API
        if status not in (401, 403):
            return None
        return _HTTPS_ONLY if self._connection.base_url.startswith("http://") else _KEPT_BACK

    def place_test_order(self, mark: str) -> str:
        """Of one unit of a product, which goes back into stock when the order is cancelled; without an address of mail, so that nobody
        is written to."""
        listed = self._http.ask(
            "GET", f"{API}/products", params={"status": "publish", "type": "simple", "per_page": "1"}
        )
        product = next(iter(dicts(listed)), None)
        if product is None:
            raise self._http.declined(404, None, "the test order", otherwise=_NO_PRODUCT, do=_PUBLISH_ONE)
        person = {
            "first_name": "Test", "last_name": "Order", "address_1": "Test order, do not ship", "city": "Test", "postcode": "00000",
        }  # fmt: skip
        order = {
            "status": "processing",
            "customer_note": mark,
            "billing": person,
            "shipping": person,
            "line_items": [{"product_id": product["id"], "quantity": 1}],
        }
        made = self._http.ask("POST", f"{API}/orders", body=order)
        return str(made.get("id") or "") if isinstance(made, dict) else ""

    def hooks(self) -> Sequence[Hook]:
        return [_hook(one) for one in self._all(_HOOKS, {})]

    def register_hooks(self, address: str, secret: str) -> Sequence[Hook]:
        """One that is there is given the secret, and switched on: after five failures in a row WooCommerce switches it off."""
        known = {hook.topic: hook for hook in self.hooks() if hook.address == address}
        return [_hook(self._have(topic, address, secret, known.get(topic))) for topic in TOPICS]

    def _have(self, topic: str, address: str, secret: str, known: Hook | None) -> dict[str, Any]:
        body: dict[str, Any] = {"status": "active", "secret": secret}
        if known is None:
            body |= {"name": f"Orderyard {topic}", "topic": topic, "delivery_url": address}
        path = _HOOKS if known is None else f"{_HOOKS}/{known.external_id}"
        answer = self._http.ask("POST" if known is None else "PUT", path, body=body)
        return answer if isinstance(answer, dict) else {}


def _hook(row: dict[str, Any]) -> Hook:
    return Hook(
        external_id=str(row.get("id")),
        topic=str(row.get("topic")),
        address=str(row.get("delivery_url")),
        active=row.get("status") == "active",
    )
