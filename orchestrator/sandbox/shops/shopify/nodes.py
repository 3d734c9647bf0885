"""Orders as the simulated Shopify keeps them (in the shape of its webhooks), as its GraphQL shows them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ...graphql import connection
from ..base import Order, now

Node = dict[str, Any]


def gid(kind: str, number: object) -> str:
    return f"gid://shopify/{kind}/{number}"


def number_of(global_id: object) -> str:
    return str(global_id).rpartition("/")[2]


def order_node(order: Order) -> Node:
    """All that is known of an order; what a stub lacks is what Shopify would have by itself."""
    shop_currency = str(order.get("currency") or "GBP")
    currency = f"{shop_currency}/{order.get('presentment_currency') or shop_currency}"
    lines = [line_node(line, order, currency) for line in order.get("line_items") or []]
    shipping = [_shipping_node(one, currency) for one in order.get("shipping_lines") or []]
    total = order.get("total_price") or "0.00"
    return {
        "__typename": "Order",
        "id": gid("Order", order["id"]),
        "name": order.get("name") or f"#{order['id']}",
        "number": order.get("order_number") or order.get("number") or 0,
        **{name: order.get(name) for name in ("email", "phone", "note")},
        "tags": _tags(order.get("tags")),
        "test": bool(order.get("test")),
        "createdAt": order.get("created_at") or now(),
        "processedAt": order.get("processed_at") or order.get("created_at") or now(),
        "updatedAt": order.get("updated_at") or now(),
        "cancelledAt": order.get("cancelled_at"),
        "closedAt": order.get("closed_at"),
        "cancelReason": _upper(order.get("cancel_reason")),
        "currencyCode": shop_currency,
        "presentmentCurrencyCode": order.get("presentment_currency") or shop_currency,
        "taxesIncluded": bool(order.get("taxes_included")),
        "displayFinancialStatus": _upper(order.get("financial_status")),
        "displayFulfillmentStatus": _shown_status(order),
        "risk": {"recommendation": _upper(order.get("risk_recommendation")) or "NONE"},
        "paymentGatewayNames": order.get("payment_gateway_names") or [],
        "customer": _customer_node(order.get("customer")),
        "shippingAddress": _address_node(order.get("shipping_address")),
        "billingAddress": _address_node(order.get("billing_address")),
        "subtotalPriceSet": _bag(order.get("subtotal_price"), currency),
        "currentSubtotalPriceSet": _bag(order.get("current_subtotal_price") or order.get("subtotal_price") or total, currency),
        "totalTaxSet": _bag(order.get("total_tax"), currency),
        "currentTotalTaxSet": _bag(order.get("current_total_tax") or order.get("total_tax") or "0.00", currency),
        "totalPriceSet": _bag(total, currency),
        "currentTotalPriceSet": _bag(order.get("current_total_price") or total, currency),
        "totalDiscountsSet": _bag(order.get("total_discounts"), currency),
        "totalTipReceivedSet": _bag(order.get("total_tip_received") or "0.00", currency),
        **{
            name: _bag(_shop_amount(order.get(theirs)), currency)
            for name, theirs in (
                ("originalTotalDutiesSet", "original_total_duties_set"),
                ("currentTotalDutiesSet", "current_total_duties_set"),
                ("originalTotalAdditionalFeesSet", "original_total_additional_fees_set"),
                ("currentTotalAdditionalFeesSet", "current_total_additional_fees_set"),
            )
        },
        "shippingLines": _shipping_lines(shipping),
        "lineItems": connection(lines),
        "fulfillments": _first([fulfillment_node(one) for one in order.get("fulfillments") or []]),
        "fulfillmentOrders": connection([]),
        "refunds": _first([_refund_node(one) for one in order.get("refunds") or []]),
    }  # fmt: skip


def line_node(line: Mapping[str, Any], order: Order, currency: str) -> Node:
    quantity = line.get("quantity", 1)
    return {
        "id": gid("LineItem", line["id"]),
        "sku": line.get("sku"),
        "title": line.get("title") or line.get("name") or "",
        "name": line.get("name") or line.get("title") or "",
        "quantity": quantity,
        "currentQuantity": line.get("current_quantity", quantity - _refunded(line, order)),
        "fulfillableQuantity": line.get("fulfillable_quantity", quantity - _refunded(line, order)),
        "fulfillmentStatus": line.get("fulfillment_status") or "unfulfilled",
        "requiresShipping": line.get("requires_shipping", True),
        "isGiftCard": bool(line.get("gift_card")),
        "product": None if "tip" in line else {"id": gid("Product", line.get("product_id") or line["id"])},
        "fulfillmentService": {"handle": line.get("fulfillment_service") or "manual"},
        "originalUnitPriceSet": _bag(line.get("price") or "0.00", currency),
        "totalDiscountSet": _bag(line.get("total_discount") or "0.00", currency),
        "discountAllocations": _allocation_nodes(line, currency),
        "taxLines": _tax_nodes(line, currency),
        "customAttributes": _attributes(line.get("properties")),
    }


def _refunded(line: Mapping[str, Any], order: Order) -> int:
    named = [one for refund in order.get("refunds") or [] for one in refund.get("refund_line_items") or []]
    return sum(one["quantity"] for one in named if str(one.get("line_item_id")) == str(line["id"]))


def _shipping_node(line: Mapping[str, Any], currency: str) -> Node:
    return {
        "id": gid("ShippingLine", line.get("id", 1)),
        "title": line.get("title") or "",
        "code": line.get("code"),
        "deliveryCategory": line.get("delivery_category"),
        "isRemoved": bool(line.get("is_removed")),
        "originalPriceSet": _bag(line.get("price") or "0.00", currency),
        "discountAllocations": _allocation_nodes(line, currency),
        "taxLines": _tax_nodes(line, currency),
    }


def _shipping_lines(nodes: list[Node]) -> Any:
    def page(include_removals: bool = False, **arguments: Any) -> Node:
        shown = [one for one in nodes if include_removals or not one["isRemoved"]]
        return connection(shown)(**arguments)

    return page


def fulfillment_node(one: Mapping[str, Any]) -> Node:
    numbers = [str(number) for number in one.get("tracking_numbers") or [one.get("tracking_number")] if number]
    tracking = [{"number": number, "company": one.get("tracking_company"), "url": None} for number in numbers]
    lines = [
        {"id": gid("FulfillmentLineItem", line["id"]), "quantity": line.get("quantity"), "lineItem": {"id": gid("LineItem", line["id"])}}
        for line in one.get("line_items") or []
    ]  # fmt: skip
    return {
        "id": gid("Fulfillment", one.get("id", 1)),
        "status": _upper(one.get("status")) or "SUCCESS",
        "trackingInfo": _first(tracking),
        "fulfillmentLineItems": connection(lines),
    }


def _refund_node(one: Mapping[str, Any]) -> Node:
    lines = [
        {
            "quantity": line.get("quantity", 0),
            "restockType": _upper(line.get("restock_type")) or "NO_RESTOCK",
            "lineItem": {"id": gid("LineItem", line["line_item_id"])},
        }
        for line in one.get("refund_line_items") or []
    ]
    return {"id": gid("Refund", one.get("id", 1)), "refundLineItems": connection(lines)}


def _customer_node(customer: Mapping[str, Any] | None) -> Node | None:
    if not customer or not customer.get("id"):
        return None
    email, phone = customer.get("email"), customer.get("phone")
    return {
        "id": gid("Customer", customer["id"]),
        "firstName": customer.get("first_name"),
        "lastName": customer.get("last_name"),
        "tags": _tags(customer.get("tags")),
        "defaultEmailAddress": {"emailAddress": email} if email else None,
        "defaultPhoneNumber": {"phoneNumber": phone} if phone else None,
    }


def _address_node(address: Mapping[str, Any] | None) -> Node | None:
    if not address:
        return None
    return {
        "firstName": address.get("first_name"),
        "provinceCode": address.get("province_code"),
        "countryCodeV2": address.get("country_code"),
        **{
            name: address.get(name)
            for name in ("name", "company", "address1", "address2", "city", "zip", "province", "country", "phone")
        },
    }


def _allocation_nodes(line: Mapping[str, Any], currency: str) -> list[Node]:
    return [{"allocatedAmountSet": _bag(one["amount"], currency)} for one in line.get("discount_allocations") or []]


def _tax_nodes(line: Mapping[str, Any], currency: str) -> list[Node]:
    return [{"priceSet": _bag(one["price"], currency)} for one in line.get("tax_lines") or []]


def _attributes(properties: Any) -> list[Node]:
    if isinstance(properties, Mapping):
        properties = [{"name": name, "value": value} for name, value in properties.items()]
    return [{"key": str(one.get("name")), "value": one.get("value")} for one in properties or []]


def _first(items: list[Node]) -> Any:
    """A plain list of which the first so many can be asked for."""
    return lambda first=0, **_: items[:first] if first else items


def _bag(amount: Any, currency: str) -> Node | None:
    """Shopify's GraphQL writes 10.0 where its webhooks write 10.00. ``currency``: the shop's and the shopper's; in another one
    everything costs a quarter more."""
    if amount is None or amount == "":
        return None
    shop, _, shopper = currency.partition("/")
    own, seen = Decimal(str(amount)), Decimal(str(amount)) * (1 if shop == shopper else Decimal("1.25"))
    return {"shopMoney": _money(own, shop), "presentmentMoney": _money(seen, shopper)}


def _money(amount: Decimal, currency: str) -> Node:
    plain = f"{amount.normalize():f}"
    return {"amount": plain if "." in plain else f"{plain}.0", "currencyCode": currency}


def _shop_amount(money_set: Any) -> Any:
    return (money_set.get("shop_money") or {}).get("amount") if isinstance(money_set, Mapping) else None


def _shown_status(order: Order) -> str:
    known = {"fulfilled": "FULFILLED", "partial": "PARTIALLY_FULFILLED", "restocked": "RESTOCKED"}
    return known.get(str(order.get("fulfillment_status")), "UNFULFILLED")


def _tags(tags: Any) -> list[str]:
    return [one.strip() for one in tags.split(",") if one.strip()] if isinstance(tags, str) else list(tags or [])


def _upper(word: Any) -> str | None:
    return str(word).upper() if word else None
