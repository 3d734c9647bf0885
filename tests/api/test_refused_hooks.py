"""Webhooks with wrong signatures are seen by operators, and fill no table whoever sends them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import Role
from apps.channels.models import InboxMessage
from apps.core import clock, refused_webhooks
from apps.core.models import RefusedHook
from apps.integrations.models import Partner
from tests.console.conftest import LogIn, _quick_passwords, log_in
from tests.factories import ChannelFactory

__all__ = ["_quick_passwords", "log_in"]
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_waits() -> Iterator[None]:
    refused_webhooks._waiting.clear()
    yield
    refused_webhooks._waiting.clear()


def send(
    code: str = "shop", signature: str = "d3Jvbmc=", topic: str = "orders/create", remote: str = "203.0.113.9"
) -> int:
    headers = {"X-Shopify-Topic": topic, **({"X-Shopify-Hmac-Sha256": signature} if signature else {})}
    return (
        Client()
        .post(f"/hooks/shopify/{code}/", b"{}", content_type="application/json", headers=headers, REMOTE_ADDR=remote)
        .status_code
    )


def test_an_operator_sees_them_on_the_channels_page_and_in_the_inbox_with_what_to_check(log_in: LogIn):
    channel = ChannelFactory(code="shop", name="Shop UK", kind="shopify", secret="right-secret")
    client = log_in(Role.OPERATIONS)

    assert send() == 401

    for page in (reverse("admin:channels_channel_change", args=[channel.pk]), reverse("console:inbox")):
        text = client.get(page).content.decode()
        assert "Refused once" in text
        assert "orders/create" in text
        assert "203.0.113.9" in text
        assert "Copy the secret from" in text
    assert not InboxMessage.objects.exists()


@pytest.mark.parametrize(("changes", "secret", "advice"), [
    ({"signature": ""}, "right-secret", "not signed at all"),
    ({}, "", "No secret is set here"),
])  # fmt: skip
def test_each_reason_has_its_own_advice(changes: dict[str, str], secret: str, advice: str):
    ChannelFactory(code="shop", kind="shopify", secret=secret)

    send(**changes)

    assert advice in refused_webhooks.refused_of("channel:shop")[0].advice


def test_a_partners_callbacks_too(log_in: LogIn):
    partner = Partner.objects.create(code="acme", name="Acme", base_url="https://acme.example", secret="right")

    answer = Client().post("/hooks/3pl/acme/", b"{}", content_type="application/json", REMOTE_ADDR="203.0.113.9")

    assert answer.status_code == 401
    page = log_in(Role.OPERATIONS).get(reverse("admin:integrations_partner_change", args=[partner.pk]))
    assert "Refused once" in page.content.decode()


def test_a_flood_is_one_row_and_one_write_a_second(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(refused_webhooks, "WRITE_EVERY_S", 3_600)
    ChannelFactory(code="shop", kind="shopify", secret="right-secret")
    send()
    for number in range(50):
        send(topic=f"made/up/{number}", remote=f"198.51.100.{number}")

    assert RefusedHook.objects.get().count == 1
    monkeypatch.setattr(refused_webhooks, "WRITE_EVERY_S", 0)
    send(topic="t" * 500)
    row = RefusedHook.objects.get()
    assert (row.count, row.topic) == (52, "t" * 64)


def test_a_sender_that_does_not_exist_leaves_nothing():
    for number in range(5):
        assert send(code=f"made-up-{number}") == 404

    assert not RefusedHook.objects.exists()
    assert refused_webhooks._waiting == {}


def test_after_thirty_quiet_days_it_is_forgotten_and_counted_from_one_again(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(refused_webhooks, "WRITE_EVERY_S", 0)
    ChannelFactory(code="shop", kind="shopify", secret="right-secret")
    send()
    send()
    with clock.moved(timedelta(days=31)):
        assert refused_webhooks.refused_of("channel:shop") == []
        send()
        assert refused_webhooks.refused_of("channel:shop")[0].count == 1
