"""Whom an order waits for."""

from __future__ import annotations

import pytest

from apps.core.event_types import Ball
from apps.core.models import Event
from apps.orders.models import Order
from apps.orders.waiting_for import waiting_for
from tests.factories import make_order

pytestmark = pytest.mark.django_db


def told(order: Order, *names: str) -> None:
    """Events of the order; ``name@ful_x``: of this fulfillment order of it."""
    for name, _, ref in (text.partition("@") for text in names):
        Event.objects.create(
            name=name, stream=order.public_id, subject_id=1, subject_ref=ref or order.public_id, actor="system:test"
        )


@pytest.mark.parametrize(
    ("names", "ball"),
    [
        ((), Ball.SYSTEM),
        (("order.validated", "order.unroutable"), Ball.PERSON),
        (("order.released", "fulfillment.requested@ful_1"), Ball.INTEGRATION),
        (("fulfillment.requested@ful_1", "fulfillment.submitted@ful_1"), Ball.PARTNER),
        (("fulfillment.shipped@ful_1", "order.shipped", "fulfillment.delivered@ful_1"), Ball.PARTNER),
        (("order.shipped", "fulfillment.delivered@ful_1", "order.delivered"), Ball.NOBODY),
        # One of two has ended; what the other waits for still stands.
        (("fulfillment.accepted@ful_1", "fulfillment.delivered@ful_2"), Ball.PERSON),
        (("fulfillment.rejected@ful_1", "fulfillment.delivered@ful_2", "order.delivered"), Ball.NOBODY),
        (("order.cancelled", "fulfillment.cancel_requested@ful_1"), Ball.PARTNER),
        (("order.cancelled", "fulfillment.cancel_requested@ful_1", "fulfillment.cancelled@ful_1"), Ball.NOBODY),
        # What is told beside the order does not move it.
        (("fulfillment.submitted@ful_1", "customer.to_tell@msg_1", "case.commented@cas_1"), Ball.PARTNER),
    ],
)
def test_an_order_waits_for_whom_its_latest_event_names(names: tuple[str, ...], ball: Ball):
    order = make_order()
    told(order, *names)

    assert waiting_for([order], held=[]) == {order.pk: ball}


def test_a_held_order_waits_for_a_person_whatever_comes_in_meanwhile():
    order = make_order()
    told(order, "order.held", "order.followed")

    assert waiting_for([order], held=[order.pk]) == {order.pk: Ball.PERSON}


def test_many_orders_are_asked_about_in_one_statement(django_assert_num_queries):
    orders = [make_order() for _ in range(3)]
    told(orders[1], "order.unroutable")

    with django_assert_num_queries(1):
        balls = waiting_for(orders, held=[])

    assert [balls[order.pk] for order in orders] == [Ball.SYSTEM, Ball.PERSON, Ball.SYSTEM]
