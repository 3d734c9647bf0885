"""What Shopify answers by GraphQL, in the shape of its webhooks: one mapping document reads both. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from apps.channels.adapters.shopify.gids import number_of
from apps.channels.framework.json_values import dicts

Node = Mapping[str, Any]

# One hold of ours on each fulfillment order: others that stand there are somebody else's.
HOLD_HANDLE = "orderyard"

_AMOUNTS = {
    "subtotal_price": "subtotalPriceSet",
    "current_subtotal_price": "currentSubtotalPriceSet",
    "total_tax": "totalTaxSet",
    "current_total_tax": "currentTotalTaxSet",
    "total_price": "totalPriceSet",
    "current_total_price": "currentTotalPriceSet",
    "total_discounts": "totalDiscountsSet",
    "total_tip_received": "totalTipReceivedSet",
}
_SETS = {
    "original_total_duties_set": "originalTotalDutiesSet",
    "current_total_duties_set": "currentTotalDutiesSet",
    "original_total_additional_fees_set": "originalTotalAdditionalFeesSet",
    "current_total_additional_fees_set": "currentTotalAdditionalFeesSet",
}
_SAME_WORDS = {
    "name": "name", "order_number": "number", "email": "email", "phone": "phone", "note": "note", "test": "test",
    "created_at": "createdAt", "processed_at": "processedAt", "updated_at": "updatedAt", "cancelled_at": "cancelledAt",
    "closed_at": "closedAt", "currency": "currencyCode", "taxes_included": "taxesIncluded",
    "payment_gateway_names": "paymentGatewayNames",
}  # fmt: skip
_ADDRESS = {
    "name": "name", "first_name": "firstName", "company": "company", "address1": "address1", "address2": "address2",
    "city": "city", "zip": "zip", "province": "province", "province_code": "provinceCode", "country": "country",
    "country_code": "countryCodeV2", "phone": "phone",
}  # fmt: skip


def order_of(node: Node, our_locations: Collection[str] = ()) -> dict[str, Any]:
    """An order as a webhook writes it, as far as it is read; and what no webhook of an order says: its risk and, where they were asked
    for, its fulfillment orders. ``our_locations``: empty for all."""
    asked: dict[str, Any] = (
        {"fulfillment_orders": _standing(node, our_locations)} if "fulfillmentOrders" in node else {}
    )
    risk = (node.get("risk") or {}).get("recommendation")
    asked |= {"risk": {"recommendation": _word(risk)}} if risk else {}
    tip = _amount(node.get("totalTipReceivedSet"))
    fulfillments = [_fulfillment(one) for one in dicts(node.get("fulfillments"))]
    return {
        "id": number_of(node["id"]),
        **{ours: node.get(theirs) for ours, theirs in _SAME_WORDS.items()},
        **{ours: _amount(node.get(theirs)) for ours, theirs in _AMOUNTS.items()},
        **{ours: _money_set(node.get(theirs)) for ours, theirs in _SETS.items()},
        "cancel_reason": _word(node.get("cancelReason")),
        "financial_status": _word(node.get("displayFinancialStatus")),
        "fulfillment_status": _fulfillment_status(node, fulfillments),
        "tags": ", ".join(map(str, node.get("tags") or [])),
        "customer": _customer(node.get("customer")),
        "shipping_address": _address(node.get("shippingAddress")),
        "billing_address": _address(node.get("billingAddress")),
        "shipping_lines": [_shipping_line(one) for one in nodes_of(node.get("shippingLines"))],
        "line_items": [_line(one, tip) for one in nodes_of(node.get("lineItems"))],
        "fulfillments": fulfillments,
        "refunds": [_refund(one) for one in dicts(node.get("refunds"))],
        **asked,
    }


def _standing(node: Node, our_locations: Collection[str]) -> list[dict[str, Any]]:
    """Its fulfillment orders that are not over. ``waits``: for what, if not for us; ``place``: whose location it is at."""
    found = nodes_of(node.get("fulfillmentOrders"))
    return [
        {
            "id": number_of(one["id"]),
            "waits": _waits(one),
            "request_status": _word(one.get("requestStatus")),
            "place": _place(one, our_locations),
        }
        for one in found
        if _word(one.get("status")) not in ("closed", "cancelled", "incomplete")
    ]


def _waits(node: Node) -> str | None:
    status, holds = _word(node.get("status")), dicts(node.get("fulfillmentHolds"))
    if status == "on_hold":
        return None if holds and all(is_our_hold(one) for one in holds) else "on_hold"
    return "scheduled" if status == "scheduled" else None


def _place(node: Node, our_locations: Collection[str]) -> str | None:
    location = str(number_of(((node.get("assignedLocation") or {}).get("location") or {}).get("id") or ""))
    return "another" if location and our_locations and location not in our_locations else None


def is_our_hold(hold: Node) -> bool:
    return bool(hold.get("heldByRequestingApp")) and hold.get("handle") == HOLD_HANDLE


def fulfillment_order_of(node: Node) -> dict[str, Any]:
    """One of the shop's fulfillment orders, as ``fulfilling`` reads it."""
    location = (node.get("assignedLocation") or {}).get("location") or {}
    return {
        "id": number_of(node["id"]),
        "status": _word(node.get("status")),
        "request_status": _word(node.get("requestStatus")),
        "assigned_location_id": number_of(location.get("id") or ""),
        "line_items": [
            {
                "id": number_of(line["id"]),
                "line_item_id": _line_id(line),
                "quantity": line.get("totalQuantity"),
                "fulfillable_quantity": line.get("remainingQuantity"),
            }
            for line in nodes_of(node.get("lineItems"))
        ],
    }


def nodes_of(connection: Any) -> list[dict[str, Any]]:
    return dicts(connection.get("nodes")) if isinstance(connection, dict) else []


