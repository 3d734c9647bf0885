"""Messages that only name an order: stored and acknowledged at once, and the order is fetched from its shop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from django.test import Client

from apps.casework.models import ExceptionCase
from apps.channels.errors import ShopRefused, ShopUnreachable
from apps.channels.framework import registry
from apps.channels.framework.adapter import Capability, ChannelAdapter
from apps.channels.framework.shop import Shop
from apps.channels.framework.signatures import SecretHeader
from apps.channels.mapping.message_form import Topics
from apps.channels.mapping.paths import parse_path
from apps.channels.models import Channel, InboxMessage
from apps.channels.services.replay import replay_message
from apps.channels.verdict_reasons import BEING_FETCHED, FETCHED, NEW_ORDER, NOT_THERE
from apps.core import clock
from apps.orders.models import Order
from tests.channels.sending import verdicts, woo_order
from tests.driving import work_it_off
from tests.factories import AGENT, ChannelFactory, make_policy, make_stock

pytestmark = pytest.mark.django_db(transaction=True)
SECRET = "a-long-secret-of-the-test"


class NamingShop(Shop):
    """Shows its orders when asked, or raises what ``trouble`` holds; ``asked`` says for which ids."""

    shows: ClassVar[dict[str, Any]] = {}
    asked: ClassVar[list[str]] = []
    trouble: ClassVar[list[Exception]] = []

    def whole_order(self, external_id: str) -> dict[str, Any] | None:
        self.asked.append(external_id)
        if self.trouble:
            raise self.trouble[0]
        found: dict[str, Any] | None = self.shows.get(external_id)
        return found


def only_names(message: Any) -> bool:
    return isinstance(message, dict) and "line_items" not in message


@pytest.fixture(autouse=True)
def channel(monkeypatch: pytest.MonkeyPatch) -> Channel:
    """A shop whose messages have the topic inside and name an order; its orders look like WooCommerce's."""
    woo = registry.adapters()["woocommerce"]
    form = replace(
        woo.messages, only_names=only_names, topics=Topics(within=parse_path("scope"), about_orders="order.")
    )
    adapter = ChannelAdapter(
        title="Naming shop", version="1", messages=form, shop=NamingShop, signing=SecretHeader(header="x-our-secret"),
        capabilities=frozenset({Capability.WEBHOOKS, Capability.FETCH_ORDERS}), contracts=woo.contracts,
    )  # fmt: skip
    assert adapter.contradictions() == []
    known: Mapping[str, ChannelAdapter] = {**registry.adapters(), "woocommerce": adapter}
    monkeypatch.setattr(registry, "_found", lambda _: known)
    NamingShop.shows, NamingShop.asked, NamingShop.trouble = {"7": woo_order(7)}, [], []
    make_policy()
    make_stock(N1={"A": 100})
    made: Channel = ChannelFactory(code="naming", kind="woocommerce", secret=SECRET, base_url="https://shop.example")
    return made


def send(client: Client, order_id: int = 7, scope: str = "order.created", *, secret: str = SECRET, **more: Any) -> int:
    headers = {"X-Our-Secret": secret} if secret else {}
    body = {"scope": scope, "id": order_id, **more}
    answer = client.post("/hooks/woocommerce/naming/", body, content_type="application/json", headers=headers)
    return answer.status_code


def test_is_acknowledged_at_once_and_its_order_is_fetched_and_taken_in(client: Client):
    assert send(client) == 200
    assert NamingShop.asked == []
    work_it_off()

    assert (Order.objects.get().external_id, NamingShop.asked) == ("7", ["7"])
    assert verdicts() == [("accepted", FETCHED), ("accepted", NEW_ORDER)]
    assert [message.topic for message in InboxMessage.objects.order_by("pk")] == ["order.created", ""]


def test_the_secret_is_not_kept_with_the_message(client: Client):
    send(client)

    assert SECRET not in str(InboxMessage.objects.get().headers)


@pytest.mark.parametrize("secret", ["", "another", SECRET + " ", "ünïcode"])
def test_one_without_the_secret_is_refused_and_fetches_nothing(client: Client, secret: str):
    assert send(client, secret=secret) == 401
    work_it_off()

    assert (InboxMessage.objects.count(), NamingShop.asked) == (0, [])


def test_the_secret_before_is_good_while_it_is_changed(client: Client, channel: Channel):
    Channel.objects.update(secret="new", previous_secret=SECRET, previous_until=clock.now() + timedelta(hours=1))
    assert (send(client), send(client, secret="new", n=2)) == (200, 200)

    with clock.moved(timedelta(hours=2)):
        assert send(client, n=3) == 401


