"""Messages as people reported them of other systems: each of the folder's inputs ends as its README says."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from apps.casework.models import ExceptionCase
from apps.channels.models import InboxMessage
from apps.fulfillment.models import FulfillmentLine
from apps.orders.models import Hold, Order
from tests.channels.sending import send_shopify, send_woo
from tests.driving import work_it_off
from tests.factories import ChannelFactory, make_policy, make_stock

pytestmark = pytest.mark.django_db(transaction=True)
Send = Callable[..., None]
CODES = ("MUG-BLU", "MUG-GRY", "MUG-OCH", "MUG-WHT", "CND-CED", "CND-SEA", "CND-FIG", "THR-MOS")


@pytest.fixture(autouse=True)
def _shop() -> None:
    make_policy()
    make_stock(N1=dict.fromkeys(CODES, 100))
    ChannelFactory(shopify=True)
    ChannelFactory(woocommerce=True)


@pytest.fixture
def send(client: Client, shared: Path) -> Send:
    """Deliver one of the inputs by its path; the kind of shop is seen by what is in it."""

    def deliver(name: str, topic: str = "") -> None:
        body = (shared / "data" / "bugreports" / name).read_bytes()
        if b'"financial_status"' in body:
            send_shopify(client, body, topic or "orders/create")
        else:
            send_woo(client, body, topic or "order.created", webhook_id=name)
        work_it_off()

    return deliver


def to_ship() -> dict[str, int]:
    units: dict[str, int] = {}
    for row in FulfillmentLine.objects.select_related("sku"):
        units[row.sku.code] = units.get(row.sku.code, 0) + row.quantity
    return units


def asked() -> set[str]:
    """For what reasons orders are held, each of which is somebody's case."""
    held = set(Hold.objects.filter(released_at=None).values_list("reason", flat=True))
    cases = set(ExceptionCase.objects.values_list("type", flat=True))
    assert held <= cases or held == {"manual"}, (held, cases)
    return held


def test_only_the_candle_that_the_shop_left_is_shipped(send: Send):
    send("02-partly-fulfilled-before-it-came/partial.json", "orders/updated")

    assert to_ship() == {"CND-CED": 1}
    assert asked() == set()


def test_a_refunded_unit_still_to_be_fulfilled_is_asked_for(send: Send):
    send("03-goodwill-refund-still-to-ship/order.json")

    assert asked() == {"quantity_unusual"}
    assert sum(line.open_quantity for line in Order.objects.get().lines.all()) == 2


def test_refunded_units_are_asked_for_before_they_ship(send: Send):
    send("05-woo-refunded-line-before-shipping/order.json")

    assert to_ship() == {}
    assert asked() == {"payment_problem"}


def test_units_that_the_refund_names_are_not_shipped_and_nobody_is_asked(client: Client, shared: Path):
    folder = shared / "data" / "bugreports" / "05-woo-refunded-line-before-shipping"
    order = json.loads((folder / "order.json").read_text())
    named = {"id": 1, "quantity": -3, "total": "-42.00", "total_tax": "0.00"}
    named["meta_data"] = [{"id": 1, "key": "_refunded_item_id", "value": str(order["line_items"][0]["id"])}]
    order["refunds"] = [{"id": 55, "reason": "out of stock", "total": "-42.00", "line_items": [named]}]
    send_woo(client, order)
    work_it_off()

    assert to_ship() == {"CND-CED": 1}
    assert asked() == set()


@pytest.mark.parametrize("name", ["created-with-zero", "edited-to-zero"])
def test_a_line_of_no_units_is_left_out(send: Send, name: str):
    if name == "edited-to-zero":
        send("06-woo-zero-quantity-line/held-create.json")
        assert asked() == {"unknown_sku"}
    send(f"06-woo-zero-quantity-line/{name}.json", "order.updated")

    assert list(to_ship()) == ["MUG-BLU"]
    assert asked() == set()


@pytest.mark.parametrize("name", ["6-lines", "12-lines", "jpy-8-lines"])
def test_tax_rounded_once_is_no_difference(send: Send, name: str):
    send(f"07-woo-tax-rounded-at-subtotal/{name}.json")

    assert Hold.objects.filter(reason="price_mismatch").count() == 0
    order = Order.objects.get()
    assert order.total_minor == order.claimed_totals["total"]


