"""A till's receipt that can't be booked leads to what is wrong with it, and not to a mapping that never read it."""

from __future__ import annotations

import json

import pytest
from django.urls import reverse

from apps.accounts.models import Role
from apps.channels.models import Channel, InboxMessage, Verdict
from apps.channels.services.contract_samples import contract_of
from apps.channels.services.contracts import ensure_contracts
from tests.console.conftest import LogIn
from tests.factories import ChannelFactory

pytestmark = pytest.mark.django_db
UNKNOWN = {"path": "store", "problem": "there is no location leeds-store", "what_to_do": "Make the location."}
ROW = {"receipt": "1", "till": "T1", "store": "leeds-store", "sku": "A", "quantity": "1", "unit_price": "5.00"}


@pytest.fixture
def tills(db: None) -> Channel:
    ensure_contracts()
    return ChannelFactory(code="tills", kind="pos", name="Our stores", currencies=["GBP"])


def quarantined(channel: Channel, topic: str = "", **row: str) -> InboxMessage:
    return InboxMessage.objects.create(
        channel=channel,
        topic=topic,
        dedupe_key="k",
        body=json.dumps({"key": "1", "rows": [{**ROW, **row}]}).encode(),
        verdict=Verdict.QUARANTINED,
        reason="store: there is no location leeds-store",
        problems=[UNKNOWN],
    )


@pytest.mark.parametrize("topic", ["pos.sale", ""])
def test_a_sale_at_an_unknown_location_offers_the_location_and_no_mapping(log_in: LogIn, tills: Channel, topic: str):
    message, client = quarantined(tills, topic), log_in(Role.OPERATIONS)
    mapping = reverse("console:inbox_mapping", args=[message.public_id])

    page = client.get(reverse("console:inbox_message", args=[message.public_id])).content.decode()
    desk = client.get(reverse("console:quarantine")).content.decode()

    assert reverse("admin:network_node_add") in page
    assert reverse("admin:channels_channel_change", args=[tills.pk]) in page
    assert "there is no location leeds-store" in desk
    assert mapping not in page + desk
    assert client.get(mapping).url == reverse("console:inbox_message", args=[message.public_id])


@pytest.mark.parametrize(
    ("topic", "row", "contract"),
    [
        ("pos.sale", {}, "pos.sale"),
        ("pos.return", {}, "pos.return"),
        ("", {"sold_at": "2026-11-01T10:00:00Z"}, "pos.sale"),
        ("", {"returned_at": "2026-11-01T10:00:00Z"}, "pos.return"),
        ("created", {"sold_at": "2026-11-01T10:00:00Z", "receipt": ""}, "pos.sale"),
    ],
)
def test_the_contract_of_a_message_is_the_one_that_reads_it(
    tills: Channel, topic: str, row: dict[str, str], contract: str
):
    found = contract_of(quarantined(tills, topic, **row))

    assert found is not None
    assert found.contract == contract


def test_one_that_lacks_a_column_is_of_the_contract_it_lacks_the_least_of(tills: Channel):
    message = quarantined(tills, sold_at="2026-11-01T10:00:00Z")
    body = json.loads(bytes(message.body))
    del body["rows"][0]["quantity"]
    message.body = json.dumps(body).encode()

    found = contract_of(message)

    assert found is not None
    assert found.contract == "pos.sale"
