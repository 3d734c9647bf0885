"""Webhooks that a shop has switched off: seen on the channel's page, noticed by themselves, switched on again."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import Role
from apps.channels.models import Channel
from apps.channels.services.webhook_watch import lost_webhooks, request_webhook_checks
from apps.notifications.models import StaffNotice
from apps.orchestration.models import StepRun
from tests.channels.fair_shop import FairShop
from tests.console.channels.test_channel_page import page_of
from tests.console.channels.test_connecting import connected, press
from tests.console.conftest import LogIn
from tests.driving import work_it_off

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def client(log_in: LogIn) -> Client:
    return log_in(Role.OPERATIONS)


@pytest.fixture
def channel(client: Client, fair: FairShop) -> Channel:
    return connected(client, fair)


def test_webhooks_that_were_switched_off_are_shown_and_mended(client: Client, channel: Channel, fair: FairShop):
    fair.registered[0]["active"] = False
    page = client.get(reverse("console:channel_hooks", args=[channel.code])).content.decode()
    assert "Switched off by the shop" in page

    press(client, channel, "webhooks")

    assert [one["active"] for one in fair.registered] == [True, True]
    page = client.get(reverse("console:channel_hooks", args=[channel.code])).content.decode()
    assert "Switched off by the shop" not in page


def test_a_webhook_that_was_deleted_there_is_missed(client: Client, channel: Channel, fair: FairShop):
    del fair.registered[1]

    page = client.get(reverse("console:channel_hooks", args=[channel.code])).content.decode()

    assert "No longer there" in page


def look_at_webhooks() -> None:
    """What beat has done every hour."""
    request_webhook_checks()
    work_it_off()


def test_webhooks_that_were_switched_off_are_noticed_without_anybody_looking(
    client: Client, channel: Channel, fair: FairShop
):
    look_at_webhooks()
    assert not StaffNotice.objects.exists()
    fair.registered[0]["active"] = False
    del fair.registered[1]

    look_at_webhooks()
    look_at_webhooks()

    [notice] = StaffNotice.objects.all()
    assert notice.text.startswith("The Fair no longer sends webhooks: order-cancelled, order-placed.")
    assert notice.link == reverse("console:channel", args=[channel.code])
    assert "The shop no longer sends these webhooks: Order cancelled, Order placed." in page_of(client, channel)
    assert "Webhooks off" in client.get(reverse("console:channels")).content.decode()

    press(client, channel, "webhooks")
    assert "The shop no longer sends these webhooks" not in page_of(client, channel)
    fair.registered[0]["active"] = False
    look_at_webhooks()
    assert StaffNotice.objects.count() == 2


@pytest.mark.parametrize("state", ["paused", "off", "away"])
def test_shops_that_are_not_to_be_asked_or_do_not_answer_are_not_said_to_have_lost_their_webhooks(
    client: Client, channel: Channel, fair: FairShop, state: str
):
    fair.registered[0]["active"] = False
    if state == "paused":
        press(client, channel, "pause")
    elif state == "off":
        Channel.objects.update(active=False)
    else:
        fair.fail("GET /hooks", 500)

    look_at_webhooks()

    assert not StaffNotice.objects.exists()
    assert lost_webhooks(Channel.objects.get()) == []
    assert not StepRun.objects.filter(state="parked").exists()


def test_what_an_apps_own_settings_have_sent_is_in_no_list_and_not_missed(client: Client, channel: Channel):
    channel.setup["hooks"] |= {"topics": ["order-placed", "order-cancelled", "by-the-app"]}
    channel.save()

    look_at_webhooks()

    assert not StaffNotice.objects.exists()
    page = client.get(reverse("console:channel_hooks", args=[channel.code])).content.decode()
    assert "No longer there" not in page
