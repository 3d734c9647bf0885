"""Writes that wait for each other go as one statement, all of them or none."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction

from apps.core.actor import SYSTEM
from apps.core.bulk import write_buffer
from apps.core.bulk.bulk_insert import insert_groups, take_ids
from apps.core.bulk.bulk_update import update_rows
from apps.core.bulk.write_buffer import buffered_writes
from apps.core.models import Event
from apps.core.outbox import Fact, record
from apps.core.transactions import in_one_statement, is_first_try
from apps.orders.events import OrderAmended, order_fact
from apps.orders.models import Hold, Order
from tests.factories import make_order

pytestmark = pytest.mark.django_db


def fact(order: Order) -> Fact:
    return order_fact(order, OrderAmended())


def hold(order: Order) -> Hold:
    return Hold(pk=take_ids(Hold, 1)[0], order=order, reason="manual", placed_by=str(SYSTEM))


@pytest.fixture
def sent(monkeypatch) -> list[str]:
    """What is sent from now on, statement by statement."""
    said: list[str] = []

    class Listening(write_buffer.RawCursor):
        def execute(self, query, *args, **kwargs):
            said.append(query)
            return super().execute(query, *args, **kwargs)

    monkeypatch.setattr(write_buffer, "RawCursor", Listening)
    return said


def test_an_insert_an_update_and_an_event_are_one_statement(sent):
    order = make_order()
    before, sent[:] = Order.history.filter(id=order.pk).count(), []

    with buffered_writes():
        insert_groups([hold(order)])
        order.tags = ["vip"]
        update_rows([order], ["tags"])
        record(fact(order), actor=SYSTEM)
        assert not sent

    assert len(sent) == 1
    assert Hold.objects.get().order_id == order.pk
    row = Order.objects.get(pk=order.pk)
    assert (row.tags, row.version) == (["vip"], order.version)
    assert Order.history.filter(id=order.pk).count() == before + 1
    assert Event.objects.filter(name="order.amended").count() == 1


def test_after_an_exception_none_of_them_is_made():
    order = make_order()

    def fail() -> None:
        with buffered_writes():
            insert_groups([hold(order)])
            record(fact(order), actor=SYSTEM)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()

    assert not Hold.objects.exists()
    assert not Event.objects.filter(name="order.amended").exists()


def test_one_that_the_database_refuses_takes_its_company_along():
    order = make_order()
    again = Order(
        pk=take_ids(Order, 1)[0], channel=order.channel, external_id=order.external_id, placed_at=order.placed_at
    )

    def insert_again() -> None:
        with transaction.atomic(), buffered_writes():
            record(fact(order), actor=SYSTEM)
            insert_groups([again])

    with pytest.raises(IntegrityError):
        insert_again()

    assert not Event.objects.filter(name="order.amended").exists()


@pytest.mark.django_db(transaction=True)
def test_work_that_met_another_is_done_again_in_a_transaction():
    order, tries = make_order(), []

    def work() -> None:
        tries.append((is_first_try(), connection.in_atomic_block))
        if is_first_try():
            pk = take_ids(Order, 1)[0]
            insert_groups(
                [Order(pk=pk, channel=order.channel, external_id=order.external_id, placed_at=order.placed_at)]
            )
        record(fact(order), actor=SYSTEM)

    in_one_statement(work)

    assert tries == [(True, False), (False, True)]
    assert (Order.objects.count(), Event.objects.filter(name="order.amended").count()) == (1, 1)


def test_an_empty_buffer_sends_nothing(sent):
    with buffered_writes():
        pass

    assert sent == []