def test_several_about_one_order_ask_the_shop_once(client: Client):
    for number in range(5):
        send(client, scope="order.updated", n=number)
    send(client, n=99)
    work_it_off()

    assert NamingShop.asked == ["7"]
    assert verdicts() == [("accepted", FETCHED)] * 6 + [("accepted", NEW_ORDER)]


def test_one_that_comes_after_the_shop_was_asked_asks_again(client: Client):
    send(client)
    work_it_off()
    NamingShop.shows["7"] = woo_order(7, status="cancelled", date_modified_gmt="2026-11-02T11:00:00")
    send(client, scope="order.updated")
    work_it_off()

    assert (NamingShop.asked, Order.objects.get().state) == (["7", "7"], "cancelled")


def test_a_repeat_asks_nothing_and_changes_nothing(client: Client):
    send(client)
    work_it_off()
    send(client)
    work_it_off()

    assert (NamingShop.asked, Order.objects.count(), InboxMessage.objects.count()) == (["7"], 1, 2)


def test_what_is_not_about_orders_fetches_nothing(client: Client):
    send(client, scope="product.updated")
    work_it_off()

    assert NamingShop.asked == []
    assert verdicts() == [("ignored", "the topic 'product.updated' is not about orders")]


def test_an_order_that_the_shop_does_not_show_yet_is_asked_for_again(client: Client):
    order = NamingShop.shows.pop("7")
    send(client)
    work_it_off()
    assert verdicts() == [("waiting", BEING_FETCHED)]
    NamingShop.shows["7"] = order
    with clock.moved(timedelta(seconds=30)):
        work_it_off()

    assert verdicts() == [("accepted", FETCHED), ("accepted", NEW_ORDER)]


def test_an_order_that_the_shop_does_not_have_is_nothing(client: Client):
    """As of a forged message, or of one about another shop."""
    send(client, order_id=8)
    for minutes in range(4):
        with clock.moved(timedelta(minutes=minutes)):
            work_it_off()

    assert verdicts() == [("ignored", NOT_THERE)]
    assert (Order.objects.count(), ExceptionCase.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    "trouble",
    [
        ShopUnreachable("answered 502"),
        ShopRefused(channel="naming", answer=401, operation="GET /orders/7"),
        ShopRefused(channel="naming", answer=403, operation="GET /orders/7"),
    ],
)
def test_a_shop_that_is_away_or_does_not_know_our_key_is_asked_again_and_nothing_is_lost(
    client: Client, trouble: Exception
):
    NamingShop.trouble = [trouble]
    send(client)
    for hours in range(20):
        with clock.moved(timedelta(hours=hours)):
            work_it_off()
    assert (verdicts(), ExceptionCase.objects.count()) == ([("waiting", BEING_FETCHED)], 0)
    NamingShop.trouble = []
    with clock.moved(timedelta(hours=21)):
        work_it_off()

    assert verdicts() == [("accepted", FETCHED), ("accepted", NEW_ORDER)]


@pytest.mark.parametrize(
    ("trouble", "after"),
    [
        (ShopRefused(channel="naming", answer=410, operation="GET /orders/7"), timedelta()),
        (ShopUnreachable("answered 502"), timedelta(days=2)),
    ],
)
def test_what_can_not_be_fetched_is_put_before_a_person_who_has_it_fetched_again(
    client: Client, trouble: Exception, after: timedelta
):
    NamingShop.trouble = [trouble]
    send(client)
    with clock.moved(after):
        work_it_off()
        message = InboxMessage.objects.get()
        assert message.verdict == "quarantined"
        assert "the order it names was not fetched" in ExceptionCase.objects.get().sentence
        NamingShop.trouble = []
        replay_message(message.public_id, actor=AGENT)
        work_it_off()

    assert verdicts() == [("accepted", FETCHED), ("accepted", NEW_ORDER)]
    assert ExceptionCase.objects.get().state == "resolved"


def test_a_channel_without_an_address_says_what_is_missing(client: Client):
    Channel.objects.update(base_url="")
    send(client)
    work_it_off()

    assert InboxMessage.objects.get().verdict == "quarantined"
    assert "switched off, or has no address" in ExceptionCase.objects.get().sentence


def test_one_that_names_nothing_is_kept_for_a_person(client: Client):
    answer = client.post(
        "/hooks/woocommerce/naming/", {"scope": "order.created"}, content_type="application/json",
        headers={"X-Our-Secret": SECRET},
    )  # fmt: skip
    work_it_off()

    assert answer.status_code == 200
    assert [verdict for verdict, _ in verdicts()] == ["quarantined"]
    assert NamingShop.asked == []
