"""eBay: notifications are registered from here, and what eBay has against it is said with what to do."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import settings

from apps.channels.errors import NotConnected
from apps.channels.models import Channel
from apps.channels.services.connecting import shop_of
from apps.channels.services.webhook_setup import register_webhooks, webhook_address
from apps.channels.services.webhook_watch import standing_of
from orchestrator.sandbox.shops.ebay import Ebay
from orchestrator.sandbox.shops.ebay.notifications import Notifications
from tests.channels.ebay import ebay_channel
from tests.channels.simulated import Simulated, simulated
from tests.console.channels.walks import answered
from tests.factories import AGENT

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop() -> Iterator[Simulated[Ebay]]:
    with simulated(Ebay) as running:
        running.shop.office.asks = answered
        yield running


@pytest.fixture
def channel(shop: Simulated[Ebay]) -> Channel:
    return ebay_channel(shop.url)


@pytest.fixture
def office(shop: Simulated[Ebay]) -> Notifications:
    return shop.shop.office


def register(channel: Channel) -> None:
    register_webhooks(channel.pk, actor=AGENT)


def writes(shop: Simulated[Ebay]) -> list[str]:
    """What was changed at eBay; tokens are not."""
    return [
        f"{one.method} {one.path.removeprefix('/ebay/commerce/notification/v1')}"
        for one, _ in shop.requests
        if one.method != "GET" and "/oauth2/" not in one.path
    ]


def test_a_verification_token_is_made_and_the_address_answers_with_it(
    shop: Simulated[Ebay], channel: Channel, office: Notifications
):
    Channel.objects.update(secret="")
    register(channel)

    channel.refresh_from_db()
    (destination,), (hook,) = office.destinations.values(), office.hooks.values()
    assert destination["deliveryConfig"] == {"endpoint": webhook_address(channel), "verificationToken": channel.secret}
    assert (hook["topicId"], hook["status"], hook["destinationId"]) == (
        "ORDER_CONFIRMATION", "ENABLED", destination["destinationId"],
    )  # fmt: skip
    assert channel.setup["hooks"]["listed"] == ["ORDER_CONFIRMATION"]


def test_registered_again_nothing_changes_that_is_right(shop: Simulated[Ebay], channel: Channel, office: Notifications):
    register(channel)
    assert writes(shop) == ["POST /destination", "POST /subscription"]
    register(channel)

    assert writes(shop) == ["POST /destination", "POST /subscription"]


def test_what_ebay_marked_down_is_lost_and_switched_on_again(
    shop: Simulated[Ebay], channel: Channel, office: Notifications
):
    register(channel)
    channel.refresh_from_db()
    office.switch_off("ORDER_CONFIRMATION")
    assert standing_of(channel, shop_of(channel).hooks()).lost == ["ORDER_CONFIRMATION"]

    register(channel)
    assert standing_of(channel, shop_of(channel).hooks()).lost == []
    assert writes(shop)[2:] == ["PUT /destination/d-1"]


def test_a_subscription_of_an_older_address_of_ours_comes_along(
    shop: Simulated[Ebay], channel: Channel, office: Notifications, monkeypatch: pytest.MonkeyPatch
):
    office.page_size = 1
    register(channel)
    monkeypatch.setitem(settings.ORDERYARD, "URL", "https://moved.example")
    register(channel)

    assert [one.address for one in shop_of(channel).hooks()] == ["https://moved.example/hooks/ebay/ebay/"]


def test_an_application_without_an_alert_address_is_given_ours(
    shop: Simulated[Ebay], channel: Channel, office: Notifications
):
    office.alert_email = ""
    with pytest.raises(NotConnected) as refused:
        register(channel)
    assert "no address of mail that eBay writes to" in refused.value.sentence
    assert "Type one as the alert address" in refused.value.sentence
    assert not office.destinations

    Channel.objects.update(settings={"alert_email": "ops@canary.example"})
    register(channel)
    assert office.alert_email == "ops@canary.example"
    assert office.hooks


REFUSALS = {
    "an address that eBay can't reach": (
        lambda office: setattr(office, "asks", lambda address: None),
        "Challenge verification failed for requested endpoint.",
        "eBay has to reach the address over HTTPS",
    ),
    "access given before notifications were asked for": (
        lambda office: setattr(office, "may_subscribe", False),
        "Insufficient permissions to fulfill the request.",
        "Give access again",
    ),
    "a topic that goes to another system": (
        lambda office: office.hooks.update(x={"subscriptionId": "x", "topicId": "ORDER_CONFIRMATION", "destinationId": "of others"}),
        "Subscription already exists.",
        "use an application of its own here",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("spoil", "why", "do"), REFUSALS.values(), ids=REFUSALS.keys())
def test_what_ebay_has_against_it_is_said_with_what_to_do(
    shop: Simulated[Ebay], channel: Channel, office: Notifications, spoil, why: str, do: str
):
    spoil(office)
    others = dict(office.hooks)

    with pytest.raises(NotConnected) as refused:
        register(channel)

    assert refused.value.sentence.startswith(f"The shop says: {why}")
    assert do in refused.value.sentence
    assert office.hooks == others
    assert "hooks" not in Channel.objects.get().setup


def test_a_verification_token_ebay_does_not_take_is_said(shop: Simulated[Ebay], channel: Channel):
    Channel.objects.update(secret="too short")

    with pytest.raises(NotConnected, match="32 to 80 letters, digits"):
        register(channel)
