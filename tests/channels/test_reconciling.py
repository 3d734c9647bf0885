"""A shop is asked again for everything since a date."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection

from apps.channels.models import Channel, InboxMessage
from apps.channels.services.reconciling import reconcile_channel
from apps.core import clock
from apps.orders.models import Order
from orchestrator.sandbox.shops.shopify import Shopify
from tests.channels.sending import later, shopify_order
from tests.channels.simulated import Simulated, simulated
from tests.driving import work_it_off
from tests.factories import AGENT, ChannelFactory, make_policy, make_stock

pytestmark = pytest.mark.django_db(transaction=True)
ORDERS = 12
# How far the reconciliation has come, that it was asked for, and the calls it made.
OWN = ("channels_channel", "core_event", "orchestration_steprun", "outbound_")


@pytest.fixture
def shop() -> Iterator[Simulated[Shopify]]:
    with simulated(Shopify) as running:
        running.shop.strict = True
        running.shop.restores = running.shop.most_in_bucket = running.shop.bucket = 1e6
        running.page_size = 5
        for number in range(1, ORDERS + 1):
            running.shop.put(shopify_order(number, updated_at=later(number)))
        yield running


@pytest.fixture
def channel(shop: Simulated[Shopify]) -> Channel:
    make_policy()
    make_stock(N1={"A": 1_000})
    made: Channel = ChannelFactory(shopify=True, base_url=shop.url, api_key="k", polled_until=clock.now())
    return made


def reconcile(channel: Channel) -> None:
    reconcile_channel(channel.pk, since=clock.now() - timedelta(days=300), actor=AGENT)
    work_it_off()
    assert Channel.objects.get().reconciling["finished_at"]


def rows() -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, with the transaction that wrote it last."""
    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if not table.startswith(OWN):
                cursor.execute(f'SELECT xmin::text, ctid::text FROM "{table}" ORDER BY ctid')
                found[table] = cursor.fetchall()
    return found


def test_nothing_is_written_where_nothing_has_changed(channel: Channel, shop: Simulated[Shopify]):
    reconcile(channel)
    assert Order.objects.count() == ORDERS
    before, asked = rows(), len(shop.requests)

    reconcile(channel)

    assert len(shop.requests) - asked >= ORDERS // 5
    assert {table for table, now in rows().items() if now != before[table]} == set()
    assert Channel.objects.get().reconciling["found"] == 0


def test_only_what_has_changed_meanwhile_is_taken_in(channel: Channel, shop: Simulated[Shopify]):
    reconcile(channel)
    messages = InboxMessage.objects.count()
    shop.shop.put(shopify_order(3, updated_at=later(50), cancelled_at=later(50)))

    reconcile(channel)

    assert InboxMessage.objects.count() == messages + 1
    assert list(Order.objects.filter(state="cancelled").values_list("external_id", flat=True)) == ["3"]
