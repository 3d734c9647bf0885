"""The addresses of shops and partners: guarded where they are typed, and a secret is never taken along to another one."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from apps.accounts.models import Role
from apps.channels.models import Channel
from apps.integrations.models import Partner
from tests.console.conftest import LogIn
from tests.factories import ChannelFactory

pytestmark = pytest.mark.django_db
NEW = "https://other.example"


def channel_fields(**changes: str) -> dict[str, Any]:
    return {
        "code": "shop", "name": "Shop", "kind": "woocommerce", "active": "on", "default_currency": "EUR",
        "price_tolerance_minor": "0.02", "priority": "100", "unusual_times": "20", **changes,
    }  # fmt: skip


def partner_fields(**changes: str) -> dict[str, Any]:
    inline = {f"nodes-{name}": value for name, value in (("TOTAL_FORMS", 0), ("INITIAL_FORMS", 0))}
    return {"code": "acme", "name": "Acme", "adapter": "http_3pl", "active": "on", **inline, **changes}


@pytest.mark.parametrize(
    "address",
    ["file:///etc/passwd", "http://169.254.169.254/", "https://me:pw@shop.example", "http://10.1.2.3", "ftp://x"],
)
def test_an_address_that_must_not_be_called_is_not_saved(log_in: LogIn, address: str):
    client = log_in(Role.OPERATIONS)

    for page, fields in (("channels_channel", channel_fields), ("integrations_partner", partner_fields)):
        answer = client.post(reverse(f"admin:{page}_add"), fields(base_url=address))
        assert answer.status_code == 200
        assert "can&#x27;t be called" in answer.content.decode()

    assert not Channel.objects.exists()
    assert not Partner.objects.exists()


def test_a_shop_on_this_machine_can_be_connected_in_the_embedded_run(log_in: LogIn):
    log_in(Role.OPERATIONS).post(
        reverse("admin:channels_channel_add"),
        channel_fields(base_url="http://localhost:8080", api_key="ck", api_secret="cs"),
    )

    assert Channel.objects.get().api_secret == "cs"


@pytest.mark.parametrize("typed", [{}, {"api_key": "new"}])
def test_a_shops_keys_are_typed_again_when_its_address_changes(log_in: LogIn, typed: dict[str, str]):
    client = log_in(Role.OPERATIONS)
    channel = ChannelFactory(
        code="shop", kind="woocommerce", base_url="https://shop.example", secret="sig", api_key="ck", api_secret="cs"
    )
    page = reverse("admin:channels_channel_change", args=[channel.pk])

    answer = client.post(page, channel_fields(base_url=NEW, **typed))

    assert "type this in again" in answer.content.decode()
    channel.refresh_from_db()
    assert (channel.base_url, channel.api_key) == ("https://shop.example", "ck")
    assert client.post(page, channel_fields(base_url=NEW, api_key="k2", api_secret="s2")).status_code == 302
    channel.refresh_from_db()
    # What the shop signs its webhooks with is not sent to it.
    assert (channel.base_url, channel.api_key, channel.api_secret, channel.secret) == (NEW, "k2", "s2", "sig")


def test_a_partners_token_is_typed_again_when_its_address_changes(log_in: LogIn):
    client = log_in(Role.OPERATIONS)
    partner = Partner.objects.create(code="acme", name="Acme", base_url="https://acme.example", token="t0ken")
    page = reverse("admin:integrations_partner_change", args=[partner.pk])

    assert "type this in again" in client.post(page, partner_fields(base_url=NEW)).content.decode()
    assert client.post(page, partner_fields(base_url="https://acme.example", name="Acme 2")).status_code == 302
    partner.refresh_from_db()
    assert (partner.base_url, partner.token, partner.name) == ("https://acme.example", "t0ken", "Acme 2")


def test_the_way_back_through_the_history_takes_no_secret_along_either(log_in: LogIn):
    client = log_in(Role.OPERATIONS)
    channel = ChannelFactory(code="shop", kind="woocommerce", base_url=NEW, api_key="ck", api_secret="cs")
    old = channel.history.first().history_id
    channel.base_url = "https://shop.example"
    channel.save()

    client.post(reverse("admin:channels_channel_simple_history", args=[channel.pk, old]), channel_fields(base_url=NEW))

    channel.refresh_from_db()
    assert channel.base_url == "https://shop.example"
