"""Every kind of shop is connected from the page, from "Connect a shop" to a test order that arrived, against its simulated shop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from apps.accounts.models import Role
from apps.catalog.models import Sku
from apps.channels.models import Channel, ChannelToken
from apps.channels.services.file_drop import take_dropped
from apps.channels.services.uploading import receive_upload
from apps.channels.services.webhook_watch import lost_webhooks, request_webhook_checks
from apps.core import clock
from apps.listings.models import CatalogImport, ChannelPlace, Listing
from apps.notifications.models import StaffNotice
from apps.orchestration.models import StepRun
from apps.orders.models import Order
from apps.outbound.models import Breaker
from tests.api.front_door import Door, order_body
from tests.api.till import sale
from tests.channels.simulated import simulated
from tests.channels.test_file_drop import drop
from tests.channels.test_uploads import row, written
from tests.console.channels.test_connecting import begin, press
from tests.console.channels.walks import WALKS, Shop, Walk
from tests.console.conftest import LogIn
from tests.driving import work_it_off
from tests.factories import AGENT, make_counted_stock, make_key, make_policy

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


def page_of(client: Client, channel: Channel) -> str:
    """As somebody sees it who comes back to it."""
    return client.get(reverse("console:channel_connect", args=[channel.code]), follow=True).content.decode()


def is_at(client: Client, channel: Channel, step: str) -> bool:
    return f'<a href="?step={step}" aria-current="step">' in page_of(client, channel)


def give_access(client: Client, walk: Walk, channel: Channel, code: str = "good") -> str:
    """Over the vendor's page and back."""
    left = client.get(reverse("console:channel_access", args=[channel.code]))
    asked = parse_qs(urlsplit(left.headers["Location"]).query)
    answer = client.get("/channels/access/", {walk.code: code, "state": asked["state"][0]}, follow=True)
    channel.refresh_from_db()
    return answer.content.decode()


def connect(client: Client, walk: Walk, channel: Channel, shop: Shop, **changes: str) -> str:
    """The first step: what is typed, and access on the vendor's page where it is given there."""
    page = press(client, channel, "credentials", **walk.fields(shop, **changes))
    return give_access(client, walk, channel) if walk.code else page


def set_webhooks_up(client: Client, walk: Walk, channel: Channel) -> None:
    if walk.kind == "amazon" and not channel.secret:
        press(client, channel, "later", step="webhooks")
    else:
        press(client, channel, "webhooks")


def go_on(client: Client, walk: Walk, channel: Channel, step: str) -> str:
    if step == "webhooks":
        set_webhooks_up(client, walk, channel)
    elif step == "catalog":
        client.post(reverse("console:catalog_import_start"), {"channel": channel.code})
        work_it_off()
        press(client, channel, "later", step="catalog")
    elif step == "places":
        press(client, channel, "places")
        press(client, channel, "later", step="places")
    elif step == "orders":
        return press(client, channel, "live", orders="run")
    return ""


def nothing_is_half_connected(channel: Channel) -> bool:
    """Whatever was done so far, it takes nothing, sends nothing and changes nothing of the catalog."""
    channel.refresh_from_db()
    untouched = Sku.objects.count() == 1 and not Listing.objects.exists() and not Order.objects.exists()
    return untouched and not channel.active and channel.paused_at is not None and channel.is_connecting


def test_from_choosing_it_to_a_test_order_that_arrived(client: Client, walk: Walk, shop: Shop):
    assert walk.kind in client.get(reverse("console:channel_choose")).content.decode()
    channel = begin(client, kind=walk.kind, name="Mine")
    for step in walk.steps[:-1]:
        assert is_at(client, channel, step), step
        assert nothing_is_half_connected(channel)
        if step == "credentials":
            page = connect(client, walk, channel, shop)
            assert channel.account == walk.account, page
        else:
            go_on(client, walk, channel, step)

    assert channel.active
    answer = walk.arrive(channel, shop.shop)
    if answer is None:
        press(client, channel, "look")
    else:
        assert answer.status_code == 200
    work_it_off()
    page = page_of(client, channel)
    assert reverse("console:order", args=[Order.objects.get().public_id]) in page
    assert "Accepted" in page
    assert Order.objects.get().state == "released"


