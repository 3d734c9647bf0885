"""Receipts as tills send them, and what is on the shelf afterwards."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from apps.core import clock
from apps.inventory.models import StockLevel
from apps.inventory.services import Claim, Count, count_stock, reserve_stock
from apps.orders.models import Order, OrderLine
from tests.driving import work_it_off
from tests.factories import AGENT, make_order


def ago(**since: float) -> datetime:
    return clock.now() - timedelta(**since)


def sale(number: str = "1", **changes: Any) -> dict[str, Any]:
    body = {
        "till": "T1", "receipt": number, "store": "leeds", "sold_at": ago(minutes=5).isoformat(), "currency": "GBP",
        "lines": [{"sku": "A", "quantity": 2, "unit_price": 1000}],
    }  # fmt: skip
    return body | changes


def brought_back(receipt: str = "R1", **changes: Any) -> dict[str, Any]:
    body = {
        "till": "T1", "receipt": receipt, "store": "leeds", "returned_at": ago(minutes=1).isoformat(), "currency": "GBP",
        "lines": [{"sku": "A", "quantity": 1, "unit_price": 1000}],
    }  # fmt: skip
    return body | changes


def post(api: Any, *sales: Any, channel: str = "tills") -> list[dict[str, Any]]:
    answer = api.post("pos/sales", {"channel": channel, "sales": list(sales)}, key="")
    assert answer.status_code == 200, answer.content
    work_it_off()
    return list(answer.data["items"])


def post_back(api: Any, *returns: Any) -> list[dict[str, Any]]:
    answer = api.post("pos/returns", {"channel": "tills", "returns": list(returns)}, key="")
    assert answer.status_code == 200, answer.content
    work_it_off()
    return list(answer.data["items"])


def on_hand(sku: str = "A", node: str = "leeds") -> int:
    return StockLevel.objects.get(sku__code=sku, node__code=node).on_hand


def count(units: int, sku: str = "A", node: str = "leeds") -> None:
    assert count_stock([Count(node, sku, on_hand=units)], reason="stocktake", actor=AGENT)[0].ok


def outcomes(items: list[dict[str, Any]]) -> list[str]:
    return [item["outcome"] for item in items]


def claim(units: int) -> Order:
    order = make_order(lines={"A": units})
    level = StockLevel.objects.get(node__code="leeds", sku__code="A")
    line = OrderLine.objects.get(order=order)
    reserve_stock(
        [Claim(order_id=order.pk, order_line_id=line.pk, level_id=level.pk, quantity=units, reference=order.public_id)],
        actor=AGENT,
    )
    return order
