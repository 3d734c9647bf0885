"""Real messages, where they are at hand, and the arithmetic every mapped order has to satisfy."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from apps.channels.framework.contracts import shipped_contract
from apps.channels.mapping.engine import apply
from apps.channels.mapping.results import Mapped, Outcome
from apps.channels.mapping.scope import MappingContext
from apps.orders.canonical import CanonicalOrder

PROJECT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Where the real inputs are, if they are at hand; ``ORDERYARD_SHARED`` says where else to look."""
    return Path(os.environ.get("ORDERYARD_SHARED", PROJECT.parent / "shared")) / "data"


@pytest.fixture(scope="session")
def payload_file(shared_data: Path) -> Callable[[str], Any]:
    """Read one message by its path under payloads/."""

    def read(name: str) -> Any:
        path = shared_data / "payloads" / name
        if not path.is_file():
            pytest.skip(f"1 file skipped: {path} is absent")
        return json.loads(path.read_text(encoding="utf-8"))

    return read


@pytest.fixture
def read_with() -> Callable[..., Outcome]:
    """Apply a shipped contract to a message."""

    def read(contract: str, payload: Any, context: MappingContext | None = None) -> Outcome:
        return apply(shipped_contract(contract), payload, context or MappingContext())

    return read


@pytest.fixture
def order_from(read_with: Callable[..., Outcome]) -> Callable[..., CanonicalOrder]:
    """The order a shipped contract makes of a message that has to be mapped."""

    def read(contract: str, payload: Any, context: MappingContext | None = None) -> CanonicalOrder:
        outcome = read_with(contract, payload, context)
        assert isinstance(outcome, Mapped), outcome
        return outcome.order

    return read


@pytest.fixture
def recomputed() -> Callable[[CanonicalOrder], int]:
    """What an order adds up to, in minor units, from its lines and charges alone."""

    def add_up(order: CanonicalOrder) -> int:
        totals = order.totals
        goods = sum(line.unit_price * line.quantity - line.discount for line in order.lines)
        tax = 0 if totals.prices_include_tax else sum(line.tax for line in order.lines) + totals.shipping_tax
        return goods + tax + totals.shipping + totals.fees - totals.discount

    return add_up


@pytest.fixture
def shopify_order() -> Callable[..., dict[str, Any]]:
    """A small Shopify order; keyword arguments replace keys of the order."""

    def make(**changes: Any) -> dict[str, Any]:
        return {
            "id": 450789469,
            "name": "#1001",
            "created_at": "2026-11-02T09:00:00-05:00",
            "updated_at": "2026-11-02T09:05:00-05:00",
            "cancelled_at": None,
            "currency": "USD",
            "financial_status": "paid",
            "taxes_included": False,
            "total_price": "53.50",
            "total_tax": "3.50",
            "total_discounts": "0.00",
            "email": "ann@example.test",
            "shipping_address": {
                "name": "Ann Smith", "address1": "1 Main St", "city": "Louisville", "zip": "40202",
                "province": "Kentucky", "country": "United States",
            },
            "line_items": [
                {"id": 1, "sku": " mug-1 ", "title": "Mug", "quantity": 2, "price": "20.00",
                 "tax_lines": [{"price": "3.50"}]},
            ],
            "shipping_lines": [{"title": "UPS Ground", "price": "10.00"}],
        } | changes  # fmt: skip

    return make


@pytest.fixture
def woo_order() -> Callable[..., dict[str, Any]]:
    """A small WooCommerce order; keyword arguments replace keys of the order."""

    def make(**changes: Any) -> dict[str, Any]:
        address = {
            "first_name": "Ann", "last_name": "Smith", "company": "", "address_1": "1 High St", "address_2": "",
            "city": "Leeds", "state": "", "postcode": "LS1 1AA", "country": "GB", "phone": "",
        }  # fmt: skip
        return {
            "id": 13,
            "number": "13",
            "status": "processing",
            "currency": "GBP",
            "prices_include_tax": True,
            "date_created_gmt": "2026-11-02T09:00:00",
            "date_modified_gmt": "2026-11-02T09:05:00",
            "date_paid_gmt": "2026-11-02T09:01:00",
            "customer_id": 0,
            "total": "24.00",
            "total_tax": "4.00",
            "shipping_total": "0.00",
            "shipping_tax": "0.00",
            "payment_method": "stripe",
            "billing": address | {"email": "ann@example.test"},
            "shipping": address,
            "line_items": [
                {"id": 1, "name": "Mug", "sku": "MUG-1", "quantity": 2, "subtotal": "20.00", "total": "20.00",
                 "total_tax": "4.00", "price": 10, "meta_data": []},
            ],
            "shipping_lines": [],
            "fee_lines": [],
            "refunds": [],
        } | changes  # fmt: skip

    return make
