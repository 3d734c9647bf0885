"""A repeat is answered as the first was, and done once."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from apps.channels.models import InboxMessage
from apps.core.models import Event, IdempotencyRecord
from apps.orders.models import Hold, Order
from tests.api.front_door import Door, order_body
from tests.factories import make_key, make_order

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shop")]


def test_fault_01_a_retry_with_the_same_key_gets_the_first_answer(api):
    body = order_body()
    first = api.post("orders", body, key="k")

    again = api.post("orders", body, key="k")

    assert again.status_code == first.status_code == 201
    assert again.data == first.data
    assert again.headers["ETag"] == first.headers["ETag"]
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    happened = Event.objects.exclude(name="key.made")
    assert (Order.objects.count(), InboxMessage.objects.count(), happened.count()) == (1, 1, 1)


@pytest.mark.django_db(transaction=True)
def test_fault_02_fifty_at_once_with_one_key_make_one_order():
    body, key, barrier = order_body(), make_key(), Barrier(50)

    def post(_: int) -> tuple[int, bool]:
        door = Door(key)
        barrier.wait(30)
        try:
            answer = door.post("orders", body, key="same")
            return answer.status_code, "Idempotent-Replayed" in answer.headers
        finally:
            connection.close()

    with ThreadPoolExecutor(50) as pool:
        answers = Counter(pool.map(post, range(50)))

    assert answers == {(201, False): 1, (201, True): 49}
    assert (Order.objects.count(), IdempotencyRecord.objects.count()) == (1, 1)
    assert Event.objects.filter(name="order.accepted").count() == 1


@pytest.mark.django_db(transaction=True)
def test_fault_03_twenty_at_once_with_keys_of_their_own_make_one_order():
    body, key, barrier = order_body(), make_key(), Barrier(20)

    def post(_: int) -> int:
        door = Door(key)
        barrier.wait(30)
        try:
            return int(door.post("orders", body).status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as pool:
        answers = Counter(pool.map(post, range(20)))

    assert answers == {201: 1, 200: 19}
    assert Order.objects.count() == 1


def test_keys_of_different_clients_do_not_meet(door):
    one, other = door(name="one"), door(name="other")
    first = one.post("orders", order_body(), key="k")

    second = other.post("orders", order_body(), key="k")

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.data["id"] != second.data["id"]


def test_the_same_key_at_another_address_is_another_request(api):
    order, other = make_order(), make_order()
    for one in (order, other):
        assert api.post(f"orders/{one.public_id}/holds", {"note": "x"}, key="k").status_code == 201

    assert Hold.objects.count() == 2


def test_a_refused_request_leaves_no_record_and_may_be_sent_again(api):
    wrong = order_body(currency="XXXX")
    assert api.post("orders", wrong, key="k").status_code == 422
    assert not IdempotencyRecord.objects.exists()

    assert api.post("orders", order_body(), key="k").status_code == 201


def test_a_repeat_of_what_can_be_done_once_gets_the_first_answer_and_not_a_refusal(api):
    order = make_order()
    api.post(f"orders/{order.public_id}/holds", {"reason": "manual"})
    body = {"reason": "manual"}
    first = api.post(f"orders/{order.public_id}/holds/release", body, key="k")

    again = api.post(f"orders/{order.public_id}/holds/release", body, key="k")

    assert (first.status_code, again.status_code) == (200, 200)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert api.post(f"orders/{order.public_id}/holds/release", body).status_code == 409


def test_without_a_key_verbs_that_are_done_once_anyway_are_welcome(api):
    order = make_order()

    for _ in range(2):
        assert api.post(f"orders/{order.public_id}/cancel", {"reason": "late"}, key="").status_code == 200

    assert Event.objects.filter(name="order.cancelled").count() == 1
