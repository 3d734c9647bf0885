"""What it takes to connect a Shopify shop: its credentials, what they allow, and its webhooks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_noop

from apps.channels.adapters.shopify import documents
from apps.channels.adapters.shopify.base import OF_AN_APP, ShopifyApi
from apps.channels.adapters.shopify.nodes import next_of, nodes_of
from apps.channels.errors import ShopDeclined, ShopUnreachable
from apps.channels.framework.json_values import dicts
from apps.channels.framework.paging import all_rows
from apps.channels.framework.setup import ConnectionReport, Credential, Hook, OAuth, Scope, is_same_path

CREDENTIALS = (
    Credential(
        name="base_url",
        label=gettext_noop("Address of the shop"),
        help=gettext_noop("https://your-shop.myshopify.com, as it stands under Settings → Domains."),
    ),
    Credential(
        name="api_key",
        label=gettext_noop("Client ID of the app"),
        help=gettext_noop("In Shopify's Dev Dashboard: the app, Settings. Not needed with an access token."),
        optional=True,
    ),
    Credential(
        name="api_secret",
        label=gettext_noop("Client secret or access token"),
        help=gettext_noop("The secret of the app (shpss_…), or the Admin API access token of an older custom app (shpat_…)."),
    ),
    Credential(
        name="secret",
        label=gettext_noop("What webhooks are signed with"),
        help=gettext_noop("The secret of the app; for webhooks made under Settings → Notifications, the key shown there."),
    ),
)  # fmt: skip
# Name, what for, and whether nothing works without it.
SCOPES = (
    ("read_orders", gettext_noop("take orders in"), True),
    ("write_orders", gettext_noop("cancel orders and write notes on them"), True),
    ("read_merchant_managed_fulfillment_orders", gettext_noop("see what is to be shipped from the shop's locations"), True),
    ("write_merchant_managed_fulfillment_orders", gettext_noop("report shipments, holds and what is ready for pickup"), True),
    ("read_customers", gettext_noop("read who ordered"), True),
    ("read_products", gettext_noop("import the catalog"), False),
    ("read_inventory", gettext_noop("read the stock the shop shows"), False),
    ("write_inventory", gettext_noop("send the stock"), False),
    ("read_locations", gettext_noop("match the shop's locations"), False),
    ("read_all_orders", gettext_noop("see orders older than 60 days"), False),
    ("read_assigned_fulfillment_orders", gettext_noop("see what is assigned to a fulfillment service that is us"), False),
    ("write_assigned_fulfillment_orders", gettext_noop("report what a fulfillment service that is us has shipped"), False),
)  # fmt: skip
OAUTH = OAuth(
    authorize_url="{base_url}/admin/oauth/authorize",
    token_url="{base_url}/admin/oauth/access_token",  # noqa: S106 - an address
    scopes=tuple(name for name, _, _ in SCOPES if name != "read_all_orders"),
    rotates=True,
    code_extra={"expiring": "1"},
    client_credentials=True,
    app_secrets=OF_AN_APP,
)  # fmt: skip
# The privacy topics (customers/redact and the like) are set in the app itself; they can't be subscribed to.
TOPICS = (
    "ORDERS_CREATE", "ORDERS_UPDATED", "ORDERS_PAID", "ORDERS_CANCELLED", "ORDERS_DELETE", "ORDERS_FULFILLED",
    "ORDERS_PARTIALLY_FULFILLED", "ORDERS_EDITED", "ORDERS_RISK_ASSESSMENT_CHANGED", "REFUNDS_CREATE",
    "FULFILLMENT_ORDERS_PLACED_ON_HOLD", "FULFILLMENT_ORDERS_HOLD_RELEASED", "FULFILLMENT_ORDERS_RESCHEDULED",
    "FULFILLMENT_ORDERS_SCHEDULED_FULFILLMENT_ORDER_READY", "FULFILLMENT_ORDERS_MOVED", "FULFILLMENT_ORDERS_CANCELLED",
    "FULFILLMENT_ORDERS_FULFILLMENT_REQUEST_SUBMITTED", "FULFILLMENT_ORDERS_CANCELLATION_REQUEST_SUBMITTED",
)  # fmt: skip

_TAKEN = "already been taken"


class Connecting(ShopifyApi):
    def check_connection(self) -> ConnectionReport:
        data = self._api.ask(documents.CONNECTION, {}).data
        shop, app = data.get("shop"), data.get("currentAppInstallation")
        if not isinstance(shop, dict) or not isinstance(app, dict):
            raise ShopUnreachable("an answer without the shop")
        granted = {str(one.get("handle")) for one in dicts(app.get("accessScopes"))}
        return ConnectionReport(
            shop_name=str(shop.get("name") or ""),
            account=str(shop.get("myshopifyDomain") or ""),
            currency=str(shop.get("currencyCode") or ""),
            country=str((shop.get("shopAddress") or {}).get("countryCodeV2") or ""),
            time_zone=str(shop.get("ianaTimezone") or ""),
            scopes=[
                Scope(name=name, purpose=purpose, granted=_is_granted(name, granted), needed=needed)
                for name, purpose, needed in SCOPES
            ],
        )

    def place_test_order(self, mark: str) -> str:
        """Marked as a test there as well; no stock is taken and no mail is written."""
        shop = self._api.ask(documents.CONNECTION, {}).data.get("shop") or {}
        price = {"shopMoney": {"amount": "1.00", "currencyCode": str(shop.get("currencyCode") or "")}}
        address = {
            "firstName": "Test", "lastName": "Order", "address1": "Test order, do not ship", "city": "Test", "zip": "00000",
            "countryCode": str((shop.get("shopAddress") or {}).get("countryCodeV2") or ""),
        }  # fmt: skip
        order = {
            "test": True,
            "note": mark,
            "tags": ["orderyard-test"],
            "financialStatus": "PAID",
            "shippingAddress": address,
            "lineItems": [{"title": "Test order", "quantity": 1, "requiresShipping": True, "priceSet": price}],
        }
        options = {"inventoryBehaviour": "BYPASS", "sendReceipt": False, "sendFulfillmentReceipt": False}
        made = self._api.change(documents.TEST_ORDER, {"order": order, "options": options}, "orderCreate")
        return str((made.get("order") or {}).get("id") or "").rpartition("/")[2]

    def hooks(self) -> Sequence[Hook]:
        def page(mark: str) -> tuple[Any, str]:
            listed = self._api.ask(documents.HOOKS, {"after": mark or None}).data.get("webhookSubscriptions")
            return nodes_of(listed), next_of(listed)

        return [
            Hook(external_id=str(one["id"]), topic=str(one["topic"]), address=str(one["uri"])) for one in all_rows(page)
        ]

    def register_hooks(self, address: str, secret: str) -> Sequence[Hook]:
        """They are signed with the app's secret, which can't be chosen. One that points at an older address of ours goes."""
        del secret
        known = self.hooks()
        ours = [one for one in known if one.address == address and one.topic in TOPICS]
        for topic in TOPICS:
            if topic not in {one.topic for one in ours}:
                ours.append(self._register(topic, address))
        for one in known:
            if one.address != address and is_same_path(one.address, address):
                self._api.change(documents.HOOK_DELETE, {"id": one.external_id}, "webhookSubscriptionDelete")
        return ours

    def _register(self, topic: str, address: str) -> Hook:
        given = {"topic": topic, "subscription": {"uri": address, "format": "JSON"}}
        try:
            payload = self._api.change(documents.HOOK_CREATE, given, "webhookSubscriptionCreate")
        except ShopDeclined as refusal:
            # The app's own configuration has it sent there already, which no list shows.
            if _TAKEN not in refusal.sentence:
                raise
            return Hook(external_id="", topic=topic, address=address)
        made = payload.get("webhookSubscription") or {}
        return Hook(external_id=str(made.get("id") or ""), topic=topic, address=address)


def _is_granted(name: str, granted: set[str]) -> bool:
    """Whoever may write may read."""
    return name in granted or (name.startswith("read_") and f"write_{name.removeprefix('read_')}" in granted)
