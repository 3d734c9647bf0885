"""The page of a channel: how it is, paused and resumed, credentials swapped, webhooks mended, orders asked for again."""

from __future__ import annotations

from datetime import timedelta
from threading import Event as Signal

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.urls import reverse

from apps.accounts.models import Role
from apps.channels.errors import ChannelNotReady
from apps.channels.models import Channel, ChannelNotice, InboxMessage, NoticeState, Verdict
from apps.channels.services.intake import take_in_messages
from apps.channels.services.pausing import pause_channel, resume_channel
from apps.channels.services.polling import request_polls
from apps.console.channels.topic_texts import topic_words
from apps.core import clock
from apps.core.actor import Actor
from apps.core.models import Event
from apps.fulfillment.models import FulfillmentOrder
from apps.orders.models import Order
from tests.api.front_door import Door, order_body
from tests.channels.fair_shop import FairShop, fair_order
from tests.console.channels.test_connecting import connected, press
from tests.console.conftest import LogIn
from tests.driving import work_it_off
from tests.factories import ChannelFactory, make_counted_stock, make_key, make_policy
from tests.racing import Meanwhile, at_once

pytestmark = pytest.mark.django_db(transaction=True)
ACTOR = Actor("staff", "usr_test")


@pytest.fixture
def client(log_in: LogIn) -> Client:
    return log_in(Role.OPERATIONS)


@pytest.fixture
def channel(client: Client, fair: FairShop) -> Channel:
    make_policy()
    make_counted_stock(leeds={"A": 500})
    made = connected(client, fair)
    work_it_off()
    return made


def page_of(client: Client, channel: Channel) -> str:
    return client.get(reverse("console:channel", args=[channel.code])).content.decode()


def test_the_page_says_how_the_channel_is(client: Client, channel: Channel, fair: FairShop):
    fair.send(channel, fair_order(1))
    fair.send(channel, {"number": "2"})
    work_it_off()

    page = page_of(client, channel)

    assert Order.objects.get().public_id in page
    assert "order-placed" in page
    assert "?verdict=quarantined" in page
    assert "Calls in a day" in page
    assert "failed · median" in page


def test_paused_it_keeps_what_comes_and_resumed_it_takes_it_in_its_order(
    client: Client, channel: Channel, fair: FairShop
):
    press(client, channel, "pause")
    at = clock.now()
    for version in range(3):
        changed = (at + timedelta(seconds=version)).isoformat()
        fair.send(
            channel,
            fair_order(1, changed_at=changed, items=[{"line": 1, "sku": "A", "units": 2 + version, "price": "10.00"}]),
        )
    fair.send(channel, fair_order(2))
    work_it_off()
    assert request_polls() == 0
    assert Order.objects.count() == 0
    assert set(InboxMessage.objects.values_list("verdict", flat=True)) == {Verdict.WAITING}
    assert "Paused since" in page_of(client, channel)

    press(client, channel, "resume")
    work_it_off()

    assert sorted(Order.objects.values_list("external_id", flat=True)) == ["1", "2"]
    assert Order.objects.get(external_id="1").lines.get().quantity == 4
    assert not InboxMessage.objects.filter(verdict=Verdict.WAITING).exists()


def test_what_is_to_be_sent_waits_while_it_is_paused_and_is_sent_once(client: Client, channel: Channel, fair: FairShop):
    fair.send(channel, fair_order(1))
    work_it_off()
    press(client, channel, "pause")
    order = Order.objects.get()
    client.post(reverse("console:order_cancel", args=[order.public_id]), {"reason": "asked for by phone"})
    work_it_off()
    assert ChannelNotice.objects.get().state == NoticeState.WAITING
    assert fair.shipments == []

    press(client, channel, "resume")
    work_it_off()

    assert ChannelNotice.objects.get().state == NoticeState.SENT
    assert [number for number, _ in fair.shipments] == ["1"]


def test_pressing_twice_is_once(client: Client, channel: Channel, fair: FairShop):
    press(client, channel, "pause")
    first = channel.paused_at
    press(client, channel, "pause")
    assert channel.paused_at == first
    fair.send(channel, fair_order(1))
    press(client, channel, "resume")
    press(client, channel, "resume")
    work_it_off()

    assert Order.objects.count() == 1


def test_a_channel_that_is_being_connected_is_not_resumed_into_life(client: Client, channel: Channel):
    Channel.objects.filter(pk=channel.pk).update(active=False, setup={"state": "connecting"}, paused_at=clock.now())

    with pytest.raises(ChannelNotReady):
        resume_channel(channel.pk, actor=ACTOR)
    channel.refresh_from_db()
    assert (channel.active, channel.paused_at is not None) == (False, True)