@pytest.mark.parametrize("names", [["first-heard"], ["goodwill-5"], ["create-pending", "shipping-refunded"]])
def test_refunded_shipping_and_goodwill_ship(send: Send, names: list[str]):
    for name in names:
        send(f"08-shopify-shipping-refunded-before-shipping/{name}.json", "orders/updated")

    assert asked() == set()
    assert Order.objects.get().state == "released"


@pytest.mark.parametrize(
    "name",
    ["good-emoji-rtl", "name-nul", "note-lone-surrogate", "note-nul", "property-nul", "tag-surrogate",
     "title-lone-surrogate", "woo-latin1-byte", "woo-note-surrogate"],
)  # fmt: skip
def test_broken_characters_stop_no_sale(send: Send, name: str):
    send(f"12-broken-unicode/{name}.json")

    assert Order.objects.get().state == "released"
    assert asked() == set()
    assert bool(InboxMessage.objects.get().problems) == (name != "good-emoji-rtl")


@pytest.mark.parametrize(
    ("name", "shipped"),
    [
        ("mixed", {"MUG-BLU": 1}),
        ("shopify-gift-card-autofulfilled", {}),
        ("shopify-gift-card", {}),
        ("woo-download-processing", {}),
        ("woo-download", {}),
    ],
)
def test_what_is_digital_is_done_and_goods_beside_it_ship(send: Send, name: str, shipped: dict[str, int]):
    send(f"13-digital-only/{name}.json")

    assert Order.objects.get().state == ("released" if shipped else "delivered")
    assert to_ship() == shipped
    assert asked() == set()


@pytest.mark.parametrize(("name", "topic"), [("create", "orders/create"), ("updated", "orders/updated")])
def test_a_counter_sale_is_done(send: Send, name: str, topic: str):
    send(f"18-counter-sale-pos/{name}.json", topic)

    assert Order.objects.get().state == "delivered"
    assert to_ship() == {}
    assert asked() == set()


@pytest.mark.parametrize(
    ("name", "held"),
    [
        ("negative-shipping", {"price_mismatch"}),
        ("negative-line", {"price_mismatch", "unknown_sku"}),
        ("credit-covers-all", set()),
        ("gift-cards-plugin", set()),
        ("minus-zero", set()),
        ("taxed-discount-fee", set()),
        ("null-and-number-sku", {"unknown_sku"}),
    ],
)
def test_amounts_below_nothing_are_taken_in_and_credit_is_fine(send: Send, name: str, held: set[str]):
    send(f"19-woo-negative-amounts/{name}.json")

    order = Order.objects.get()
    assert order.total_minor == order.claimed_totals["total"]
    assert asked() == held


def test_a_late_paid_after_a_refund_stays_refunded(send: Send):
    folder = "21-late-paid-after-refund"
    topics = {"1-create-paid": "orders/create", "2-refunded": "orders/updated"}
    for name in ("1-create-paid", "2-refunded", "3-late-paid-older", "4-late-paid-same-second"):
        send(f"{folder}/{name}.json", topics.get(name, "orders/paid"))

    assert Order.objects.get().payment_state == "refunded"


def test_woocommerce_cancelled_and_processing_again_is_not_shipped_by_itself(send: Send):
    folder = "21-late-paid-after-refund"
    for name, topic in (("w1-on-hold", "order.created"), ("w2-cancelled", ""), ("w3-processing-again", "")):
        send(f"{folder}/{name}.json", topic or "order.updated")

    assert Order.objects.get().state == "cancelled"
    assert to_ship() == {}


def test_units_given_back_after_delivery_do_not_change_what_was_promised(send: Send):
    """Read as promised: the quantity stays, the payment follows."""
    send("04-return-refund-after-delivery/A-create.json")
    before: list[Any] = list(Order.objects.get().lines.values_list("line_id", "quantity"))
    send("04-return-refund-after-delivery/A-after.json", "orders/updated")

    order = Order.objects.get()
    assert list(order.lines.values_list("line_id", "quantity")) == before
    assert order.payment_state == "partially_refunded"
    assert not ExceptionCase.objects.filter(type="changed_after_release").exists()