def next_of(connection: Any) -> str:
    """The cursor of the page after; empty on the last one."""
    info = connection.get("pageInfo") if isinstance(connection, dict) else None
    return str(info.get("endCursor") or "") if isinstance(info, dict) and info.get("hasNextPage") else ""


def units_of(node: Node) -> list[tuple[str, int]]:
    """Line ids and units of a fulfillment."""
    lines = nodes_of(node.get("fulfillmentLineItems"))
    return [(str(_line_id(line)), line["quantity"]) for line in lines if line.get("quantity")]


def _line(node: Node, tip: str | None) -> dict[str, Any]:
    price = _amount(node.get("originalUnitPriceSet"))
    line = {
        "id": number_of(node["id"]),
        "sku": node.get("sku"),
        "title": node.get("title"),
        "name": node.get("name"),
        "quantity": node.get("quantity"),
        "current_quantity": node.get("currentQuantity"),
        "fulfillable_quantity": node.get("fulfillableQuantity"),
        "fulfillment_service": (node.get("fulfillmentService") or {}).get("handle"),
        "fulfillment_status": _line_status(node.get("fulfillmentStatus")),
        "price": price,
        "total_discount": _amount(node.get("totalDiscountSet")),
        "discount_allocations": _allocations(node),
        "tax_lines": _taxes(node),
        "requires_shipping": node.get("requiresShipping"),
        "gift_card": node.get("isGiftCard"),
        "properties": [
            {"name": one.get("key"), "value": one.get("value")} for one in dicts(node.get("customAttributes"))
        ],
    }
    return line | {"tip": {"amount": tip}} if _is_tip(node, price, tip) else line


def _is_tip(node: Node, price: str | None, tip: str | None) -> bool:
    """A webhook marks the line that is a tip; by GraphQL it is one without a product, called so, of the tip's amount."""
    bare = node.get("product") is None and not node.get("requiresShipping")
    return (
        bare and str(node.get("title")).casefold() == "tip" and bool(_decimal(tip)) and _decimal(price) == _decimal(tip)
    )


def _fulfillment(node: Node) -> dict[str, Any]:
    lines = [{"id": number_of(line), "quantity": count} for line, count in units_of(node)]
    return {"id": number_of(node["id"]), "status": _word(node.get("status")), "line_items": lines}


def _refund(node: Node) -> dict[str, Any]:
    lines = [
        {
            "line_item_id": _line_id(line),
            "quantity": line.get("quantity"),
            "restock_type": _word(line.get("restockType")),
        }
        for line in nodes_of(node.get("refundLineItems"))
    ]
    return {"id": number_of(node["id"]), "refund_line_items": lines}


def _line_id(line: Node) -> int | str:
    return number_of((line.get("lineItem") or {}).get("id") or "")


def _shipping_line(node: Node) -> dict[str, Any]:
    return {
        "id": number_of(node.get("id") or ""),
        "title": node.get("title"),
        "code": node.get("code"),
        "delivery_category": node.get("deliveryCategory"),
        "is_removed": node.get("isRemoved"),
        "price": _amount(node.get("originalPriceSet")),
        "discount_allocations": _allocations(node),
        "tax_lines": _taxes(node),
    }


def _allocations(node: Node) -> list[dict[str, Any]]:
    return [{"amount": _amount(one.get("allocatedAmountSet"))} for one in dicts(node.get("discountAllocations"))]


def _taxes(node: Node) -> list[dict[str, Any]]:
    return [{"price": _amount(one.get("priceSet"))} for one in dicts(node.get("taxLines"))]


def _customer(node: Node | None) -> dict[str, Any] | None:
    if not node:
        return None
    return {
        "id": number_of(node["id"]),
        "first_name": node.get("firstName"),
        "last_name": node.get("lastName"),
        "email": (node.get("defaultEmailAddress") or {}).get("emailAddress"),
        "phone": (node.get("defaultPhoneNumber") or {}).get("phoneNumber"),
        "tags": ", ".join(map(str, node.get("tags") or [])),
    }


def _address(node: Node | None) -> dict[str, Any] | None:
    return {ours: node.get(theirs) for ours, theirs in _ADDRESS.items()} if node else None


def _fulfillment_status(node: Node, fulfillments: Sequence[Node]) -> str | None:
    """What is displayed of an order that is partly on hold says nothing of what has left."""
    shown = node.get("displayFulfillmentStatus")
    if shown in ("FULFILLED", "RESTOCKED"):
        return str(shown).lower()
    partly = shown == "PARTIALLY_FULFILLED" or any(one["status"] == "success" for one in fulfillments)
    return "partial" if partly else None


def _line_status(word: Any) -> str | None:
    return {"fulfilled": "fulfilled", "partial": "partial", "partially_fulfilled": "partial"}.get(str(word).lower())


def _word(value: Any) -> str | None:
    return str(value).lower() if value else None


def _money_set(value: Any) -> dict[str, Any] | None:
    amount = _amount(value)
    return None if amount is None else {"shop_money": {"amount": amount}}


def _amount(money_bag: Any) -> str | None:
    """In the shop's currency, as webhooks' plain amounts are."""
    money = money_bag.get("shopMoney") if isinstance(money_bag, dict) else None
    return str(money["amount"]) if isinstance(money, dict) and money.get("amount") is not None else None


def _decimal(text: str | None) -> Decimal:
    try:
        return Decimal(text or "0")
    except InvalidOperation:
        return Decimal(0)


def with_lines(node: Node, lines: Iterable[Node]) -> dict[str, Any]:
    """The order with more lines, those of the pages after the first."""
    return {**node, "lineItems": {"nodes": [*nodes_of(node.get("lineItems")), *lines]}}
