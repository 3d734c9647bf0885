"""A later message that has the order held, or that can't be read: the order waits, and the verdict says so."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from apps.casework.models import ExceptionCase
from apps.channels.models import InboxMessage
from apps.channels.services.replay import replay_message
from apps.channels.verdict_reasons import HELD, NO_LONGER_HELD
from apps.fulfillment.errors import OrderOnHold
from apps.fulfillment.models import FulfillmentOrder
from apps.fulfillment.services import Parcel, ship_fulfillment_order
from apps.orders.models import Hold
from apps.orders.services import release_hold
from tests.channels.sending import later, send_shopify, shopify_order, the_order, verdicts
from tests.driving import work_it_off
from tests.factories import AGENT, ChannelFactory, make_counted_stock, make_policy

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _released(client: Client) -> None:
    make_policy()
    make_counted_stock(N1={"A": 100})
    ChannelFactory(shopify=True)
    send_shopify(client, shopify_order())
    work_it_off()


def say(client: Client, minutes: int, topic: str = "orders/updated", **changes: Any) -> None:
    send_shopify(client, shopify_order(**{"updated_at": later(minutes), **changes}), topic)
    work_it_off()


def ship() -> None:
    work = FulfillmentOrder.objects.get()
    ship_fulfillment_order(work.pk, external_id="S", parcels=[Parcel()], actor=AGENT)
    work_it_off()


def test_the_verdict_of_a_message_that_holds_the_order_says_so(client: Client):
    say(client, 1, test=True)
    assert verdicts()[-1] == ("accepted", HELD)
    say(client, 2)

    assert verdicts()[-1] == ("accepted", NO_LONGER_HELD)
    assert ExceptionCase.objects.get().state == "resolved"
    ship()


UNREADABLE = [
    {"created_at": "yesterday"},
    {"currency": "money"},
    {"line_items": [{"id": 11, "sku": "A", "quantity": "two", "price": "10.00"}]},
    {"line_items": [{"id": 11, "sku": "A", "quantity": 2, "price": "free"}]},
]


@pytest.mark.parametrize("wrong", UNREADABLE)
def test_an_order_waits_when_a_later_message_about_it_cant_be_read(client: Client, wrong: dict[str, Any]):
    say(client, 1, "orders/cancelled", cancelled_at=later(1), **wrong)

    message = InboxMessage.objects.order_by("pk").last()
    assert message is not None
    assert (message.verdict, message.order_ref) == ("quarantined", the_order().public_id)
    with pytest.raises(OrderOnHold):
        ship()
    assert message.public_id in ExceptionCase.objects.get(type="manual", state="open").sentence


def test_the_next_message_that_can_be_read_ends_the_wait(client: Client):
    say(client, 1, **UNREADABLE[0])
    say(client, 2)

    assert ExceptionCase.objects.get(type="manual").state == "resolved"
    ship()
    assert the_order().state == "shipped"


def test_what_a_person_let_go_is_not_held_again_by_the_same_message(client: Client):
    say(client, 1, **UNREADABLE[0])
    release_hold(the_order().pk, reason="manual", actor=AGENT)
    message = InboxMessage.objects.order_by("pk").last()
    assert message is not None
    replay_message(message.public_id, actor=AGENT)
    work_it_off()

    assert not Hold.objects.filter(released_at=None).exists()


def test_nothing_is_held_of_an_order_that_has_left(client: Client):
    ship()
    say(client, 1, **UNREADABLE[0])

    assert not Hold.objects.exists()
    assert the_order().state == "shipped"
