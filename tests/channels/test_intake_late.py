"""Messages that come late, early or not at all understood: what they end as."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from apps.casework.models import ExceptionCase
from apps.channels.models import Channel, ContractVersion, InboxMessage
from apps.channels.services.contracts import ensure_contracts
from apps.channels.verdict_reasons import (
    CAME_CANCELLED,
    NEVER_CAME,
    WAITS,
)
from apps.core import clock
from apps.core.models import Event
from apps.orders.models import Order
from tests.channels.sending import (
    STANDARD_SECRET,
    send_shopify,
    send_standard,
    send_woo,
    shopify_order,
    the_order,
    verdicts,
    woo_order,
)
from tests.driving import work_it_off
from tests.factories import ChannelFactory, make_policy, make_stock

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _shop() -> None:
    make_policy()
    make_stock(N1={"A": 100})
    ChannelFactory(shopify=True)
    ChannelFactory(woocommerce=True)


def test_messages_about_other_things_are_ignored_with_their_names(client: Client):
    send_shopify(client, {"id": 5, "variants": [], "title": "Mug"}, "products/update")
    send_woo(client, {"id": 5, "catalog_visibility": "visible", "sku": "A"}, "")
    work_it_off()

    assert verdicts() == [
        ("ignored", "the topic 'products/update' is not about orders"),
        ("ignored", "this is a product, not an order"),
    ]
    assert not ExceptionCase.objects.exists()


def test_what_might_be_an_order_and_is_not_understood_is_put_before_a_person(client: Client):
    send_shopify(client, shopify_order(currency="moonstones"))
    work_it_off()

    message = InboxMessage.objects.get()
    assert message.verdict == "quarantined"
    assert message.problems[0]["path"] == "currency"
    assert message.problems[0]["what_to_do"]
    case = ExceptionCase.objects.get()
    assert (case.type, case.subject_ref) == ("message_quarantined", message.public_id)
    assert "Canary" not in case.sentence


def test_a_cancelled_order_nobody_will_create_is_given_up_after_a_quarter_of_an_hour(client: Client):
    send_woo(client, woo_order(status="cancelled"), "order.updated")
    work_it_off()
    message = InboxMessage.objects.get()
    assert (message.verdict, message.reason, message.settled_at) == ("waiting", WAITS, None)
    assert timedelta(minutes=14) < message.give_up_at - clock.now() <= timedelta(minutes=15)
    assert Event.objects.filter(name="inbox.early").count() == 1

    with clock.moved(timedelta(minutes=14)):
        work_it_off()
    assert verdicts() == [("waiting", WAITS)]

    with clock.moved(timedelta(minutes=16)):
        work_it_off()
    assert verdicts() == [("ignored", NEVER_CAME)]
    assert not Order.objects.exists()
    assert not ExceptionCase.objects.exists()


def test_how_long_to_wait_is_the_channels_to_say(client: Client):
    Channel.objects.filter(code="woo").update(settings={"wait_for_order_s": 0})
    send_woo(client, {"id": 4}, "order.deleted")
    work_it_off()
    with clock.moved(timedelta(seconds=11)):
        work_it_off()

    assert verdicts() == [("ignored", NEVER_CAME)]


def test_an_order_created_as_cancelled_is_not_waited_for(client: Client):
    send_woo(client, woo_order(status="cancelled"), "order.created")
    work_it_off()

    assert verdicts() == [("ignored", CAME_CANCELLED)]


def test_settling_again_changes_nothing(client: Client):
    from apps.channels.services.intake import take_in_messages

    send_shopify(client, shopify_order())
    work_it_off()

    assert take_in_messages(InboxMessage.objects.values_list("pk", flat=True)) == []
    assert Order.objects.count() == 1


def test_the_channels_own_words_are_read(client: Client):
    Channel.objects.filter(code="shop").update(settings={"shipping_methods": {"*drohne*": "same_day"}, "tables": 7})
    send_shopify(client, shopify_order(shipping_lines=[{"title": "Per Drohne", "price": "0.00"}]))
    work_it_off()

    assert the_order().service_level == "same_day"


def test_a_kind_of_channel_without_a_contract_keeps_its_messages_for_a_person(client: Client):
    channel = ChannelFactory(code="zon", kind="amazon", secret=STANDARD_SECRET)
    ensure_contracts()
    ContractVersion.objects.update(active=False)
    send_standard(client, channel, {"orderId": "902-1", "orderItems": []})
    work_it_off()

    assert verdicts() == [("quarantined", "no contract is active for channels of kind amazon")]


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b"null",
        b"7",
        b'"orders"',
        b"[]",
        b"{}",
        b'{"id": NaN}',
        b'{"id": 1' + b"0" * 5_000 + b"}",
        b'{"id": "a\\u0000b", "line_items": []}',
        b'{"id": "\\ud800", "line_items": [{"id": "\\udfff"}]}',
        b"\xff\xfe\x00\x00",
        b'{"id": 1, "id": 2}',
    ],
    ids=lambda body: repr(body[:20]),
)
def test_whatever_is_signed_ends_with_a_verdict_and_a_reason(client: Client, body: bytes):
    assert send_shopify(client, body).status_code == 200
    work_it_off()

    ((verdict, reason),) = verdicts()
    assert verdict in ("quarantined", "ignored")
    assert reason
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    "name", ["a\x00b", "half \ud83d", "<script>alert(1)</script>", "=HYPERLINK(1)", "\u202egnp.exe"]
)
def test_strange_names_never_break_the_intake(client: Client, name: str):
    order = shopify_order()
    order["shipping_address"]["name"] = name
    assert send_shopify(client, order).status_code == 200
    work_it_off()

    assert verdicts()[0][0] in ("accepted", "quarantined")
