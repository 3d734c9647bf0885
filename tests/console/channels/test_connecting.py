"""A shop connected from the page: nothing half-connected, each step's failure in words, taken up again where it was left."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import Role
from apps.channels.models import Channel, InboxMessage, Verdict
from apps.channels.services.polling import request_polls
from apps.listings.models import CatalogImport, ChannelPlace
from apps.network.models import Node
from apps.orders.models import Hold, Order
from apps.outbound.models import Breaker
from tests.channels.fair_shop import FairShop, fair_order
from tests.console.conftest import LogIn
from tests.driving import work_it_off
from tests.factories import make_counted_stock, make_policy

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def client(log_in: LogIn) -> Client:
    return log_in(Role.OPERATIONS)


def begin(client: Client, kind: str = "fair", name: str = "The Fair") -> Channel:
    answer = client.post(reverse("console:channel_begin"), {"kind": kind, "name": name})
    assert answer.status_code == 302
    return Channel.objects.get(name=name)


def press(client: Client, channel: Channel, button: str, **fields: str) -> str:
    """What the page says after the button was pressed."""
    answer = client.post(reverse(f"console:channel_{button}", args=[channel.code]), fields, follow=True)
    channel.refresh_from_db()
    return answer.content.decode()


def type_in(client: Client, channel: Channel, fair: FairShop, key: str = "good") -> str:
    return press(client, channel, "credentials", base_url=fair.url, api_key=key)


def connected(client: Client, fair: FairShop, orders: str = "run") -> Channel:
    channel = begin(client)
    type_in(client, channel, fair)
    press(client, channel, "webhooks")
    press(client, channel, "later", step="catalog")
    press(client, channel, "later", step="places")
    press(client, channel, "live", orders=orders)
    return channel


def test_every_kind_of_channel_can_be_chosen_and_says_what_it_can_do(client: Client):
    page = client.get(reverse("console:channel_choose")).content.decode()

    assert "Shopify" in page
    assert "Shipments are reported with tracking" in page


def test_a_shop_is_connected_step_by_step_and_its_order_arrives(client: Client, fair: FairShop):
    make_policy()
    make_counted_stock(leeds={"A": 5})
    channel = begin(client)
    assert "Address of the shop" in client.get(reverse("console:channel_connect", args=[channel.code])).content.decode()

    page = type_in(client, channel, fair)
    assert "The Fair" in page
    assert "fair.example" in page
    assert "orders:write" in page
    assert (channel.account, channel.default_currency) == ("fair.example", "EUR")

    press(client, channel, "webhooks")
    assert {one["topic"] for one in fair.registered} == {"order-placed", "order-cancelled"}
    assert {one["secret"] for one in fair.registered} == {channel.secret}
    assert fair.registered[0]["address"].endswith(f"/hooks/fair/{channel.code}/")

    press(client, channel, "later", step="catalog")
    press(client, channel, "later", step="places")
    assert "The Fair is connected." in press(client, channel, "live", orders="run")
    assert fair.send(channel, fair_order()).status_code == 200
    page = client.get(reverse("console:channel_connect", args=[channel.code])).content.decode()
    assert "Waiting" in page
    work_it_off()

    page = client.get(reverse("console:channel_connect", args=[channel.code])).content.decode()
    assert "Accepted" in page
    assert reverse("console:order", args=[Order.objects.get().public_id]) in page


def test_until_it_is_live_it_takes_no_orders_asks_for_none_and_keeps_what_comes(client: Client, fair: FairShop):
    channel = begin(client)
    type_in(client, channel, fair)
    press(client, channel, "webhooks")

    assert fair.send(channel, fair_order()).status_code == 200
    work_it_off()
    assert request_polls() == 0
    assert Order.objects.count() == 0
    assert InboxMessage.objects.get().verdict == Verdict.WAITING

    for step in ("catalog", "places"):
        press(client, channel, "later", step=step)
    press(client, channel, "live", orders="run")
    work_it_off()
    assert Order.objects.get().external_id == "1"


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda shop: shop.keys.clear(), "The shop does not accept these credentials: it answered 401."),
        (lambda shop: shop.fail("GET /me", 500), "The shop gave no usable answer: answered 500."),
        (lambda shop: shop.fail("GET /me", 404), "There is no such shop at this address"),
        (lambda shop: shop.fail("GET /me", 429, Retry_After="600"), "The shop accepts no calls until"),
        (lambda shop: shop.keys.update(good=("orders:read",)), "These credentials lack what the channel needs."),
    ],
    ids=["wrong", "failing", "nobody there", "throttled", "under-scoped"],
)
def test_credentials_that_do_not_do_are_said_in_words_and_lead_no_further(
    client: Client, fair: FairShop, spoil: object, said: str
):
    channel = begin(client)
    spoil(fair)  # type: ignore[operator]

    page = type_in(client, channel, fair)

    assert said in page
    assert "credentials" not in channel.setup["done"]
    press(client, channel, "webhooks")
    press(client, channel, "live", orders="run")
    assert not channel.active
    # What was typed is not typed again: once the shop is right, trying again is enough.
    fair.keys["good"] = ("orders:read", "orders:write")
    fair.failures.clear()
    Breaker.objects.all().delete()
    press(client, channel, "check")
    assert "credentials" in channel.setup["done"]


def test_the_scope_that_is_missing_is_named(client: Client, fair: FairShop):
    fair.keys["good"] = ("orders:read",)

    page = type_in(client, begin(client), fair)

    assert "orders:write" in page
    assert "to report shipments" in page


def test_an_address_nobody_listens_at_and_one_that_may_not_be_called_are_said(client: Client, fair: FairShop):
    channel = begin(client)

    page = press(client, channel, "credentials", base_url="http://127.0.0.1:9", api_key="good")
    assert "The shop gave no usable answer" in page
    page = press(client, channel, "credentials", base_url="ftp://shop.example", api_key="good")
    assert "can&#x27;t be called" in page or "can’t be called" in page or "can&#39;t be called" in page


def test_a_secret_is_typed_again_where_it_would_go_to_another_address(client: Client, fair: FairShop):
    channel = begin(client)
    type_in(client, channel, fair)

    page = press(client, channel, "credentials", base_url="http://127.0.0.1:9")

    assert "Type what is missing: Key of the API." in page
    assert (channel.base_url, channel.api_key) == (fair.url, "good")


def test_secrets_are_shown_on_no_page(client: Client, fair: FairShop):
    fair.keys["a-key-to-hide"] = fair.keys["good"]
    channel = begin(client)

    page = type_in(client, channel, fair, "a-key-to-hide")

    assert "a-key-to-hide" not in page
    assert channel.api_key == "a-key-to-hide"


def test_a_registration_the_shop_broke_off_is_taken_up_with_the_same_secret(client: Client, fair: FairShop):
    channel = begin(client)
    type_in(client, channel, fair)
    fair.fail("POST /hooks", 500, after=True)

    assert "The shop gave no usable answer" in press(client, channel, "webhooks")
    assert "webhooks" not in channel.setup["done"]
    first = channel.secret
    Breaker.objects.all().delete()
    press(client, channel, "webhooks")

    assert "webhooks" in channel.setup["done"]
    assert [one["secret"] for one in fair.registered] == [first, first]


def test_left_in_the_middle_it_is_found_again_at_the_step_that_is_next(client: Client, fair: FairShop, log_in: LogIn):
    channel = begin(client)
    type_in(client, channel, fair)
    other = log_in(Role.ADMIN)

    assert "The Fair" in other.get(reverse("console:channel_choose")).content.decode()
    page = other.get(reverse("console:channel_connect", args=[channel.code])).content.decode()

    assert "Register them for me" in page


def test_new_orders_can_be_held_and_later_run(client: Client, fair: FairShop):
    make_policy()
    make_counted_stock(leeds={"A": 50})
    channel = connected(client, fair, orders="hold")
    fair.send(channel, fair_order(1))
    work_it_off()
    assert "New orders of this channel are held" in Hold.objects.get().note
    assert Order.objects.get().state == "received"

    press(client, channel, "holding", hold="off")
    fair.send(channel, fair_order(2))
    work_it_off()

    assert Hold.objects.count() == 1
    assert Order.objects.get(external_id="2").state == "released"


def test_the_same_shop_is_not_connected_twice(client: Client, fair: FairShop):
    connected(client, fair)
    again = begin(client, name="The Fair again")

    page = type_in(client, again, fair)

    assert "is connected already, as The Fair" in page
    assert (again.account, again.setup["done"]) == ("", {})


def test_the_address_of_a_live_channel_is_not_connected_twice_where_nobody_knows_whose_shop_it_is(
    client: Client, fair: FairShop
):
    live = connected(client, fair)
    Channel.objects.filter(pk=live.pk).update(account="", base_url=f"{fair.url.upper()}/")
    again = begin(client, name="The Fair again")

    page = type_in(client, again, fair)

    assert "is connected already, as The Fair" in page
    assert again.setup["done"] == {}


def test_given_up_it_is_gone_and_its_webhooks_are_refused(client: Client, fair: FairShop):
    channel = begin(client)
    type_in(client, channel, fair)
    press(client, channel, "webhooks")

    client.post(reverse("console:channel_give_up", args=[channel.code]))

    assert not Channel.objects.exists()
    assert fair.send(channel, fair_order()).status_code == 404


def test_given_up_with_messages_it_is_switched_off_without_its_credentials(client: Client, fair: FairShop):
    channel = begin(client)
    type_in(client, channel, fair)
    press(client, channel, "webhooks")
    fair.send(channel, fair_order())

    client.post(reverse("console:channel_give_up", args=[channel.code]))

    channel.refresh_from_db()
    assert (channel.active, channel.api_key, channel.secret) == (False, "", "")
    assert InboxMessage.objects.get().verdict == Verdict.IGNORED
    work_it_off()
    assert Order.objects.count() == 0


def test_a_live_channel_can_be_neither_given_up_nor_begun_again(client: Client, fair: FairShop):
    channel = connected(client, fair)

    assert "is not being connected any more" in press(client, channel, "give_up")
    press(client, channel, "live", orders="hold")

    assert channel.active
    assert channel.setup["hold_new"] is False


def test_a_needed_step_can_not_be_left_for_later(client: Client):
    channel = begin(client)

    assert "This step can’t be left for later." in press(client, channel, "later", step="credentials")
    assert channel.setup["done"] == {}


def test_a_channel_of_files_has_no_step_for_credentials(client: Client):
    channel = begin(client, kind="csv", name="Files")

    page = client.get(reverse("console:channel_connect", args=[channel.code])).content.decode()
    assert "What happens to new orders" in page
    press(client, channel, "live", orders="run")

    assert channel.active


@pytest.mark.parametrize(
    "button",
    [
        "credentials",
        "check",
        "webhooks",
        "secret",
        "places",
        "later",
        "live",
        "look",
        "give_up",
        "pause",
        "resume",
        "holding",
    ],
)
def test_no_button_works_for_who_may_not_set_channels_up(log_in: LogIn, client: Client, button: str):
    channel = begin(client)
    before = Channel.objects.values().get()

    answer = log_in(Role.AGENT).post(reverse(f"console:channel_{button}", args=[channel.code]))

    assert answer.status_code == 403
    assert Channel.objects.values().get() == before


def test_a_webhook_of_another_shop_of_the_same_app_is_refused_in_words(client: Client, fair: FairShop):
    channel = connected(client, fair)

    fair.send(channel, fair_order(1), account="stranger.example")
    fair.send(channel, fair_order(2), account="https://FAIR.example/")
    work_it_off()

    page = client.get(reverse("console:inbox")).content.decode()
    assert "it is from stranger.example, and this channel is connected to fair.example" in page
    assert Order.objects.get().external_id == "2"


def test_products_and_locations_are_read_and_matched_before_it_is_live(client: Client, fair: FairShop):
    make_counted_stock(leeds={"A": 5})
    Node.objects.filter(code="leeds").update(name="Leeds")
    channel = begin(client)
    press(client, channel, "places")
    assert not ChannelPlace.objects.exists()
    type_in(client, channel, fair)
    press(client, channel, "webhooks")

    client.post(reverse("console:catalog_import_start"), {"channel": channel.code})
    work_it_off()
    assert CatalogImport.objects.get().state == "ready"
    page = press(client, channel, "places")
    assert "Proposed; nobody has confirmed it yet." in page
    place = ChannelPlace.objects.get(external_id="L1")
    client.post(reverse("console:catalog_place", args=[place.pk]), {"node": "leeds"})
    place.refresh_from_db()

    assert place.node is not None
    assert not channel.active
