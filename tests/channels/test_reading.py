"""From bytes to an order: broken characters are replaced, times that can't be are not believed, one bad field stops no sale."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from apps.casework.models import ExceptionCase
from apps.channels.models import Channel, InboxMessage
from apps.channels.services.reading import parse, read_body
from apps.fulfillment.models import FulfillmentLine
from apps.orders.models import Hold, Order, OrderContact
from tests.channels.sending import later, send_shopify, send_woo, shopify_order, the_order, verdicts, woo_order
from tests.driving import work_it_off
from tests.factories import ChannelFactory, make_policy, make_stock

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _shop() -> None:
    make_policy()
    make_stock(N1={"A": 100, "B": 100})
    ChannelFactory(shopify=True)
    ChannelFactory(woocommerce=True)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b'"caf\xc3\xa9"', "caf\u00e9"),
        # The old Windows code page, where nothing else in the body is UTF-8.
        (b'"caf\xe9 \x8010"', "caf\u00e9 \u20ac10"),
        # Cut in the middle of a character, among whole ones.
        (b'"\xc3\xa9t\xc3"', "\u00e9t\ufffd"),
        (b'"a\\u0000b"', "a\ufffdb"),
        (b'"a\\ud83d b"', "a\ufffd b"),
        (b'"\\ud83c\\udf81"', "\U0001f381"),
        (b'\xef\xbb\xbf"mark"', "mark"),
        ('"wide \u00e9"'.encode("utf-16"), "wide \u00e9"),
        (b'"two\nlines"', "two\nlines"),
    ],
)
def test_every_text_of_a_body_can_be_stored(body: bytes, text: str):
    assert parse(body) == text


def test_what_was_replaced_is_named_by_its_path_and_keys_are_cleaned_too():
    body = read_body(b'{"note": "a\\u0000", "lines": [{"k\\ud800": {"n": "\\udfff"}}], "good": "\\ud83c\\udf81"}')

    assert body.payload == {"note": "a\ufffd", "lines": [{"k\ufffd": {"n": "\ufffd"}}], "good": "\U0001f381"}
    assert [one.path for one in body.repaired] == ["note", "lines[0].k\ufffd.n"]


def broken(payload: dict[str, Any], mark: str = "BROKEN", by: bytes = b"\\ud83d") -> bytes:
    return json.dumps(payload).encode().replace(mark.encode(), by)


@pytest.mark.parametrize("by", [b"\\ud83d", b"\\u0000", b"\xe9"])
def test_a_broken_character_anywhere_optional_stops_no_sale_of_either_shop(client: Client, by: bytes):
    shopify = shopify_order(note="BROKEN", tags="a, BROKEN", email="BROKEN@example.test")
    shopify["line_items"][0] |= {"title": "BROKEN", "properties": [{"name": "BROKEN", "value": "BROKEN"}]}
    shopify["shipping_address"]["name"] = "Pat BROKEN"
    send_shopify(client, broken(shopify, by=by))
    woo = woo_order(2, customer_note="BROKEN")
    woo["line_items"][0] |= {"name": "BROKEN", "meta_data": [{"key": "BROKEN", "value": "BROKEN"}]}
    woo["shipping"]["first_name"] = "BROKEN"
    send_woo(client, broken(woo, by=by))
    work_it_off()

    assert [the_order(1).state, the_order(2).state] == ["released", "released"]
    assert all(message.problems for message in InboxMessage.objects.all())
    assert OrderContact.objects.get(order=the_order(1)).name in ("Pat \ufffd", "Pat \u00e9")


def test_an_id_with_a_broken_character_is_no_id(client: Client):
    order = shopify_order()
    order["line_items"][0]["id"] = "BROKEN"
    send_shopify(client, broken(order))
    send_shopify(client, broken(shopify_order("BROKEN")))  # type: ignore[arg-type]
    work_it_off()

    assert [verdict for verdict, _ in verdicts()] == ["quarantined", "quarantined"]
    assert not Order.objects.exists()
    assert ExceptionCase.objects.filter(type="message_quarantined").count() == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"note": {"a": 1}},
        {"tags": 5.5e300},
        {"email": ["x"]},
        {"customer": {"id": {"a": 1}, "first_name": ["x"]}},
        {"customer": {"id": "9" * 80}},
        {"name": {"a": 1}, "order_number": None},
        {"phone": True},
        {"billing_address": {"name": 1, "address1": [], "country": "Narnia", "zip": {"a": 1}}},
        {"transactions": [{"id": {"a": 1}}]},
        {"payment_gateway_names": [{"a": 1}]},
        {"shipping_lines": [{"title": {"a": 1}, "price": "0.00"}]},
        {"updated_at": "some day"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_one_bad_optional_value_is_left_out_and_noted(client: Client, changes: dict[str, Any]):
    send_shopify(client, shopify_order(**changes))
    work_it_off()

    assert the_order().state == "released"
    assert not Hold.objects.exists()


@pytest.mark.parametrize("field", ["address1", "address2", "zip", "city"])
def test_an_address_of_which_a_part_can_not_be_read_is_put_before_a_person(client: Client, field: str):
    order = shopify_order()
    order["shipping_address"][field] = {"a": 1}
    send_shopify(client, order)
    work_it_off()

    assert the_order().state == "received"
    assert ExceptionCase.objects.get().type == "address_invalid"


def test_a_version_from_years_ahead_does_not_outlive_what_follows(client: Client):
    send_shopify(client, shopify_order(updated_at="2031-01-01T00:00:00Z", financial_status="pending"))
    work_it_off()
    send_shopify(client, shopify_order(updated_at="2099-01-01T00:00:00Z", financial_status="paid"), "orders/paid")
    work_it_off()

    assert the_order().payment_state == "paid"
    assert the_order().state == "released"


def test_a_cancellation_whose_time_can_not_be_read_is_not_older_than_the_order(client: Client):
    send_shopify(client, shopify_order(updated_at=later(30)))
    work_it_off()
    send_shopify(client, shopify_order(cancelled_at=later(40), updated_at="soon"), "orders/cancelled")
    work_it_off()

    assert the_order().state == "cancelled"


def test_an_order_placed_in_years_to_come_is_held_for_a_person(client: Client):
    send_shopify(client, shopify_order(created_at="2031-01-01T00:00:00Z"))
    send_woo(client, woo_order(2, date_created_gmt="2031-01-01T00:00:00"))
    work_it_off()

    assert [order.state for order in Order.objects.all()] == ["received", "received"]
    assert set(Hold.objects.values_list("note", flat=True)) == {"It says it was placed on a day that has not come yet."}
    assert ExceptionCase.objects.count() == 2


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00Z", "1969-01-01T00:00:00Z", "2101-01-02T00:00:00Z"])
def test_an_order_of_another_age_is_not_taken(client: Client, moment: str):
    send_shopify(client, shopify_order(created_at=moment))
    work_it_off()

    assert not Order.objects.exists()
    assert ExceptionCase.objects.get().type == "message_quarantined"


@pytest.mark.parametrize("currency", ["XXX", "XTS", "XAU"])
def test_a_currency_that_nobody_pays_in_is_not_taken(client: Client, currency: str):
    send_shopify(client, shopify_order(currency=currency))
    send_woo(client, woo_order(2, currency=currency))
    work_it_off()

    assert not Order.objects.exists()
    assert ExceptionCase.objects.filter(type="message_quarantined").count() == 2


def test_lines_of_no_units_are_left_out_and_an_order_of_nothing_else_is_cancelled(client: Client):
    order = woo_order()
    order["line_items"].append(order["line_items"][0] | {"id": 12, "sku": "NOPE", "quantity": 0, "total": "0.00"})
    send_woo(client, order)
    work_it_off()
    assert {row.sku.code: row.quantity for row in FulfillmentLine.objects.all()} == {"A": 2}

    emptied = woo_order(date_modified_gmt=later().rstrip("Z"), total="0.00")
    emptied["line_items"][0] |= {"quantity": 0, "subtotal": "0.00", "total": "0.00"}
    send_woo(client, emptied, "order.updated")
    work_it_off()
    assert the_order().state == "cancelled"


def test_a_new_order_of_nothing_is_put_before_a_person(client: Client):
    order = woo_order()
    order["line_items"][0] |= {"quantity": 0, "subtotal": "0.00", "total": "0.00"}
    send_woo(client, order)
    work_it_off()

    assert not Order.objects.exists()
    assert ExceptionCase.objects.get().type == "message_quarantined"


def test_every_line_taken_off_before_it_left_cancels_a_shopify_order(client: Client):
    send_shopify(client, shopify_order())
    work_it_off()
    gone = shopify_order(updated_at=later(), financial_status="refunded", current_total_price="0.00")
    gone["line_items"][0] |= {"current_quantity": 0, "fulfillable_quantity": 0}
    send_shopify(client, gone, "orders/updated")
    work_it_off()

    assert (the_order().state, the_order().payment_state) == ("cancelled", "refunded")


def test_a_test_order_marked_in_a_way_nobody_knows_is_held(client: Client):
    send_shopify(client, shopify_order(test="maybe"))
    work_it_off()

    assert the_order().state == "received"
    assert "test is text that is not a yes or no" in Hold.objects.get().note


def test_an_unreadable_total_holds_although_the_channel_ships_unpaid_and_goes_with_the_next_message(client: Client):
    Channel.objects.update(ship_unpaid=True)
    send_shopify(client, shopify_order(1, total_price="1,234.50"))
    send_shopify(client, shopify_order(2, financial_status="who knows"))
    work_it_off()

    assert [the_order(n).state for n in (1, 2)] == ["received", "received"]
    assert sorted(ExceptionCase.objects.values_list("type", flat=True)) == ["payment_problem", "price_mismatch"]
    sentence = ExceptionCase.objects.get(type="price_mismatch").sentence
    assert "In the message, total_price (text) is not an amount." in sentence
    for number in (1, 2):
        send_shopify(client, shopify_order(number, updated_at=later()), "orders/updated")
    work_it_off()
    assert [the_order(n).state for n in (1, 2)] == ["released", "released"]
    assert not ExceptionCase.objects.exclude(state="resolved").exists()


def test_a_total_that_turns_unreadable_after_release_holds_too(client: Client):
    send_shopify(client, shopify_order())
    work_it_off()
    send_shopify(client, shopify_order(total_price="NaN", updated_at=later()), "orders/updated")
    work_it_off()

    assert Hold.objects.get(released_at=None).reason == "price_mismatch"
    assert ExceptionCase.objects.get().type == "price_mismatch"


def refund(quantity: int, total: str, line_id: int = 11) -> dict[str, Any]:
    return {"quantity": quantity, "total": total, "total_tax": "0.00", "refunded_item_id": line_id}


@pytest.mark.parametrize(
    ("lines", "total", "shipped"),
    [
        ([refund(-1, "-10.00")], "-10.00", {"A": 1}),
        # Shipping alone, and goodwill below the price of any unit.
        ([], "-3.00", {"A": 2}),
        ([refund(0, "-4.00")], "-4.00", {"A": 2}),
        # As much as a unit costs, and no unit named.
        ([], "-10.00", {}),
        ([refund(0, "-12.00")], "-12.00", {}),
        (None, "-1.00", {}),
    ],
)
def test_a_refund_ships_what_it_leaves_or_asks(client: Client, lines: Any, total: str, shipped: dict[str, int]):
    said = {"id": 1, "reason": "", "total": total} | ({} if lines is None else {"line_items": lines})
    send_woo(client, woo_order(refunds=[said]))
    work_it_off()

    assert {row.sku.code: row.quantity for row in FulfillmentLine.objects.all()} == shipped
    reasons = set(ExceptionCase.objects.values_list("type", flat=True))
    assert reasons == (set() if shipped else {"payment_problem"})


def test_refunds_after_the_order_was_completed_take_nothing_off(client: Client):
    Channel.objects.filter(code="woo").update(settings={"completed_orders": "take"})
    said = {"id": 1, "total": "-10.00", "line_items": [refund(-1, "-10.00")]}
    send_woo(client, woo_order(status="completed", refunds=[said]), "order.updated")
    work_it_off()

    assert the_order().lines.get().quantity == 2
