"""Each kind of shop as somebody connects it: what is typed, what is wrong with it, and how its test order arrives."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connections
from django.http import HttpResponse
from django.test import Client

from apps.channels.adapters.ebay.signature import EbaySignature
from apps.channels.framework.registry import adapter_of
from apps.channels.models import Channel
from apps.core import clock
from orchestrator.sandbox.shops.amazon import Amazon
from orchestrator.sandbox.shops.base import SimulatedShop
from orchestrator.sandbox.shops.bigcommerce import BigCommerce
from orchestrator.sandbox.shops.ebay import Ebay
from orchestrator.sandbox.shops.etsy import Etsy
from orchestrator.sandbox.shops.shopify import Shopify
from orchestrator.sandbox.shops.woocommerce import WooCommerce
from tests.channels.amazon import MARKETPLACE, SELLER, amazon_order
from tests.channels.amazon import notification as amazon_notification
from tests.channels.bigcommerce import bigcommerce_order, named
from tests.channels.ebay import ebay_order, signing_key
from tests.channels.ebay import notification as ebay_notification
from tests.channels.etsy import etsy_receipt
from tests.channels.sending import STANDARD_SECRET, shopify_order, woo_order
from tests.channels.simulated import Simulated

Shop = Simulated[Any]
_EVERYTHING = {"information", "orders:write", "products", "inventory:write", "locations"}


@dataclass(frozen=True)
class Walk:
    """``typed``: by field; ``wrong``: what is typed instead at first; ``code``: access is given on the vendor's page, which sends
    people back with one in the address. ``sound``: the shop as it should be, ``lesser``: with credentials that allow less,
    ``full``: all of it again, ``lacks``: what is missing in between, by name. ``arrive``: an order is placed there; the answer to its
    webhook, None: it is found by asking."""

    kind: str
    shop: type[SimulatedShop]
    typed: Mapping[str, str]
    wrong: Mapping[str, str]
    sound: Callable[[Shop], None]
    lesser: Callable[[Shop], None]
    full: Callable[[Shop], None]
    lacks: str
    arrive: Callable[[Channel, Any], HttpResponse | None]
    code: str = ""
    account: str = ""
    steps: tuple[str, ...] = field(default=())

    def fields(self, shop: Shop, **changes: str) -> dict[str, str]:
        return {"base_url": shop.url, **self.typed, **changes}


def signed(
    channel: Channel, payload: bytes, headers: Mapping[str, str], *, secret: str = "", at: datetime | None = None
) -> HttpResponse:
    """A webhook as this kind of shop sends it; ``secret``: another than the channel's; ``at``: by the sender's clock."""
    signing = adapter_of(channel.kind).signing
    assert signing is not None
    said = signing.sign(secret or channel.secret, payload, message_id=f"m_{uuid.uuid4().hex}", at=at or clock.now())
    address = f"/hooks/{channel.kind}/{channel.code}/"
    return Client().post(address, payload, content_type="application/json", headers={**said, **headers})


def as_json(payload: Any) -> bytes:
    return json.dumps(payload).encode()


def _stamp(form: str = "%Y-%m-%dT%H:%M:%SZ") -> str:
    return f"{clock.now():{form}}"


def _of_shopify(channel: Channel, shop: Shopify) -> HttpResponse:
    order = shopify_order(1, updated_at=_stamp())
    shop.put(order)
    return signed(
        channel, as_json(order), {"X-Shopify-Topic": "orders/create", "X-Shopify-Shop-Domain": shop.office.domain}
    )


def _of_woo(channel: Channel, shop: WooCommerce) -> HttpResponse:
    order = woo_order(1, date_modified_gmt=_stamp("%Y-%m-%dT%H:%M:%S"))
    shop.put(order)
    return signed(channel, as_json(order), {"X-WC-Webhook-Topic": "order.created", "X-WC-Webhook-ID": "1"})


def _of_bigcommerce(channel: Channel, shop: BigCommerce) -> HttpResponse:
    shop.put(bigcommerce_order(1, changed_at=_stamp()))
    return signed(channel, as_json(named(1, at=clock.now())), {})


def _of_amazon(channel: Channel, shop: Amazon) -> HttpResponse | None:
    shop.put(amazon_order(1, changed_at=_stamp()))
    return signed(channel, as_json(amazon_notification(1)), {}) if channel.secret else None


def _of_ebay(channel: Channel, shop: Ebay) -> HttpResponse:
    shop.put(ebay_order(1, changed_at=_stamp("%Y-%m-%dT%H:%M:%S.000Z")))
    body, key = as_json(ebay_notification(1)), signing_key(shop)
    headers = EbaySignature().sign(key, body, message_id="", at=clock.now())
    return Client().post(f"/hooks/ebay/{channel.code}/", body, content_type="application/json", headers=headers)


def _of_etsy(channel: Channel, shop: Etsy) -> None:
    shop.put(etsy_receipt(1, changed_at=int((clock.now() - timedelta(seconds=1)).timestamp())))


def _set(path: str, value: Callable[[], Any]) -> Callable[[Shop], None]:
    """Have something of the simulated shop stand at this."""

    def change(running: Shop) -> None:
        *inner, name = path.split(".")
        shop = running.shop
        for one in inner:
            shop = getattr(shop, one)
        setattr(shop, name, value())

    return change


def _of_good_codes_and_asking(running: Shop) -> None:
    """It asks the address of notifications whether it is ours."""
    running.shop.codes, running.shop.office.asks = {"good", "good again"}, answered


def answered(address: str) -> Any:
    """What we answer to who asks us at this address, from outside."""
    try:
        return Client().get(address.removeprefix(settings.ORDERYARD["URL"].rstrip("/"))).json()
    finally:
        connections.close_all()


def _may_not_see_orders(running: Shop) -> None:
    said = {
        "errorId": 1100,
        "message": "Access denied",
        "longMessage": "Insufficient permissions to fulfill the request.",
    }
    running.fail("GET /sell/fulfillment/v1/order", 403, body={"errors": [said]})


def _nothing_fails(running: Shop) -> None:
    running.failures.clear()


_ALL = ("credentials", "webhooks", "catalog", "places", "orders", "test")
_AMAZON = {"settings.seller_id": SELLER, "settings.marketplace_id": MARKETPLACE, "api_key": "app", "api_secret": "s"}
SHOPIFY_SCOPES = list(Shopify().office.scopes)
WALKS = {
    "shopify": Walk(
        "shopify", Shopify, {"api_secret": "shpat_good", "secret": "signs-webhooks"}, {"api_secret": "shpat_bad"},
        sound=_set("tokens", lambda: {"shpat_good"}),
        lesser=_set("office.scopes", lambda: ["read_orders"]), full=_set("office.scopes", lambda: SHOPIFY_SCOPES), lacks="write_orders",
        arrive=_of_shopify, account="harbour-and-pine.myshopify.com", steps=_ALL,
    ),
    "woocommerce": Walk(
        "woocommerce", WooCommerce, {"api_key": "ck", "api_secret": "cs"}, {"api_secret": "no"},
        sound=_set("office.keys", lambda: {"ck:cs": "read_write"}),
        lesser=_set("office.keys", lambda: {"ck:cs": "read"}), full=_set("office.keys", lambda: {"ck:cs": "read_write"}), lacks="write orders",
        arrive=_of_woo, account="https://canary.example", steps=tuple(step for step in _ALL if step != "places"),
    ),
    "bigcommerce": Walk(
        "bigcommerce", BigCommerce, {"api_key": "token"}, {"api_key": "no"},
        sound=_set("office.tokens", lambda: {"token": set(_EVERYTHING)}),
        lesser=_set("office.tokens", lambda: {"token": {"information"}}),
        full=_set("office.tokens", lambda: {"token": set(_EVERYTHING)}), lacks="store_v2_orders",
        arrive=_of_bigcommerce, account="canary.example", steps=_ALL,
    ),
    "amazon, its own app": Walk(
        "amazon", Amazon, {**_AMAZON, "refresh_token": "Atzr-own"}, {"refresh_token": "Atzr-no"},
        sound=_set("refresh_tokens", lambda: {"Atzr-own"}),
        lesser=_set("may_read_people", lambda: False), full=_set("may_read_people", lambda: True), lacks="Direct-to-Consumer Delivery (Restricted)",
        arrive=_of_amazon, account=f"{SELLER} {MARKETPLACE}", steps=tuple(step for step in _ALL if step != "places"),
    ),
    "amazon, a public app": Walk(
        "amazon", Amazon, {**_AMAZON, "settings.application_id": "amzn1.sellerapps.app.1", "secret": STANDARD_SECRET}, {},
        sound=_set("codes", lambda: {"good", "good again"}), code="spapi_oauth_code",
        lesser=_set("may_read_people", lambda: False), full=_set("may_read_people", lambda: True), lacks="Direct-to-Consumer Delivery (Restricted)",
        arrive=_of_amazon, account=f"{SELLER} {MARKETPLACE}", steps=tuple(step for step in _ALL if step != "places"),
    ),
    "ebay": Walk(
        "ebay", Ebay, {"api_key": "app", "api_secret": "cert", "settings.ru_name": "Harbour-1"}, {},
        sound=_of_good_codes_and_asking, code="code",
        lesser=_may_not_see_orders, full=_nothing_fails, lacks="sell.fulfillment",
        arrive=_of_ebay, account="harbour-and-pine", steps=_ALL,
    ),
    "etsy": Walk(
        "etsy", Etsy, {"api_key": "key", "api_secret": "shared"}, {},
        sound=_set("codes", lambda: {"good", "good again"}), code="code",
        lesser=_set("scopes", lambda: ["shops_r"]), full=_set("scopes", lambda: ["shops_r", "transactions_r", "transactions_w"]), lacks="transactions_r",
        arrive=_of_etsy, account="4242", steps=tuple(step for step in _ALL if step not in ("webhooks", "places")),
    ),
}  # fmt: skip
