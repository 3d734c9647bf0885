"""Digital signatures of requests, which eBay asks for from sellers in the EU and the United Kingdom."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from apps.channels.errors import ShopRefused
from apps.channels.models import Channel
from apps.channels.services.connecting import shop_of
from orchestrator.sandbox.shops.ebay import Ebay
from tests.channels.ebay import ebay_channel, ebay_order, number_of
from tests.channels.simulated import Simulated, simulated

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop() -> Iterator[Simulated[Ebay]]:
    with simulated(Ebay) as running:
        yield running


@pytest.fixture
def channel(shop: Simulated[Ebay]) -> Channel:
    return ebay_channel(shop.url)


def signing(channel: Channel) -> tuple[str, Ed25519PrivateKey]:
    """A seller's key, as Key Management gave it, kept with the channel."""
    key = Ed25519PrivateKey.generate()
    shown = base64.b64encode(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())).decode()
    Channel.objects.update(signing_key=shown, settings=channel.settings | {"signing_jwe": "eyJ6aXAi.the-jwe"})
    channel.refresh_from_db()
    return "eyJ6aXAi.the-jwe", key


@pytest.mark.parametrize("buyer_asked", [True, False])
def test_a_cancellation_is_signed_where_the_seller_has_to_sign(
    shop: Simulated[Ebay], channel: Channel, buyer_asked: bool
):
    jwe, key = signing(channel)
    shop.shop.signers = {jwe: key.public_key()}
    shop.shop.put(ebay_order(1))
    if buyer_asked:
        asked = {"cancelRequestId": "77", "cancelRequestState": "REQUESTED", "cancelInitiator": "BUYER"}
        shop.orders[number_of(1)]["cancelStatus"] = {"cancelState": "IN_PROGRESS", "cancelRequests": [asked]}
    shop_of(channel).report_cancellation(number_of(1), check_first=False)

    assert shop.orders[number_of(1)]["cancelStatus"]["cancelState"] == "CANCELED"
    signed = [one.path for one, _ in shop.requests if "signature" in one.headers]
    assert len(signed) == 1
    assert signed[0].endswith("/approve" if buyer_asked else "/cancellation")


def test_without_a_signature_or_with_another_key_ebay_says_why_and_nothing_is_cancelled(
    shop: Simulated[Ebay], channel: Channel
):
    shop.shop.signers = {"eyJ6aXAi.the-jwe": Ed25519PrivateKey.generate().public_key()}
    shop.shop.put(ebay_order(1))
    for sign in (lambda: None, lambda: signing(channel)):
        sign()
        with pytest.raises(ShopRefused) as refused:
            shop_of(channel).report_cancellation(number_of(1), check_first=False)
        assert "Signature validation failed" in refused.value.sentence
    assert shop.shop.cancellations == []


def test_a_key_that_can_not_be_read_is_said_so_and_not_quoted(shop: Simulated[Ebay], channel: Channel):
    signing(channel)
    Channel.objects.update(signing_key="cHJpdmF0ZQ==")
    shop.shop.put(ebay_order(1))
    with pytest.raises(ShopRefused) as refused:
        shop_of(Channel.objects.get()).report_cancellation(number_of(1), check_first=False)

    assert "the private key of the digital signature can't be read" in refused.value.sentence
    assert "cHJpdmF0ZQ" not in refused.value.sentence
    assert shop.shop.cancellations == []
