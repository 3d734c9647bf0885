"""A channel's webhook secret is changed on its page: shown once, the old one good for a while."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from apps.accounts.models import Role
from apps.channels.models import Channel
from apps.core import clock
from tests.console.conftest import LogIn
from tests.factories import ChannelFactory

pytestmark = pytest.mark.django_db


def address(channel: Channel) -> str:
    return reverse("admin:channels_channel_rotate", args=[channel.pk])


def test_a_made_secret_is_shown_once_and_the_old_one_is_good_for_a_week(log_in: LogIn):
    channel, client = ChannelFactory(woocommerce=True), log_in(Role.OPERATIONS)

    answer = client.post(address(channel), {"secret": "", "keep_days": "7"})

    shown = re.search(r'<code class="breaks">([^<]+)</code>', answer.content.decode())
    row = Channel.objects.get()
    assert shown is not None
    assert (row.secret, row.previous_secret) == (shown[1], "s3cret")
    assert row.previous_until is not None
    assert timedelta(days=6) < row.previous_until - clock.now() <= timedelta(days=7)
    assert "no-store" in answer["Cache-Control"]
    page = client.get(reverse("admin:channels_channel_change", args=[channel.pk])).content.decode()
    assert shown[1] not in page
    assert "s3cret" not in page


def test_a_secret_the_shop_made_is_pasted(log_in: LogIn):
    channel = ChannelFactory(shopify=True)

    log_in(Role.OPERATIONS).post(address(channel), {"secret": "shpss_0123456789", "keep_days": "1"})

    assert Channel.objects.get().secret == "shpss_0123456789"


@pytest.mark.parametrize("secret", ["short", "the-old-one-itself"])
def test_a_secret_that_is_none_is_refused_and_nothing_changes(log_in: LogIn, secret: str):
    channel = ChannelFactory(shopify=True, secret="the-old-one-itself")

    answer = log_in(Role.OPERATIONS).post(address(channel), {"secret": secret, "keep_days": "1"})

    row = Channel.objects.get()
    assert "The secret was not changed" in answer.content.decode()
    assert (row.secret, row.previous_secret, row.previous_until) == ("the-old-one-itself", "", None)


def test_a_channel_without_webhooks_has_no_secret_to_change(log_in: LogIn):
    channel = ChannelFactory(code="files", kind="csv")

    answer = log_in(Role.OPERATIONS).post(address(channel), {"secret": "", "keep_days": "1"})

    assert "its orders do not come as webhooks" in answer.content.decode()
    assert Channel.objects.get().secret == "s3cret"


def test_only_who_sets_channels_up_changes_their_secret(log_in: LogIn):
    channel = ChannelFactory(shopify=True)

    assert log_in(Role.LEAD).post(address(channel), {"secret": "", "keep_days": "1"}).status_code == 403
    assert Channel.objects.get().secret == "s3cret"