@pytest.mark.parametrize("round_", range(4))
def test_whoever_resumes_finds_everything_that_was_left_waiting(
    client: Client, channel: Channel, fair: FairShop, round_: int
):
    """Takers, arrivals, pauses and resumes at the same moment: in the end nothing waits."""
    del round_
    numbers = range(12)
    for number in numbers:
        fair.send(channel, fair_order(number))
    pks = list(InboxMessage.objects.values_list("pk", flat=True))
    pause_channel(channel.pk, actor=ACTOR)
    started = Signal()

    def take(part: list[int]) -> int:
        started.wait(5)
        return len(take_in_messages(part))

    def resume() -> object:
        started.set()
        return resume_channel(channel.pk, actor=ACTOR)

    def arrive() -> object:
        started.wait(5)
        return [fair.send(channel, fair_order(100 + n)).status_code for n in range(4)]

    at_once(lambda: take(pks[:4]), lambda: take(pks[4:8]), resume, lambda: take(pks[8:]), arrive)
    work_it_off()

    assert Order.objects.count() == 16
    assert not InboxMessage.objects.filter(verdict=Verdict.WAITING).exists()


def test_pausing_between_arrivals_loses_none(channel: Channel, fair: FairShop):
    def switch() -> None:
        for _ in range(6):
            pause_channel(channel.pk, actor=ACTOR)
            resume_channel(channel.pk, actor=ACTOR)

    def arrive(first: int) -> None:
        for number in range(first, first + 8):
            assert fair.send(channel, fair_order(number)).status_code == 200
            take_in_messages(InboxMessage.objects.filter(verdict=Verdict.WAITING).values_list("pk", flat=True))

    at_once(switch, lambda: arrive(0), lambda: arrive(100))
    work_it_off()

    assert Order.objects.count() == 16


def test_new_credentials_are_tried_before_those_in_use_are_given_up(client: Client, channel: Channel, fair: FairShop):
    page = press(client, channel, "credentials", api_key="wrong")
    assert "The shop does not accept these credentials" in page
    assert channel.api_key == "good"

    fair.keys["lesser"] = ("orders:read",)
    page = press(client, channel, "credentials", api_key="lesser")
    assert "These credentials lack orders:write; nothing was changed." in page
    assert channel.api_key == "good"

    fair.keys["new"] = fair.keys["good"]
    page = press(client, channel, "credentials", api_key="new")
    assert "The credentials were tried and are in use." in page
    assert channel.api_key == "new"


def test_credentials_of_another_shop_do_not_get_into_a_live_channel(client: Client, channel: Channel, fair: FairShop):
    fair.keys["other"], fair.account = fair.keys["good"], "other.example"

    page = press(client, channel, "credentials", api_key="other")

    assert "These credentials are of other.example, and this channel is fair.example." in page
    assert (channel.api_key, channel.account) == ("good", "fair.example")


def test_asked_again_from_a_date_it_takes_what_was_missed_and_doubles_nothing(
    client: Client, channel: Channel, fair: FairShop
):
    fair.send(channel, fair_order(1))
    work_it_off()
    old = clock.now() - timedelta(days=20)
    for number in range(1, 30):
        moved = (old + timedelta(minutes=number)).isoformat()
        fair.orders[str(number)] = fair_order(number, changed_at=moved, placed_at=moved)
    fair.page_size = 7

    press(client, channel, "reconcile", since=(old - timedelta(days=1)).date().isoformat())
    assert "Under way" in page_of(client, channel)
    work_it_off()

    assert Order.objects.count() == 29
    assert FulfillmentOrder.objects.filter(order__external_id="1").count() == 1
    page = page_of(client, channel)
    assert "Done since" in page
    assert "Messages found: 28." in page
    channel.refresh_from_db()
    polled_until = channel.polled_until
    press(client, channel, "reconcile", since=(old - timedelta(days=1)).date().isoformat())
    work_it_off()
    channel.refresh_from_db()
    assert Order.objects.count() == 29
    assert "Messages found: 0." in page_of(client, channel)
    assert channel.polled_until == polled_until


def test_asking_again_goes_on_once_a_failing_shop_is_back(client: Client, channel: Channel, fair: FairShop):
    fair.orders["1"] = fair_order(1, changed_at=(clock.now() - timedelta(days=3)).isoformat())
    press(client, channel, "reconcile", since=(clock.now() - timedelta(days=5)).date().isoformat())
    press(client, channel, "pause")
    work_it_off()
    assert not InboxMessage.objects.exists()

    press(client, channel, "resume")
    work_it_off()

    assert Order.objects.get().external_id == "1"


@pytest.mark.parametrize("since", ["", "soon", "1999-01-01", "2999-01-01"])
def test_a_date_that_can_not_be_meant_is_refused(client: Client, channel: Channel, since: str):
    page = press(client, channel, "reconcile", since=since)

    assert "Choose a date" in page
    assert channel.reconciling == {}


