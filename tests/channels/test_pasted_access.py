"""Connecting shops whose vendors show a refresh token, and have names of their own for what others send in the address."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest

from apps.channels.errors import ChannelNotReady, NotConnected
from apps.channels.framework import registry
from apps.channels.models import Channel, ChannelToken
from apps.channels.services.checking import give_credentials
from apps.channels.services.oauth import new_ask, take_access, vendor_page
from orchestrator.sandbox.shops.amazon import Amazon
from orchestrator.sandbox.shops.ebay import Ebay
from tests.channels.amazon import MARKETPLACE, SELLER
from tests.channels.simulated import Simulated, simulated
from tests.factories import AGENT, ChannelFactory

pytestmark = pytest.mark.django_db(transaction=True)
BACK = "https://orders.example/console/channels/back"


@pytest.fixture
def amazon(monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulated[Amazon]]:
    adapter = registry.adapters()["amazon"]
    assert adapter.oauth is not None
    here = replace(adapter, oauth=replace(adapter.oauth, token_url="{base_url}/auth/o2/token"))
    known = {**registry.adapters(), "amazon": here}
    monkeypatch.setattr(registry, "_found", lambda _: known)
    with simulated(Amazon) as running:
        running.shop.tokens, running.shop.refresh_tokens = {"nobody's"}, {"Atzr-pasted"}
        yield running


def typed(shop: Simulated[Amazon], **changes: str) -> dict[str, str]:
    return {
        "base_url": shop.url, "api_key": "app", "api_secret": "s", "settings.seller_id": SELLER,
        "settings.marketplace_id": MARKETPLACE, "refresh_token": "Atzr-pasted",
    } | changes  # fmt: skip


def test_a_pasted_refresh_token_is_tried_and_kept_with_the_settings(amazon: Simulated[Amazon]):
    channel = ChannelFactory(kind="amazon", base_url="", api_key="", api_secret="", settings={"seller_id": "", "x": 1})
    give_credentials(channel.pk, typed=typed(amazon), actor=AGENT)

    channel.refresh_from_db()
    assert channel.settings == {"seller_id": SELLER, "marketplace_id": MARKETPLACE, "x": 1}
    assert (channel.account, channel.setup["report"]["currency"]) == (f"{SELLER} {MARKETPLACE}", "GBP")
    token = ChannelToken.objects.get()
    assert token.refresh_token == "Atzr-pasted"
    assert token.access_token in amazon.shop.tokens


def test_a_refresh_token_that_is_not_taken_changes_nothing(amazon: Simulated[Amazon]):
    channel = ChannelFactory(kind="amazon", base_url="", api_key="", api_secret="")
    with pytest.raises(NotConnected):
        give_credentials(channel.pk, typed=typed(amazon, refresh_token="Atzr-other"), actor=AGENT)
    with pytest.raises(ChannelNotReady) as missing:
        give_credentials(channel.pk, typed=typed(amazon, **{"settings.seller_id": ""}), actor=AGENT)

    assert "Seller ID" in missing.value.sentence
    assert Channel.objects.get().settings == channel.settings
    assert not ChannelToken.objects.exists()


def test_amazons_page_is_told_the_application(amazon: Simulated[Amazon]):
    channel = ChannelFactory(kind="amazon", api_key="app", settings={"application_id": "amzn1.sellerapps.app.1"})
    asked = parse_qs(urlsplit(vendor_page(channel, new_ask(channel), redirect_uri=BACK)).query)

    assert asked["application_id"] == ["amzn1.sellerapps.app.1"]


def test_ebay_is_told_its_own_name_for_our_address_both_times():
    with simulated(Ebay) as shop:
        channel = ChannelFactory(
            kind="ebay", base_url=shop.url, api_key="app", api_secret="cert", settings={"ru_name": "Harbour-Pine-1"}
        )
        asked = parse_qs(urlsplit(vendor_page(channel, new_ask(channel), redirect_uri=BACK)).query)
        take_access(channel.pk, code="v^1", redirect_uri=BACK, verifier="", actor=AGENT)

        sent = parse_qs(next(request.body.decode() for request, _ in shop.requests if "oauth2" in request.path))
    assert asked["redirect_uri"] == sent["redirect_uri"] == ["Harbour-Pine-1"]
    assert ChannelToken.objects.get(channel=channel).access_token