def test_a_wrong_key_is_said_and_leaves_nothing_behind(client: Client, walk: Walk, shop: Shop):
    channel = begin(client, kind=walk.kind, name="Mine")
    if walk.code:
        press(client, channel, "credentials", **walk.fields(shop))
        page = give_access(client, walk, channel, "a code of somebody else")
        assert "The vendor did not accept the access that was given: it answered 400." in page
    else:
        page = press(client, channel, "credentials", **walk.fields(shop, **walk.wrong))
        assert (
            "The shop does not accept these credentials" in page
            or "Give access again, or correct the credentials." in page
        )

    assert nothing_is_half_connected(channel)
    assert (channel.account, channel.setup["done"]) == ("", {})
    assert not ChannelToken.objects.exists()
    for button in ("webhooks", "places", "live"):
        press(client, channel, button, orders="run")
    assert nothing_is_half_connected(channel)
    assert not ChannelPlace.objects.exists()


def test_what_the_credentials_lack_is_named_and_given_later(client: Client, walk: Walk, shop: Shop):
    channel = begin(client, kind=walk.kind, name="Mine")
    walk.lesser(shop)

    page = connect(client, walk, channel, shop)

    assert "These credentials lack what the channel needs." in page
    assert walk.lacks in page
    assert "credentials" not in channel.setup["done"]
    assert nothing_is_half_connected(channel)
    walk.full(shop)
    press(client, channel, "check")
    assert "credentials" in channel.setup["done"]


TROUBLES = {
    "down": ("hang", "The shop gave no usable answer: no answer"),
    "broken": ("fail", "The shop gave no usable answer: answered 500"),
    "slow": ("slow", "The shop gave no usable answer: no answer: timeout"),
    "throttled": ("too_many", "The shop accepts no calls until"),
}
SECONDS = {"hang": 0.0, "slow": 5.0, "too_many": 600.0}


def hurry(pages: pytest.MonkeyPatch) -> None:
    """Pages wait a quarter of a second."""
    pages.setattr("apps.channels.services.asked_by_people.PAGE_S", 0.25)
    pages.setattr("apps.channels.services.oauth.PAGE_S", 0.25)
    pages.setattr("apps.outbound.client.LEAST_S", 0.01)


def test_a_shop_in_trouble_is_said_at_each_step_which_is_taken_up_again(
    client: Client, walk: Walk, shop: Shop, monkeypatch: pytest.MonkeyPatch
):
    """Slow, down, broken and throttled, before each step that asks the shop."""
    channel = begin(client, kind=walk.kind, name="Mine")
    for step in walk.steps[:-2]:
        for mode, said in TROUBLES.values():
            shop.sandbox.misbehave(walk.shop.name, mode, seconds=SECONDS.get(mode, 0.0))
            with monkeypatch.context() as pages:
                hurry(pages)
                page = _tried(client, walk, channel, shop, step)
            assert page is None or said in page, (step, mode)
            assert step not in channel.setup["done"]
            assert nothing_is_half_connected(channel)
            assert not ChannelPlace.objects.exists()
            _is_well(shop)
        _tried(client, walk, channel, shop, step)
        assert step in channel.setup["done"] or step in ("catalog", "places", "webhooks")
        if step not in channel.setup["done"]:
            press(client, channel, "later", step=step)
        assert not is_at(client, channel, step)
    assert "Mine is connected." in press(client, channel, "live", orders="run")


def _tried(client: Client, walk: Walk, channel: Channel, shop: Shop, step: str) -> str | None:
    """What the page says; None: the step asks the shop nothing."""
    if step == "credentials" and walk.code:
        typed = {} if channel.api_key else walk.fields(shop)
        press(client, channel, "credentials", **typed)
        return give_access(client, walk, channel)
    if step == "credentials":
        return press(client, channel, "credentials", **walk.fields(shop))
    if step == "webhooks":
        return None if walk.kind == "amazon" else press(client, channel, "webhooks")
    return press(client, channel, "places") if step == "places" else None


def _is_well(shop: Shop) -> None:
    shop.sandbox.misbehave(shop.shop.name, "normal")
    Breaker.objects.all().delete()


