"""Connecting a BigCommerce store: what its token allows, and its webhooks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_noop

from apps.channels.adapters.bigcommerce.api import Api
from apps.channels.errors import ShopUnreachable
from apps.channels.framework.setup import ConnectionReport, Credential, Hook, Scope

# In which its webhooks bring the secret: they are not signed with one that could be chosen.
SECRET_HEADER = "x-orderyard-secret"  # noqa: S105 - the name of a header
TOPICS = (
    "store/order/created", "store/order/updated", "store/order/statusUpdated", "store/order/archived",
    "store/order/refund/created",
)  # fmt: skip
_HOOKS = "/v3/hooks"
AWAITING_FULFILLMENT = 11
CREDENTIALS = (
    Credential(
        name="base_url",
        label=gettext_noop("API path"),
        help=gettext_noop("https://api.bigcommerce.com/stores/…, as it is shown with the token of the API account."),
    ),
    Credential(
        name="api_key",
        label=gettext_noop("Access token"),
        help=gettext_noop("BigCommerce → Settings → Store-level API accounts → Create. It is shown once."),
    ),
)
# Scope, what it is for, whether the channel does nothing without it, and a call that needs it and changes nothing.
_SCOPES: tuple[tuple[str, str, bool, tuple[str, str, Any]], ...] = (
    (
        "store_v2_orders",
        gettext_noop("take orders in, report shipments and cancellations"),
        True,
        ("PUT", "/v2/orders/0", {}),
    ),
    ("store_v2_products_read_only", gettext_noop("import the catalog"), False, ("GET", "/v3/catalog/variants", None)),
    (
        "store_inventory",
        gettext_noop("send the stock, and read what the store shows"),
        False,
        ("PUT", "/v3/inventory/adjustments/absolute", {"items": []}),
    ),
    (
        "store_locations_read_only",
        gettext_noop("match the store's locations"),
        False,
        ("GET", "/v3/inventory/locations", None),
    ),
)


class Connecting(Api):
    def check_connection(self) -> ConnectionReport:
        """Raises ShopDeclined where the token is not known, or may not even say whose store it is."""
        store = self._send("GET", "/v2/store")
        if not isinstance(store, dict):
            raise ShopUnreachable("an answer without the store")
        zone = store.get("timezone")
        about = gettext_noop("see whose store it is")
        scopes = [Scope(name="store_v2_information_read_only", purpose=about, granted=True)]
        scopes += [
            Scope(name=name, purpose=purpose, granted=self._may(*call), needed=needed)
            for name, purpose, needed, call in _SCOPES
        ]
        return ConnectionReport(
            shop_name=str(store.get("name") or ""),
            account=str(store.get("domain") or store.get("id") or ""),
            currency=str(store.get("currency") or ""),
            country=str(store.get("country_code") or ""),
            time_zone=str(zone.get("name") or "") if isinstance(zone, dict) else "",
            scopes=scopes,
        )

    def _may(self, method: str, path: str, body: Any) -> bool:
        """Whatever else is wrong with the call, it is asked first whether the token may."""
        params = {"limit": "1"} if method == "GET" else None
        return self._ask(method, path, params=params, body=body)[0] not in (401, 403)

    def place_test_order(self, mark: str) -> str:
        """Of a custom product, so that no stock is taken."""
        person = {
            "first_name": "Test", "last_name": "Order", "street_1": "Test order, do not ship", "city": "Test", "state": "Test",
            "zip": "00000", "country": "United Kingdom", "country_iso2": "GB", "email": "test.order@example.com",
        }  # fmt: skip
        product = {"name": "Test order", "quantity": 1, "price_inc_tax": 1, "price_ex_tax": 1}
        order = {
            "status_id": AWAITING_FULFILLMENT,
            "customer_id": 0,
            "billing_address": person,
            "products": [product],
            "customer_message": mark,
            "staff_notes": mark,
        }
        made = self._send("POST", "/v2/orders", body=order)
        return str(made.get("id") or "") if isinstance(made, dict) else ""

    def hooks(self) -> Sequence[Hook]:
        return [_hook(one) for one in self._pages(_HOOKS)]

    def register_hooks(self, address: str, secret: str) -> Sequence[Hook]:
        """One that is there is given the secret, and switched on: BigCommerce switches it off where it fails for two days, and after
        90 days without an order."""
        known = {hook.topic: hook for hook in self.hooks() if hook.address == address}
        return [self._have(topic, address, secret, known.get(topic)) for topic in TOPICS]

    def _have(self, topic: str, address: str, secret: str, known: Hook | None) -> Hook:
        body = {"scope": topic, "destination": address, "is_active": True, "headers": {SECRET_HEADER: secret}}
        path = _HOOKS if known is None else f"{_HOOKS}/{known.external_id}"
        answer = self._send("POST" if known is None else "PUT", path, body=body)
        data = answer.get("data") if isinstance(answer, dict) else None
        return _hook(data if isinstance(data, dict) else {})


def _hook(row: dict[str, Any]) -> Hook:
    return Hook(
        external_id=str(row.get("id")),
        topic=str(row.get("scope")),
        address=str(row.get("destination")),
        active=row.get("is_active") is True,
    )
