"""What shops pass on of people's wishes: their data is erased here, or put together for somebody to hand out."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from apps.casework.models import ExceptionCase
from apps.channels.models import InboxMessage
from apps.core import clock
from apps.core.models import Event
from apps.fulfillment.models import FulfillmentOrder
from apps.fulfillment.services import Parcel, ship_fulfillment_order
from apps.orders.models import Order, OrderContact, OrderLine
from tests.channels.sending import later, send_shopify, shopify_order, the_order
from tests.driving import work_it_off
from tests.factories import AGENT, ChannelFactory, make_policy, make_stock

pytestmark = pytest.mark.django_db(transaction=True)
CUSTOMER = {"id": 77, "first_name": "Pat", "last_name": "Canary", "email": "pat.canary@example.test"}
SHOP = {"shop_id": 1, "shop_domain": "s.myshopify.com"}


@pytest.fixture(autouse=True)
def _shop() -> None:
    make_policy()
    make_stock(N1={"A": 100})
    ChannelFactory(shopify=True)


def order(client: Client, number: int, *, leaves: bool = True, **changes: Any) -> Order:
    """One of Pat's, shipped unless it is to stay; its address was changed once, so that there is a history."""
    send_shopify(client, shopify_order(number, customer=CUSTOMER, **changes))
    work_it_off()
    moved = {**shopify_order(number)["shipping_address"], "address1": f"{number} Canary Lane"}
    send_shopify(
        client,
        shopify_order(number, customer=CUSTOMER, shipping_address=moved, updated_at=later(), **changes),
        "orders/updated",
    )
    work_it_off()
    if leaves:
        ship(number)
    return the_order(number)


def ship(number: int) -> None:
    row = FulfillmentOrder.objects.get(order=the_order(number))
    ship_fulfillment_order(row.pk, external_id=f"S{number}", parcels=[Parcel("T")], actor=AGENT)
    work_it_off()


def ask(client: Client, topic: str, **what: Any) -> None:
    customer = (
        {"customer": {"id": 77, "email": CUSTOMER["email"], "phone": "+44 113 496 0000"}}
        if topic != "shop/redact"
        else {}
    )
    assert send_shopify(client, {**SHOP, **customer, **what}, topic).status_code == 200
    work_it_off()


def traces(*numbers: int) -> str:
    """All that is kept of people in the orders' contacts, their history and the raw messages."""
    rows = [OrderContact.objects.all(), OrderContact.history.all()]
    contacts = [list(one.filter(order__external_id__in=numbers).values()) for one in rows]
    bodies = [
        bytes(body).decode()
        for body in InboxMessage.objects.filter(external_id__in=numbers).values_list("body", flat=True)
    ]
    return json.dumps([contacts, bodies], default=str)


def test_a_person_is_erased_from_contacts_history_and_messages_and_the_order_stays(client: Client):
    order(client, 1)
    assert traces(1).count("Canary") > 3

    ask(client, "customers/redact", orders_to_redact=[1])

    assert "anary" not in traces(1)
    assert "example.test" not in traces(1)
    assert (the_order(1).state, OrderLine.objects.get().sku_code) == ("shipped", "A")
    assert OrderContact.objects.first().country == "GB"
    said = Event.objects.get(name="order.contact_erased")
    assert (said.data, said.actor) == ({"reason": "customer_erased"}, "step:answer_privacy")


def test_the_request_itself_keeps_no_more_than_ids(client: Client):
    order(client, 1)
    ask(client, "customers/redact", orders_to_redact=[1])

    message = InboxMessage.objects.get(topic="customers/redact")
    assert json.loads(bytes(message.body)) == {**SHOP, "orders_to_redact": [1], "customer": {"id": "77"}}
    assert message.verdict == "accepted"


def test_another_persons_order_is_left_alone(client: Client):
    order(client, 1)
    send_shopify(client, shopify_order(2, customer=CUSTOMER | {"id": 78}))
    work_it_off()
    ask(client, "customers/redact", orders_to_redact=[1])

    assert "2 Canary Row" in traces(2)
    assert "pat.canary2@example.test" in traces(2)


def test_an_order_that_is_not_named_but_is_the_persons_is_erased_too(client: Client):
    order(client, 1)
    ask(client, "customers/redact", orders_to_redact=[])

    assert "anary" not in traces(1)


def test_an_order_still_in_hand_keeps_its_address_until_it_has_left(client: Client):
    order(client, 1, leaves=False)
    ask(client, "customers/redact", orders_to_redact=[1])
    assert "1 Canary Lane" in traces(1)

    ship(1)
    with clock.moved(timedelta(days=1, minutes=1)):
        work_it_off()

    assert "anary" not in traces(1)
    assert the_order(1).state == "shipped"


def test_a_shop_that_left_takes_all_its_customers_along(client: Client):
    order(client, 1)
    send_shopify(client, shopify_order(2, customer=CUSTOMER | {"id": 78}))
    work_it_off()
    ship(2)
    ask(client, "shop/redact")

    assert "anary" not in traces(1, 2)
    assert Order.objects.count() == 2


def test_who_asks_what_is_held_of_them_is_a_case_with_a_day(client: Client):
    row = order(client, 1)
    ask(client, "customers/data_request", orders_requested=[1], data_request={"id": 9999})

    case = ExceptionCase.objects.get(type="privacy_request")
    due = clock.now() + timedelta(days=30)
    assert f"contacts of 1 orders and 2 messages. Answer by {due:%-d %b %Y}." in case.sentence
    assert (case.detail["orders"], case.detail["request"], case.detail["customer"]) == ([row.public_id], "9999", "77")
    assert "1 Canary Lane" in traces(1)


def test_a_request_that_is_not_signed_erases_nothing(client: Client):
    order(client, 1)
    answer = send_shopify(
        client, {**SHOP, "customer": {"id": 77}, "orders_to_redact": [1]}, "customers/redact", secret="forged"
    )
    work_it_off()

    assert answer.status_code == 401
    assert "1 Canary Lane" in traces(1)


def test_the_same_request_twice_is_answered_once(client: Client):
    order(client, 1)
    for _ in range(2):
        send_shopify(
            client, {**SHOP, "customer": {"id": 77}, "orders_to_redact": [1]}, "customers/redact", webhook_id="w1"
        )
        work_it_off()

    assert Event.objects.filter(name="order.contact_erased").count() == 1