def test_a_catalog_that_could_not_be_read_changes_nothing_and_is_read_later(client: Client, walk: Walk, shop: Shop):
    channel = begin(client, kind=walk.kind, name="Mine")
    connect(client, walk, channel, shop)
    shop.sandbox.misbehave(walk.shop.name, "fail")
    client.post(reverse("console:catalog_import_start"), {"channel": channel.code})
    work_it_off()

    assert CatalogImport.objects.get().state == "reading"
    assert nothing_is_half_connected(channel)
    _is_well(shop)
    StepRun.objects.filter(state="due").update(due_at=clock.now())
    work_it_off()
    assert CatalogImport.objects.get().state == "ready"
    assert nothing_is_half_connected(channel)


REGISTERING = {name: walk for name, walk in WALKS.items() if name in ("shopify", "woocommerce", "bigcommerce", "ebay")}


@pytest.mark.parametrize("walk", REGISTERING.values(), ids=REGISTERING.keys())
def test_webhooks_whose_registration_got_lost_on_its_way_back_are_registered_once(
    client: Client, walk: Walk, shop: Shop
):
    channel = begin(client, kind=walk.kind, name="Mine")
    connect(client, walk, channel, shop)
    shop.sandbox.misbehave(walk.shop.name, "lose_ack", times=1, only="write")
    assert "gave no usable answer" in press(client, channel, "webhooks")
    assert "webhooks" not in channel.setup["done"]
    _is_well(shop)

    press(client, channel, "webhooks")

    topics = [
        next(hook[name] for name in ("topic", "scope", "topicId") if name in hook)
        for hook in shop.shop.office.hooks.values()
    ]
    assert sorted(topics) == sorted(channel.setup["hooks"]["topics"]) == sorted(set(topics))


@pytest.mark.parametrize("walk", REGISTERING.values(), ids=REGISTERING.keys())
def test_webhooks_that_the_vendor_switched_off_are_noticed_and_switched_on_again(
    client: Client, walk: Walk, shop: Shop
):
    channel = begin(client, kind=walk.kind, name="Mine")
    connect(client, walk, channel, shop)
    for step in walk.steps[1:-1]:
        press(client, channel, "webhooks") if step == "webhooks" else press(client, channel, "later", step=step)
    press(client, channel, "live", orders="run")
    topic = channel.setup["hooks"]["topics"][0]
    shop.shop.office.switch_off(topic)
    request_webhook_checks()
    work_it_off()

    assert topic in StaffNotice.objects.get().text
    press(client, channel, "webhooks")
    request_webhook_checks()
    work_it_off()
    assert lost_webhooks(Channel.objects.get()) == []
    assert StaffNotice.objects.count() == 1


# --- what is not called


@pytest.mark.parametrize("kind", ["api", "pos", "csv", "csv, a folder"])
def test_a_channel_that_is_not_called_is_connected_and_its_first_order_arrives(
    client: Client, kind: str, settings: Settings, tmp_path: Path
):
    channel = begin(client, kind=kind.partition(",")[0], name="Mine")
    assert is_at(client, channel, "orders")
    assert nothing_is_half_connected(channel)
    press(client, channel, "live", orders="run")

    settings.FILE_DROP_FOLDER = str(tmp_path)
    _ARRIVES[kind](channel, tmp_path)
    work_it_off()

    page = page_of(client, channel)
    assert Order.objects.exists()
    assert reverse("console:order", args=[Order.objects.get().public_id]) in page


def _post(channel: Channel, folder: Path) -> None:
    assert Door(make_key()).post("orders", order_body(channel=channel.code)).status_code == 201


def _sell(channel: Channel, folder: Path) -> None:
    answer = Door(make_key()).post("pos/sales", {"channel": channel.code, "sales": [sale()]}, key="")
    assert answer.data["items"][0]["outcome"] == "accepted"


def _upload(channel: Channel, folder: Path) -> None:
    receive_upload(channel.code, file_name="orders.csv", body=written(row("P-1")), actor=AGENT)


def _drop(channel: Channel, folder: Path) -> None:
    (folder / channel.code).mkdir()
    drop(folder / channel.code)
    take_dropped()


_ARRIVES: dict[str, Callable[[Channel, Path], None]] = {
    "api": _post,
    "pos": _sell,
    "csv": _upload,
    "csv, a folder": _drop,
}
