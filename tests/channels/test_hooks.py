"""The door by which channels bring orders."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client

from apps.channels.models import InboxMessage
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
    woo_order,
)
from tests.driving import work_it_off
from tests.factories import ChannelFactory, make_policy, make_stock

pytestmark = pytest.mark.django_db
works_it_off = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _shop() -> None:
    make_policy()
    make_stock(N1={"A": 100})
    ChannelFactory(shopify=True)
    ChannelFactory(woocommerce=True)
    ChannelFactory(code="market", kind="olist", secret=STANDARD_SECRET)


def test_keeps_a_signed_message_as_it_came_and_says_so(client: Client):
    body = json.dumps(shopify_order(), indent=1).encode()

    answer = send_shopify(client, body, webhook_id="w-1")

    assert answer.status_code == 200
    message = InboxMessage.objects.get()
    assert answer.json() == {"message": message.public_id, "repeat": False}
    assert bytes(message.body) == body
    assert (message.topic, message.external_id, message.verdict) == ("orders/create", "1", "waiting")
    assert Event.objects.get().name == "inbox.received"


def test_keeps_no_signature_and_no_personal_data_outside_the_body(client: Client):
    send_shopify(client, shopify_order())

    message = InboxMessage.objects.get()
    assert not [name for name in message.headers if "hmac" in name.lower()]
    assert "Canary" not in json.dumps(list(Event.objects.values_list("data", flat=True)))


@pytest.mark.parametrize("secret", ["wrong", "S3cret"])
def test_refuses_a_wrong_signature_and_keeps_nothing(client: Client, secret: str):
    answer = send_shopify(client, shopify_order(), secret=secret)

    assert answer.status_code == 401
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "bad_signature"
    assert not InboxMessage.objects.exists()


def test_refuses_a_missing_signature_before_parsing(client: Client):
    answer = client.post("/hooks/shopify/shop/", data=b"{" * 100_000, content_type="application/json")

    assert answer.status_code == 401
    assert not InboxMessage.objects.exists()


def test_refuses_everything_for_a_channel_without_a_secret(client: Client):
    ChannelFactory(code="bare", kind="shopify", secret="")

    assert client.post("/hooks/shopify/bare/", data=b"{}", content_type="application/json").status_code == 401


def test_refuses_the_previous_secret_once_its_time_is_over(client: Client):
    shop = ChannelFactory(shopify=True)
    shop.secret, shop.previous_secret, shop.previous_until = "new", "s3cret", clock.now() - timedelta(minutes=1)
    shop.save()

    assert send_shopify(client, shopify_order(), secret="s3cret").status_code == 401
    assert not InboxMessage.objects.exists()


def test_takes_the_previous_secret_while_the_secret_is_changed(client: Client):
    shop = ChannelFactory(shopify=True)
    shop.secret, shop.previous_secret, shop.previous_until = "new", "s3cret", clock.now() + timedelta(minutes=1)
    shop.save()

    assert send_shopify(client, shopify_order(), secret="s3cret").status_code == 200
    assert send_shopify(client, shopify_order(2), secret="new").status_code == 200


@pytest.mark.parametrize(("age_s", "status"), [(0, 200), (290, 200), (310, 401), (-310, 401)])
def test_refuses_a_signature_older_than_five_minutes(client: Client, age_s: int, status: int):
    market = ChannelFactory(code="market")

    assert send_standard(client, market, {"order": {}}, age_s=age_s).status_code == status


@pytest.mark.parametrize(
    "path", ["/hooks/woocommerce/shop/", "/hooks/shopify/none/", "/hooks/other/shop/", "/hooks/api/api/"]
)
def test_a_wrong_address_is_not_found(client: Client, path: str):
    ChannelFactory(code="api")

    answer = client.post(path, data=b"{}", content_type="application/json")

    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_channel_that_was_switched_off_is_not_found(client: Client):
    shop = ChannelFactory(shopify=True)
    shop.active = False
    shop.save()

    assert send_shopify(client, shopify_order()).status_code == 404


def test_refuses_a_body_over_two_megabytes(client: Client):
    assert send_shopify(client, b"[" + b" " * 2 * 1024 * 1024 + b"]").status_code == 413
    assert not InboxMessage.objects.exists()


def test_only_post_is_taken(client: Client):
    assert client.get("/hooks/shopify/shop/").status_code == 405


def test_woocommerces_ping_is_answered_and_leaves_nothing(client: Client):
    answer = client.post(
        "/hooks/woocommerce/woo/", data=b"webhook_id=7", content_type="application/x-www-form-urlencoded"
    )

    assert answer.status_code == 200
    assert not InboxMessage.objects.exists()
    assert not Event.objects.exists()


def test_something_longer_than_a_ping_has_to_be_signed(client: Client):
    body = b"webhook_id=7&order=" + b"1" * 100

    answer = client.post("/hooks/woocommerce/woo/", data=body, content_type="application/x-www-form-urlencoded")

    assert answer.status_code == 401


@works_it_off
def test_truncated_json_with_a_good_signature_is_kept_and_put_before_a_person(client: Client):
    answer = send_shopify(client, json.dumps(shopify_order()).encode()[:-40])
    work_it_off()

    assert answer.status_code == 200
    message = InboxMessage.objects.get()
    assert message.verdict == "quarantined"
    assert message.reason.startswith("the body is not JSON (the text that begins there has no end")
    assert not Order.objects.exists()


@works_it_off
def test_ten_deliveries_of_one_message_are_one_message_and_one_order(client: Client):
    answers = [send_shopify(client, shopify_order(), webhook_id="w-1") for _ in range(10)]
    work_it_off()

    assert {answer.status_code for answer in answers} == {200}
    assert [answer.json()["repeat"] for answer in answers] == [False] + [True] * 9
    assert InboxMessage.objects.get().deliveries == 10
    assert Event.objects.filter(name="order.accepted").count() == 1


@works_it_off
def test_messages_of_one_second_with_one_delivery_id_are_all_kept(client: Client):
    for number in (1, 2, 3):
        send_woo(client, woo_order(number))
    work_it_off()

    assert Order.objects.count() == 3


@works_it_off
def test_two_deliveries_at_the_same_moment_are_one_message():
    body, answers = shopify_order(), []

    def deliver() -> None:
        try:
            answers.append(send_shopify(Client(), body, webhook_id="w-1").status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=deliver) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    work_it_off()

    assert answers == [200] * 8
    assert InboxMessage.objects.get().deliveries == 8
    assert the_order().state == "released"


def test_without_the_database_the_sender_is_asked_to_come_back(client: Client, monkeypatch: pytest.MonkeyPatch):
    def gone(code: str) -> None:
        raise OperationalError("the server closed the connection unexpectedly")

    monkeypatch.setattr("apps.channels.services.receiving.channel_for_webhooks", gone)

    answer = send_shopify(client, shopify_order())

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"


@pytest.mark.parametrize("wrap", [lambda order: {"orders": [order]}, lambda order: [order]])
def test_a_list_that_holds_one_order_alone_is_that_order(client: Client, wrap: Any):
    send_shopify(client, wrap(shopify_order(7)))
    send_woo(client, wrap(woo_order(8)))
    work_it_off()

    assert sorted(Order.objects.values_list("external_id", flat=True)) == ["7", "8"]