def test_the_calendar_lists_every_contract_with_who_uses_it(log_in: LogIn, channel: Channel):

    page = log_in(Role.OPERATIONS).get(reverse("console:channel_calendar")).content.decode()

    assert "The Fair" in page
    assert "15 Jan 2027" in page
    assert "Orders are no longer listed." in page
    assert "Partner" in page


def test_the_same_verbs_are_there_for_integrators(channel: Channel, fair: FairShop):
    key = f"channels/{channel.public_id}"
    api = Door(make_key(scopes=["channels:write"]))
    assert api.get(key).data["account"] == "fair.example"

    assert api.post(f"{key}/pause").data["paused_at"]
    fair.send(channel, fair_order(1))
    work_it_off()
    assert Order.objects.count() == 0
    assert api.post(f"{key}/resume").data["paused_at"] is None
    work_it_off()
    assert Order.objects.count() == 1

    fair.keys["good"] = ("orders:write",)
    assert api.post(f"{key}/check").status_code == 409
    since = (clock.now() - timedelta(days=2)).isoformat()
    assert api.post(f"{key}/reconcile", {"since": since}).data["reconciling"]["found"] == 0
    assert Door(make_key(scopes=["orders:read"])).post(f"{key}/pause").status_code == 403
    assert api.post("channels/chn_nobody/pause").status_code == 404


def test_a_message_read_while_somebody_resumes_waits_for_that_and_is_taken(channel: Channel, fair: FairShop):
    pause_channel(channel.pk, actor=ACTOR)
    with transaction.atomic():
        resume_channel(channel.pk, actor=ACTOR)
        arriving = Meanwhile(lambda: fair.send(channel, fair_order(1)).status_code)
        assert arriving.outcome() == 200
        reading = Meanwhile(lambda: [one.verdict for one in take_in_messages(pks())])
        assert reading.waits_for_a_lock()

    assert reading.outcome() == [Verdict.ACCEPTED]


def pks() -> list[int]:
    return list(InboxMessage.objects.values_list("pk", flat=True))


def test_an_order_through_the_api_is_the_last_order_and_no_webhook(client: Client):
    make_policy()
    make_counted_stock(leeds={"A": 5})
    partners = ChannelFactory(code="api", kind="api")
    assert Door(make_key()).post("orders", order_body()).status_code in (200, 201, 202)

    page = page_of(client, partners)

    assert Order.objects.get().public_id in page
    assert "Order through the API" in page
    assert "Last webhook" not in page
    assert "Switch on “Offers a stock feed”" in page
    Channel.objects.update(settings={"stock_feed": True})
    assert f"/api/v1/channels/{partners.public_id}/stock/feed.csv" in page_of(client, partners)


def test_webhooks_that_arrive_though_the_shop_lists_none_for_us_are_not_denied(
    client: Client, channel: Channel, fair: FairShop
):
    for one in fair.registered:
        one["address"] = "https://elsewhere.example/"
    Channel.objects.update(setup={**channel.setup, "hooks": {}})
    at = reverse("console:channel_hooks", args=[channel.code])
    assert "The shop sends no webhooks here." in client.get(at).content.decode()
    fair.send(channel, fair_order(1))

    page = client.get(at).content.decode()

    assert "The shop sends no webhooks here." not in page
    assert "Webhooks do arrive, the last" in page
    assert "2 go to other addresses." in page


def test_topics_are_words_however_a_vendor_writes_them():
    written = ("ORDERS_CREATE", "orders/create", "order.created", "store/order/created")
    assert {topic_words(topic) for topic in written} == {"New order"}
    assert topic_words("order-placed") == "Order placed"
    assert topic_words("app/uninstalled") == "App uninstalled"


def test_a_step_that_was_passed_over_is_not_ticked_and_the_test_is_once_its_order_came(
    client: Client, channel: Channel, fair: FairShop
):
    at = reverse("console:channel_connect", args=[channel.code])
    before = client.get(at).content.decode()
    assert before.count("left for later") == 2
    assert reverse("console:channel_look", args=[channel.code]) in before

    fair.send(channel, fair_order(1))
    work_it_off()

    after = client.get(at).content.decode()
    assert after.count('aria-label="done"') == before.count('aria-label="done"') + 1


def test_an_open_page_has_the_shop_asked_once_in_a_while(client: Client, channel: Channel):
    cache.clear()
    Channel.objects.update(polled_until=None)
    at = reverse("console:channel_look", args=[channel.code])
    first = Event.objects.count()

    answers = [client.post(at, headers={"HX-Request": "true"}).status_code for _ in range(3)]

    assert (answers, Event.objects.count()) == ([204] * 3, first + 1)
