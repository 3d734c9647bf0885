"""Orders from files: our own columns, a retailer's invoices, a marketplace's tables, Amazon's order with its items."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from apps.channels.mapping.envelopes import group_rows
from apps.channels.mapping.results import Ignored, Mapped, Outcome, Quarantined
from apps.orders.canonical import CanonicalOrder, OrderStatus, PaymentState, ServiceLevel

Order = Callable[..., CanonicalOrder]
Read = Callable[..., Outcome]


def row(**changes: str) -> dict[str, str]:
    return {
        "order_id": "A-1", "placed_at": "2026-11-02T09:00:00", "currency": "EUR", "sku": "MUG-1", "quantity": "2",
        "unit_price": "12.50", "ship_line1": "1 Main St", "ship_country": "Deutschland", "shipping_method": "Express",
        "shipping": "5.00", "total": "30.00", "tags": "b2b, rush",
    } | changes  # fmt: skip


def test_rows_of_one_order_become_one_order_wherever_they_stand(order_from: Order) -> None:
    rows = [row(), row(order_id="A-2"), row(sku="TEE", quantity="1", line_id="x9")]

    groups = group_rows(rows, "order_id")

    assert [group["key"] for group in groups] == ["A-1", "A-2"]
    order = order_from("csv.order", groups[0])
    assert [(line.line_id, line.sku, line.quantity) for line in order.lines] == [("1", "MUG-1", 2), ("x9", "TEE", 1)]
    assert order.shipping_address is not None
    assert (order.shipping_address.country, order.shipping.service_level) == ("DE", ServiceLevel.EXPRESS)
    assert order.tags == ["b2b", "rush"]
    assert order.placed_at == datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def test_a_row_without_an_order_id_is_quarantined_by_itself(read_with: Read) -> None:
    groups = group_rows([row(), row(order_id=" "), row(order_id="")], "order_id")

    assert [len(group["rows"]) for group in groups] == [1, 1, 1]
    outcome = read_with("csv.order", groups[1])
    assert isinstance(outcome, Quarantined)
    assert outcome.findings[0].path == "key"


def invoice_row(**changes: str) -> dict[str, str]:
    return {
        "InvoiceNo": "536365", "StockCode": "85123a", "Description": "HANGING HEART", "Quantity": "6",
        "InvoiceDate": "2010-12-01 08:26:00", "UnitPrice": "2.55", "CustomerID": "17850.0", "Country": "EIRE",
    } | changes  # fmt: skip


def test_an_invoice_with_postage_and_discount(order_from: Order, recomputed: Callable[[CanonicalOrder], int]) -> None:
    rows = [
        invoice_row(),
        invoice_row(StockCode="POST", Quantity="2", UnitPrice="18.00"),
        invoice_row(StockCode="D", Quantity="-1", UnitPrice="1.30"),
        invoice_row(StockCode="M", Quantity="1", UnitPrice="0.42"),
    ]

    order = order_from("csv.online_retail", {"key": "536365", "rows": rows})

    assert [(line.sku, line.quantity, line.unit_price) for line in order.lines] == [("85123A", 6, 255)]
    assert (order.totals.shipping, order.totals.discount, order.totals.fees) == (3600, 130, 42)
    assert recomputed(order) == 6 * 255 + 3600 - 130 + 42
    assert order.customer.reference == "17850"
    assert order.shipping_address is not None
    assert order.shipping_address.country == "IE"


def test_a_cancellation_document_counts_backwards(order_from: Order) -> None:
    order = order_from(
        "csv.online_retail", {"key": "C536379", "rows": [invoice_row(InvoiceNo="C536379", Quantity="-6")]}
    )

    assert order.status == OrderStatus.CANCELLED
    assert order.external_id == "C536379"
    assert order.lines[0].quantity == 6


@pytest.mark.parametrize(
    "changes",
    [
        {"StockCode": "AMAZONFEE"},
        {"Quantity": "-10", "UnitPrice": "0.0", "Description": ""},
        {"UnitPrice": "0.0", "Description": "", "CustomerID": ""},
    ],
)
def test_charges_and_stock_corrections_are_no_orders(changes: dict[str, str], read_with: Read) -> None:
    outcome = read_with("csv.online_retail", {"key": "536589", "rows": [invoice_row(**changes)]})

    assert isinstance(outcome, Ignored)
    assert "nothing to fulfill" in outcome.reason


def test_a_negative_quantity_at_a_price_is_put_before_a_person(read_with: Read) -> None:
    outcome = read_with("csv.online_retail", {"key": "1", "rows": [invoice_row(Quantity="-2")]})

    assert isinstance(outcome, Quarantined)


def test_vouchers_are_sold_but_not_picked(order_from: Order) -> None:
    order = order_from("csv.online_retail", {"key": "1", "rows": [invoice_row(StockCode="gift_0001_20")]})

    assert (order.lines[0].gift_card, order.lines[0].requires_shipping) == (True, False)


def test_two_weeks_of_a_real_retailer(shared_data: Path, read_with: Read) -> None:
    folder = shared_data / "orders" / "uci_online_retail"
    files = sorted(folder.glob("*.csv"))
    if not files:
        pytest.skip(f"12 files skipped: {folder} is absent")
    rows = [entry for path in files for entry in _rows(path)]

    outcomes = [read_with("csv.online_retail", group) for group in group_rows(rows, "InvoiceNo")]

    kinds = Counter(type(outcome).__name__ for outcome in outcomes)
    assert kinds == {"Mapped": 1311, "Ignored": 147}
    orders = [outcome.order for outcome in outcomes if isinstance(outcome, Mapped)]
    assert Counter(order.status for order in orders) == {OrderStatus.OPEN: 1115, OrderStatus.CANCELLED: 196}
    assert sum(len(order.lines) for order in orders) == 30856
    assert max(len(order.lines) for order in orders) == 674


def test_real_marketplace_tables_joined(shared_data: Path, read_with: Read) -> None:
    folder = shared_data / "orders" / "olist"
    if not folder.is_dir():
        pytest.skip(f"7 files skipped: {folder} is absent")

    outcomes = [read_with("olist.order", payload) for payload in _joined(folder)]

    kinds = Counter(type(outcome).__name__ for outcome in outcomes)
    assert kinds == {"Mapped": 2461, "Quarantined": 17}
    assert {outcome.reason for outcome in outcomes if isinstance(outcome, Quarantined)} == {
        "items[]: there are no lines"
    }
    first = next(outcome.order for outcome in outcomes if isinstance(outcome, Mapped))
    assert first.external_id == "53cdb2fc8bc7dce0b6741e2150273451"
    assert first.currency == "BRL"
    assert first.placed_at == datetime(2018, 7, 24, 23, 41, tzinfo=UTC)
    assert first.totals.total == sum(line.unit_price for line in first.lines) + first.totals.shipping
    assert first.promise.ship_by is not None
    assert first.promise.deliver_by is not None


AMAZON_ORDER: dict[str, Any] = {
    "AmazonOrderId": "902-1845936-5435065", "PurchaseDate": "2026-11-01T03:58:30Z", "OrderStatus": "Unshipped",
    "LastUpdateDate": "2026-11-01T04:00:00Z", "FulfillmentChannel": "MFN", "IsPrime": True,
    "ShipmentServiceLevelCategory": "NextDay", "LatestShipDate": "2026-11-03T08:00:00Z",
    "OrderTotal": {"CurrencyCode": "USD", "Amount": "31.01"},
    "ShippingAddress": {"Name": "Michigan address", "AddressLine1": "1 Cross St.", "City": "Canton",
                        "StateOrRegion": "MI", "PostalCode": "48817", "CountryCode": "US"},
}  # fmt: skip
AMAZON_ITEM: dict[str, Any] = {
    "OrderItemId": "05015851154158", "SellerSKU": "CARD-BOOK", "Title": "Card Book", "QuantityOrdered": 3,
    "ItemPrice": {"CurrencyCode": "USD", "Amount": "30.00"}, "ItemTax": {"CurrencyCode": "USD", "Amount": "1.01"},
    "PromotionDiscount": {"CurrencyCode": "USD", "Amount": "5.00"},
    "ShippingPrice": {"CurrencyCode": "USD", "Amount": "5.00"}, "ASIN": "B00551Q3CS",
}  # fmt: skip


def test_an_amazon_order_with_its_items(order_from: Order, recomputed: Callable[[CanonicalOrder], int]) -> None:
    order = order_from("amazon.order", {"order": AMAZON_ORDER, "items": [AMAZON_ITEM]})

    assert [(line.quantity, line.unit_price, line.discount, line.tax) for line in order.lines] == [(3, 1000, 500, 101)]
    assert recomputed(order) == order.totals.total == 3101
    assert (order.customer.tier, order.shipping.service_level) == ("prime", ServiceLevel.NEXT_DAY)
    assert order.payment.state == PaymentState.PAID
    assert order.promise.ship_by == datetime(2026, 11, 3, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize("changes", [{"OrderStatus": "Pending"}, {"FulfillmentChannel": "AFN"}])
def test_amazon_orders_that_are_not_ours_to_ship_are_left_alone(changes: dict[str, str], read_with: Read) -> None:
    outcome = read_with("amazon.order", {"order": AMAZON_ORDER | changes, "items": [AMAZON_ITEM]})

    assert isinstance(outcome, Ignored)


def test_an_amazon_item_in_another_currency_is_quarantined(read_with: Read) -> None:
    item = AMAZON_ITEM | {"ItemPrice": {"CurrencyCode": "GBP", "Amount": "30.00"}}

    outcome = read_with("amazon.order", {"order": AMAZON_ORDER, "items": [item]})

    assert isinstance(outcome, Quarantined)
    assert "is in GBP, the order in USD" in outcome.reason


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _joined(folder: Path) -> Iterator[dict[str, Any]]:
    items: dict[str, list[dict[str, str]]] = defaultdict(list)
    payments: dict[str, list[dict[str, str]]] = defaultdict(list)
    for item in _rows(folder / "olist_order_items_dataset.csv"):
        items[item["order_id"]].append(item)
    for payment in _rows(folder / "olist_order_payments_dataset.csv"):
        payments[payment["order_id"]].append(payment)
    customers = {entry["customer_id"]: entry for entry in _rows(folder / "olist_customers_dataset.csv")}
    for order in _rows(folder / "olist_orders_dataset.csv"):
        key = order["order_id"]
        yield {
            "order": order,
            "items": items[key],
            "customer": customers[order["customer_id"]],
            "payments": payments[key],
        }
