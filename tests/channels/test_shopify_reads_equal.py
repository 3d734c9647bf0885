"""An order reads the same whether a webhook brought it or Shopify was asked for it by GraphQL."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from apps.channels.adapters.shopify.documents import ORDER_WHOLE
from apps.channels.adapters.shopify.nodes import order_of
from apps.channels.framework.contracts import shipped_contract
from apps.channels.mapping.engine import apply
from apps.channels.mapping.results import Mapped
from apps.channels.mapping.scope import MappingContext
from orchestrator.sandbox.graphql import execute
from orchestrator.sandbox.shops.shopify.nodes import order_node
from tests.channels.sending import EARLIER, later, shopify_order

CAPTURED = (
    "realcapture_hk_order_create_dis2.json",
    "realcapture_hk_order_create_dis3.json",
    "realcapture_hk_order_create_dis4.json",
)
LINE = {
    "id": 15518808539436, "sku": "A", "title": "Thing", "name": "Thing", "quantity": 3, "current_quantity": 3, "fulfillable_quantity": 3,
    "price": "10.00", "requires_shipping": True, "gift_card": False, "fulfillment_service": "manual", "fulfillment_status": None,
    "product_id": 1, "total_discount": "0.00",
}  # fmt: skip
TOTALS = {
    "subtotal_price": "30.00", "current_subtotal_price": "30.00", "total_price": "30.00", "current_total_price": "30.00",
    "current_total_tax": "0.00", "total_tip_received": "0.00",
}  # fmt: skip
CUSTOMER = {"id": 7, "first_name": "Pat", "last_name": "Canary", "email": "c@example.test", "phone": "+44 113 496 0000", "tags": "VIP, b2b"}  # fmt: skip
KINDS: dict[str, dict[str, Any]] = {
    "plain": {},
    "no address, no customer": {"shipping_address": None, "billing_address": None, "customer": None, "email": ""},
    "customer": {"customer": CUSTOMER, "phone": "+44", "tags": "gift, a b", "note": "Ring twice."},
    "64-bit ids": {"id": 9_007_199_254_740_993, "line_items": [LINE | {"id": 9_223_372_036_854_775_807}]},
    "discounts and tax": {
        "total_discounts": "3.00", "total_tax": "5.00", "current_total_tax": "5.00", "taxes_included": False, "total_price": "32.00",
        "current_total_price": "32.00", "subtotal_price": "27.00", "current_subtotal_price": "27.00",
        "line_items": [LINE | {"discount_allocations": [{"amount": "3.00"}], "tax_lines": [{"price": "5.00"}]}],
    },
    "shipping": {
        "shipping_lines": [
            {"id": 1, "title": "Express", "code": "EXP", "price": "5.00", "tax_lines": [{"price": "1.00"}], "discount_allocations": []},
            {"id": 2, "title": "Standard", "price": "3.00", "is_removed": True, "discount_allocations": [{"amount": "1.00"}]},
        ],
        "total_price": "35.00", "current_total_price": "35.00",
    },
    "pick-up": {"shipping_lines": [{"id": 1, "title": "Leeds", "price": "0.00", "delivery_category": "pickup"}]},
    "tip": {
        "total_tip_received": "4.00", "total_price": "34.00", "current_total_price": "34.00",
        "line_items": [
            LINE, {"id": 2, "title": "Tip", "name": "Tip", "quantity": 1, "current_quantity": 1, "fulfillable_quantity": 0, "price": "4.00",
                   "requires_shipping": False, "gift_card": False, "tip": {"payment_gateway": "x"}},
        ],
    },
    "gift card": {
        "line_items": [LINE | {"gift_card": True, "requires_shipping": False, "fulfillment_service": "gift_card"}],
    },
    "duties and fees": {
        "current_total_duties_set": {"shop_money": {"amount": "7.00"}}, "original_total_duties_set": {"shop_money": {"amount": "9.00"}},
        "original_total_additional_fees_set": {"shop_money": {"amount": "2.00"}}, "total_price": "39.00", "current_total_price": "39.00",
    },
    "engraved": {"line_items": [LINE | {"properties": [{"name": "Engraving", "value": "Pat"}]}]},
    "another service": {"line_items": [LINE, LINE | {"id": 5, "fulfillment_service": "some-3pl"}]},
    "partly sent": {
        "fulfillment_status": "partial",
        "fulfillments": [
            {"id": 1, "status": "success", "line_items": [{"id": LINE["id"], "quantity": 1}]},
            {"id": 2, "status": "cancelled", "line_items": [{"id": LINE["id"], "quantity": 1}]},
        ],
        "line_items": [LINE | {"fulfillable_quantity": 2, "fulfillment_status": "partial"}],
    },
    "sent": {
        "fulfillment_status": "fulfilled", "closed_at": later(),
        "fulfillments": [{"id": 1, "status": "success", "line_items": [{"id": LINE["id"], "quantity": 3}]}],
        "line_items": [LINE | {"fulfillable_quantity": 0, "fulfillment_status": "fulfilled"}],
    },
    "refunded in part, not restocked": {
        "financial_status": "partially_refunded", "current_total_price": "20.00", "current_subtotal_price": "20.00",
        "refunds": [{"id": 1, "refund_line_items": [{"line_item_id": LINE["id"], "quantity": 1, "restock_type": "no_restock"}]}],
        "line_items": [LINE | {"current_quantity": 2, "fulfillable_quantity": 2}],
    },
    "taken to nothing after it left": {
        "financial_status": "refunded", "fulfillment_status": "fulfilled", "current_total_price": "0.00", "current_subtotal_price": "0.00",
        "fulfillments": [{"id": 1, "status": "success", "line_items": [{"id": LINE["id"], "quantity": 3}]}],
        "refunds": [{"id": 1, "refund_line_items": [{"line_item_id": LINE["id"], "quantity": 3, "restock_type": "return"}]}],
        "line_items": [LINE | {"current_quantity": 0, "fulfillable_quantity": 0, "fulfillment_status": "fulfilled"}],
    },
    "cancelled": {"cancelled_at": later(), "cancel_reason": "inventory", "closed_at": later()},
    "a test": {"test": True},
    "cash on delivery": {"financial_status": "pending", "payment_gateway_names": ["Cash on Delivery (COD)"]},
    "expired": {"financial_status": "expired"},
    "yen": {"currency": "JPY", "total_price": "3000", "current_total_price": "3000", "line_items": [LINE | {"price": "1000"}]},
    "paid in dollars, sold in pounds": {"currency": "GBP", "presentment_currency": "USD"},
}  # fmt: skip


def read(order: dict[str, Any]) -> Any:
    found = apply(shipped_contract("shopify.order"), order, MappingContext())
    assert isinstance(found, Mapped), found
    return found


def by_graphql(order: dict[str, Any]) -> dict[str, Any]:
    """The order as the client hands it on, having asked the simulated shop for it."""
    asked = {"id": "gid", "lines": 250, "parts": 50}
    data = execute(ORDER_WHOLE, asked, {"order": lambda **_: order_node(order)})
    return order_of(data["order"])


@pytest.mark.parametrize("kind", KINDS)
def test_webhook_and_graphql_read_equal(kind: str):
    order = shopify_order(4711, line_items=[LINE], **TOTALS | {"processed_at": EARLIER}) | KINDS[kind]

    webhook, graphql = read(order), read(by_graphql(order))

    assert graphql.order == webhook.order
    assert (graphql.holds, graphql.warnings) == (webhook.holds, webhook.warnings)


@pytest.mark.parametrize("name", CAPTURED)
def test_captured_webhooks_read_equal_by_graphql(shared: Path, name: str):
    body = json.loads((shared / "data/payloads/shopify" / name).read_text())
    order = body.get("order", body)

    assert read(by_graphql(order)).order == read(order).order


@pytest.mark.parametrize("name", ["dropazul_order_body.json", "goshopify_order.json"])
def test_of_older_messages_graphql_says_more_and_nothing_else(shared: Path, name: str):
    """They have no current quantities, and a customer without an id, which no shop has."""
    order = json.loads((shared / "data/payloads/shopify" / name).read_text())
    order = order.get("order", order)

    webhook, graphql = (read(one).order.model_dump() for one in (order, by_graphql(order)))

    told = {name for name in webhook if webhook[name] != graphql[name]}
    assert told <= {"payment", "customer"}
    assert graphql["payment"] == webhook["payment"] | {"refund_explained": True}


def test_a_line_called_tip_that_is_sold_as_a_product_stays_a_line():
    order = shopify_order(1, line_items=[LINE | {"title": "Tip"}], total_tip_received="10.00")

    assert "tip" not in by_graphql(order)["line_items"][0]
