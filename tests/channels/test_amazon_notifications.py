"""Amazon: orders are announced to a queue, subscribed from here, and the relay of the how-to forwards them."""

from __future__ import annotations

import io
import json
import re
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client

from apps.channels.errors import NotConnected
from apps.channels.models import Channel, InboxMessage
from apps.channels.services.connecting import shop_of
from apps.channels.services.webhook_setup import can_register, ensure_secret, register_webhooks, webhook_address
from apps.channels.services.webhook_watch import standing_of
from orchestrator.sandbox.shops.amazon import Amazon
from tests.channels.amazon import QUEUE, amazon_channel, notification, number_of, tokens_from_sandbox
from tests.channels.simulated import Simulated, simulated
from tests.factories import AGENT

pytestmark = pytest.mark.django_db(transaction=True)
HOW_TO = Path(__file__).resolve().parents[2] / "docs/how-to/connect-amazon.md"


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulated[Amazon]]:
    tokens_from_sandbox(monkeypatch)
    with simulated(Amazon) as running:
        yield running


@pytest.fixture
def channel(shop: Simulated[Amazon]) -> Channel:
    return amazon_channel(shop.url, queue=QUEUE)


def register(channel: Channel) -> None:
    register_webhooks(channel.pk, actor=AGENT)


def made(shop: Simulated[Amazon]) -> list[str]:
    return [one.removeprefix("/notifications/v1") for one in shop.asked("POST") if "/notifications/" in one]


def test_the_queue_becomes_a_destination_and_the_subscription_goes_there_once(
    shop: Simulated[Amazon], channel: Channel
):
    register(channel)
    register(channel)

    channel.refresh_from_db()
    assert made(shop) == ["/destinations", "/subscriptions/ORDER_CHANGE"]
    assert [one["resource"]["sqs"]["arn"] for one in shop.shop.office.destinations.values()] == [QUEUE]
    assert standing_of(channel, shop_of(channel).hooks()).lost == []


def test_a_subscription_that_was_removed_is_noticed_and_made_again(shop: Simulated[Amazon], channel: Channel):
    register(channel)
    channel.refresh_from_db()
    shop.shop.office.switch_off("ORDER_CHANGE")

    assert standing_of(channel, shop_of(channel).hooks()).lost == ["ORDER_CHANGE"]
    register(channel)
    assert standing_of(channel, shop_of(channel).hooks()).lost == []


def test_without_a_queue_nothing_is_registered_and_amazon_is_not_asked(shop: Simulated[Amazon]):
    channel = amazon_channel(shop.url)

    assert not can_register(channel)
    assert list(shop_of(channel).hooks()) == []
    assert shop.requests == []


def test_a_queue_that_amazon_may_not_send_to_is_said_with_what_to_do(shop: Simulated[Amazon], channel: Channel):
    shop.shop.office.shut = {QUEUE}

    with pytest.raises(NotConnected) as refused:
        register(channel)

    assert "does not allow messages to be sent to it" in refused.value.sentence
    assert "437568002678" in refused.value.sentence
    assert not shop.shop.office.hooks


def test_a_subscription_that_goes_to_another_queue_is_left_alone_and_said(shop: Simulated[Amazon], channel: Channel):
    others = {"subscriptionId": "s", "notificationType": "ORDER_CHANGE", "payloadVersion": "1.0", "destinationId": "d"}
    shop.shop.office.hooks["s"] = dict(others)

    with pytest.raises(NotConnected, match="sends this to another queue"):
        register(channel)

    assert shop.shop.office.hooks == {"s": others}


def test_the_relay_of_the_how_to_forwards_what_amazon_sent(
    client: Client, shop: Simulated[Amazon], channel: Channel, monkeypatch: pytest.MonkeyPatch
):
    Channel.objects.update(secret="")
    secret = ensure_secret(channel.pk, actor=AGENT).secret
    monkeypatch.setenv("HOOK_URL", webhook_address(channel))
    monkeypatch.setenv("HOOK_SECRET", secret)
    answers = list[int]()

    def post(request: Any, timeout: float) -> io.BytesIO:
        answer = client.post(
            urlsplit(request.full_url).path, request.data, content_type="application/json", headers=dict(request.header_items())
        )  # fmt: skip
        answers.append(answer.status_code)
        return io.BytesIO(answer.content)

    monkeypatch.setattr(urllib.request, "urlopen", post)
    code = re.search(r"```python\n(.*?)```", HOW_TO.read_text(), re.DOTALL)
    assert code is not None
    relay: dict[str, Any] = {}
    exec(code.group(1), relay)
    relay["handler"]({"Records": [{"body": json.dumps(notification(1)), "messageId": "m-1"}]}, None)

    assert answers == [200]
    assert InboxMessage.objects.get().external_id == number_of(1)
