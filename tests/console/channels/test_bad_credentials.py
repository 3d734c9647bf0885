"""Live shops whose credentials or webhooks go wrong: revoked, of less, of another shop, throttled, signed by an old secret; by each adapter."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import Role
from apps.casework.models import ExceptionCase
from apps.channels.models import Channel, ChannelToken, InboxMessage
from apps.channels.services.polling import request_polls
from apps.channels.services.secret_rotation import rotate_channel_secret
from apps.core import clock
from apps.core.process_cache import clear_process_cache
from apps.orchestration.models import StepRun
from apps.orders.models import Order
from apps.outbound.models import Breaker
from tests.channels.amazon import notification as amazon_notification
from tests.channels.simulated import simulated
from tests.console.channels.test_connecting import begin, press
from tests.console.channels.test_each_adapter import connect, give_access, set_webhooks_up
from tests.console.channels.walks import WALKS, Shop, Walk, as_json, signed
from tests.console.conftest import LogIn
from tests.driving import work_it_off
from tests.factories import AGENT, make_counted_stock, make_policy

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("amazons_tokens_from_its_sandbox")]


@pytest.fixture
def client(log_in: LogIn) -> Client:
    make_policy()
    make_counted_stock(leeds={"A": 50})
    return log_in(Role.OPERATIONS)


@pytest.fixture(params=WALKS.values(), ids=WALKS.keys())
def walk(request: pytest.FixtureRequest) -> Walk:
    found: Walk = request.param
    return found


@pytest.fixture
def shop(walk: Walk) -> Iterator[Shop]:
    with simulated(walk.shop) as running:
        walk.sound(running)
        yield running


@pytest.fixture
def channel(client: Client, walk: Walk, shop: Shop) -> Channel:
    """Live, and polled once."""
    made = begin(client, kind=walk.kind, name="Mine")
    connect(client, walk, made, shop)
    if "webhooks" in walk.steps:
        set_webhooks_up(client, walk, made)
    for step in ("catalog", "places"):
        press(client, made, "later", step=step)
    press(client, made, "live", orders="run")
    work_it_off()
    made.refresh_from_db()
    return made


def polled() -> None:
    """What beat has done every five minutes, and whatever was put off is done now."""
    Breaker.objects.all().delete()
    StepRun.objects.filter(state="due").update(due_at=clock.now())
    request_polls()
    work_it_off()


def test_revoked_it_is_a_case_in_words_and_what_was_missed_comes_once_it_is_mended(
    client: Client, channel: Channel, walk: Walk, shop: Shop
):
    before = channel.polled_until
    shop.sandbox.misbehave(walk.shop.name, "lock_out")
    walk.arrive(channel, shop.shop)
    polled()

    # Some shops' webhooks bring the order itself; it is taken in whatever their API says.
    assert Order.objects.count() == (1 if walk.kind in ("shopify", "woocommerce") else 0)
    said = " ".join(ExceptionCase.objects.values_list("sentence", flat=True))
    assert "The job 'poll channel' failed: mine " in said
    assert "401" in said or "unauthorized" in said or "don't know this token" in said
    channel.refresh_from_db()
    assert channel.polled_until == before
    shop.sandbox.misbehave(walk.shop.name, "normal")
    polled()
    assert Order.objects.get().state == "released"


def test_throttled_for_an_hour_it_is_left_alone_and_nothing_is_lost(channel: Channel, walk: Walk, shop: Shop):
    shop.sandbox.misbehave(walk.shop.name, "too_many", seconds=3600)
    walk.arrive(channel, shop.shop)
    request_polls()
    work_it_off()
    asked = len(shop.requests)
    work_it_off()

    assert len(shop.requests) == asked
    assert not ExceptionCase.objects.exists()
    later = StepRun.objects.filter(state="due", step="poll_channel").values_list("due_at", flat=True)
    assert all(at > clock.now() + timedelta(minutes=50) for at in later)
    assert len(later) == 1
    shop.sandbox.misbehave(walk.shop.name, "normal")
    polled()
    assert Order.objects.get().state == "released"


_OTHERS: dict[str, Callable[[Any], None]] = {
    "shopify": lambda shop: setattr(shop.office, "domain", "other.myshopify.com"),
    "woocommerce": lambda shop: setattr(shop.office, "home", "https://other.example"),
    "bigcommerce": lambda shop: setattr(shop.office, "domain", "other.example"),
    "ebay": lambda shop: setattr(shop, "username", "somebody-else"),
    "etsy": lambda shop: setattr(shop, "shop_id", 7),
    "amazon": lambda shop: None,
}


def test_those_of_another_shop_do_not_get_in(client: Client, channel: Channel, walk: Walk, shop: Shop):
    _OTHERS[walk.kind](shop.shop)
    kept = _what_is_kept(channel)
    changed = {"settings.seller_id": "ASOMEBODYELSE"} if walk.kind == "amazon" else {}
    if walk.code and walk.kind != "amazon":
        page = give_access(client, walk, channel, "good again")
    else:
        page = press(client, channel, "credentials", **walk.fields(shop, **changed))

    assert f"and this channel is {walk.account}. Nothing was changed" in page
    assert _what_is_kept(channel) == kept


def test_those_that_allow_less_do_not_get_in(client: Client, channel: Channel, walk: Walk, shop: Shop):
    kept = _what_is_kept(channel)
    walk.lesser(shop)
    page = (
        give_access(client, walk, channel, "good again")
        if walk.code
        else press(client, channel, "credentials", **walk.fields(shop))
    )

    assert "nothing was changed." in page
    assert walk.lacks in page
    assert _what_is_kept(channel) == kept


def _what_is_kept(channel: Channel) -> tuple[object, ...]:
    row = Channel.objects.get(pk=channel.pk)
    token = ChannelToken.objects.filter(channel=row).first()
    return row.account, row.api_key, row.api_secret, row.settings, token.access_token if token else ""


OAUTH = {name: walk for name, walk in WALKS.items() if walk.kind in ("amazon", "ebay", "etsy")}


@pytest.mark.parametrize("walk", OAUTH.values(), ids=OAUTH.keys())
def test_access_that_can_not_be_renewed_is_said_on_the_page_and_given_again(
    client: Client, channel: Channel, walk: Walk, shop: Shop
):
    ChannelToken.objects.update(expires_at=clock.now() - timedelta(hours=1))
    shop.shop.refresh_tokens = {"another"}
    walk.arrive(channel, shop.shop)
    polled()

    assert not Order.objects.exists()
    assert ExceptionCase.objects.exists()
    page = client.get(reverse("console:channel", args=[channel.code])).content.decode()
    assert "Access could not be renewed" in page
    if walk.code:
        give_access(client, walk, channel, "good again")
    else:
        walk.sound(shop)
        press(client, channel, "credentials", refresh_token=walk.typed["refresh_token"])
    polled()
    assert Order.objects.get().state == "released"
    assert ChannelToken.objects.get().trouble == ""


SIGNING = {name: WALKS[name] for name in ("shopify", "woocommerce", "bigcommerce", "amazon, a public app")}


@pytest.mark.parametrize("walk", SIGNING.values(), ids=SIGNING.keys())
def test_the_secret_before_is_good_for_as_long_as_was_said(channel: Channel, walk: Walk, shop: Shop):
    old = channel.secret
    fresh = "whsec_" + "bmV3IHNlY3JldCBvZiB0aGUgdGVzdHM=" if walk.kind == "amazon" else "another-secret"
    rotate_channel_secret(channel.pk, secret=fresh, keep_days=1, actor=AGENT)
    clear_process_cache()
    channel.refresh_from_db()
    body = as_json({"id": 1, "scope": "store/order/updated", "data": {"type": "order", "id": 1}})

    assert [signed(channel, body, {}, secret=one).status_code for one in (old, fresh)] == [200, 200]
    Channel.objects.update(previous_until=clock.now() - timedelta(seconds=1))
    clear_process_cache()
    kept = InboxMessage.objects.count()
    assert [signed(channel, body, {}, secret=one).status_code for one in (old, "whsec_" + "bm9ib2R5J3M=")] == [401, 401]
    assert InboxMessage.objects.count() == kept


@pytest.mark.parametrize("walk", [WALKS["amazon, a public app"]], ids=["amazon"])
@pytest.mark.parametrize(("skew_s", "status"), [(-290, 200), (290, 200), (-320, 401), (320, 401)])
def test_a_relay_whose_clock_is_wrong_by_more_than_five_minutes_is_refused(
    channel: Channel, walk: Walk, shop: Shop, skew_s: int, status: int
):
    at = clock.now() + timedelta(seconds=skew_s)

    assert signed(channel, as_json(amazon_notification(1)), {}, at=at).status_code == status
    assert InboxMessage.objects.count() == (1 if status == 200 else 0)
