"""Access given on the vendor's page: bound to the session, the person and one answer; PKCE; never another shop's."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import Role
from apps.channels.models import Channel, ChannelToken
from apps.console.channels import access_views
from tests.channels.fair_shop import FairShop
from tests.console.channels.test_connecting import begin, press
from tests.console.conftest import LogIn

pytestmark = pytest.mark.django_db(transaction=True)
BACK = "/channels/access/"


@pytest.fixture
def client(log_in: LogIn) -> Client:
    return log_in(Role.OPERATIONS)


@pytest.fixture
def channel(client: Client, fair: FairShop) -> Channel:
    made = begin(client, kind="gate", name="The Gate")
    press(client, made, "credentials", base_url=fair.url, api_key="app", api_secret="s3cret")
    return made


def leave(client: Client, channel: Channel) -> dict[str, str]:
    """What the vendor's page is told."""
    answer = client.get(reverse("console:channel_access", args=[channel.code]))
    assert answer.status_code == 302
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}


def come_back(client: Client, channel: Channel, **params: str) -> str:
    answer = client.get(BACK, params, follow=True)
    channel.refresh_from_db()
    return answer.content.decode()


def test_access_is_given_there_and_shown_here(client: Client, channel: Channel, fair: FairShop):
    assert "credentials" not in channel.setup["done"]
    asked = leave(client, channel)
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"].endswith(BACK)
    assert asked["scope"] == "orders:read orders:write"
    fair.codes["c0de"] = asked["code_challenge"]

    page = come_back(client, channel, code="c0de", state=asked["state"])

    assert "Access was given." in page
    assert "credentials" in channel.setup["done"]
    assert channel.account == "fair.example"
    assert ChannelToken.objects.get().access_token == "token-1"
    assert "token-1" not in page


def test_an_answer_to_no_question_is_refused_and_so_is_its_repeat(client: Client, channel: Channel, fair: FairShop):
    fair.codes["c0de"] = "x"
    assert "This is no answer to what you asked the vendor." in come_back(client, channel, code="c0de", state="forged")
    asked = leave(client, channel)
    assert "This is no answer" in come_back(client, channel, code="c0de", state="forged")
    assert not ChannelToken.objects.exists()
    assert "c0de" in fair.codes
    # Whoever forges one does not end the question that was asked.
    fair.codes["c0de"] = asked["code_challenge"]
    assert "Access was given." in come_back(client, channel, code="c0de", state=asked["state"])
    assert "This is no answer" in come_back(client, channel, code="c0de", state=asked["state"])


def test_two_tabs_do_not_end_each_others_question(client: Client, channel: Channel, fair: FairShop):
    first, second = leave(client, channel), leave(client, channel)
    fair.codes |= {"one": first["code_challenge"], "two": second["code_challenge"]}

    assert "Access was given." in come_back(client, channel, code="one", state=first["state"])
    assert "Access was given." in come_back(client, channel, code="two", state=second["state"])


def test_another_persons_browser_can_not_finish_it(client: Client, channel: Channel, log_in: LogIn, fair: FairShop):
    asked = leave(client, channel)
    fair.codes["c0de"] = asked["code_challenge"]

    come_back(log_in(Role.ADMIN), channel, code="c0de", state=asked["state"])

    assert not ChannelToken.objects.exists()


def test_a_no_on_the_vendors_page_changes_nothing(client: Client, channel: Channel):
    asked = leave(client, channel)

    page = come_back(client, channel, error="access_denied", state=asked["state"])

    assert "Access was not given on the vendor’s page." in page
    assert not ChannelToken.objects.exists()


def test_a_code_the_vendor_refuses_is_said(client: Client, channel: Channel, fair: FairShop):
    asked = leave(client, channel)
    fair.codes["c0de"] = "the challenge of somebody else"

    page = come_back(client, channel, code="c0de", state=asked["state"])

    assert "The vendor did not accept the access that was given: it answered 400." in page
    assert not ChannelToken.objects.exists()


def test_who_comes_back_too_late_starts_again(client: Client, channel: Channel, monkeypatch: pytest.MonkeyPatch):
    asked = leave(client, channel)
    monkeypatch.setattr(access_views, "GOOD_FOR", timedelta(0))

    assert "It took longer than 20 minutes" in come_back(client, channel, code="c0de", state=asked["state"])


def test_whoever_was_logged_in_at_another_shop_does_not_move_a_live_channel(
    client: Client, channel: Channel, fair: FairShop
):
    asked = leave(client, channel)
    fair.codes["c0de"] = asked["code_challenge"]
    come_back(client, channel, code="c0de", state=asked["state"])
    Channel.objects.filter(pk=channel.pk).update(active=True, paused_at=None, setup={"state": "live"})
    fair.account = "other.example"
    asked = leave(client, channel)
    fair.codes["c0de2"] = asked["code_challenge"]

    page = come_back(client, channel, code="c0de2", state=asked["state"])

    assert "These credentials are of other.example" in page
    assert ChannelToken.objects.get().access_token == "token-1"


def test_access_to_a_shop_without_such_a_page_is_refused(client: Client):
    channel = begin(client, name="Pasted")

    page = client.get(reverse("console:channel_access", args=[channel.code]), follow=True).content.decode()

    assert "is not given on a page of the vendor" in page
