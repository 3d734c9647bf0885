"""Whatever is asked of eBay, and whatever the simulated eBay answers, is as eBay's published contracts say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from apps.channels.framework.shop import Parcel, ShipmentReport
from apps.channels.framework.stock import Article, Figure
from apps.channels.services.connecting import shop_of
from orchestrator.sandbox.shops.ebay import Ebay
from tests.channels.ebay import TOKEN, ebay_channel, ebay_item, ebay_order, number_of, signing_key
from tests.channels.simulated import Simulated, simulated
from tests.contracts.openapi import Contract, contract_at, exchange_problems

pytestmark = pytest.mark.django_db(transaction=True)
SPECS = (
    "ebay_sell_fulfillment_v1", "ebay_sell_inventory_v1", "ebay_post_order_cancellation", "ebay_commerce_notification_v1",
)  # fmt: skip


@pytest.fixture
def contracts(shared: Path) -> list[Contract]:
    return [contract_at(shared / f"data/specs/{name}.oas3.json") for name in SPECS]


@pytest.fixture
def shop() -> Iterator[Simulated[Ebay]]:
    with simulated(Ebay) as running:
        yield running


def everything(shop: Simulated[Ebay]) -> None:
    """Whatever the client can ask and report, refusals among it."""
    client = shop_of(ebay_channel(shop.url, alert_email="ops@canary.example"))
    shop.page_size = 1
    for number in (1, 2, 3):
        shop.shop.put(ebay_order(number))
    for sku in ("A", "B"):
        shop.shop.sell(sku, 1, offer=f"o{sku}")
    shop.shop.refusals = {"B": "No."}
    client.check_connection()
    first = client.changed_orders("", datetime(2026, 11, 2, tzinfo=UTC), None, "")
    client.changed_orders("", datetime(2026, 11, 2, tzinfo=UTC), None, first.next)
    client.whole_order(number_of(1))
    box = Parcel("Royal Mail", "R1", "", {"1": 2})
    client.report_shipment(ShipmentReport("shp_1", number_of(1), {"1": 2}, [box], complete=True), check_first=True)
    client.report_cancellation(number_of(2), check_first=False)
    asked = {"cancelRequestId": "77", "cancelRequestState": "REQUESTED", "cancelInitiator": "BUYER"}
    shop.orders[number_of(3)]["cancelStatus"] = {"cancelState": "IN_PROGRESS", "cancelRequests": [asked]}
    client.report_cancellation(number_of(3), check_first=False)
    articles = [Article(external_id=code, stock_id=f"o{code}", code=code) for code in ("A", "B", "C")]
    client.send_stock([Figure(article=one, available=3, shown=None, ref="r") for one in articles])
    client.read_stock(articles)
    client.catalog_page("")
    client.locations()
    signing_key(shop.shop)
    client.public_key(next(iter(shop.shop.keys)))
    shop.shop.office.alert_email, shop.shop.office.page_size = "", 1
    for host in ("old", "new"):
        client.register_hooks(f"https://{host}.example/hooks/ebay/ebay/", TOKEN)
    shop.shop.office.switch_off("ORDER_CONFIRMATION")
    client.register_hooks("https://new.example/hooks/ebay/ebay/", TOKEN)
    client.hooks()


def test_every_exchange_is_as_the_contracts_say(shop: Simulated[Ebay], contracts: list[Contract]):
    everything(shop)

    problems = []
    for request, response in shop.requests:
        path = request.path.removeprefix("/ebay")
        if path == "/identity/v1/oauth2/token":
            continue
        body = json.loads(request.body) if request.body else None
        answer = json.loads(response.payload) if response.payload else None
        problems += exchange_problems(contracts, request.method, path, request.query, body, response.status, answer)
    # The document says text of what eBay gives as an object (deliveryConfig), in lists alone.
    assert [one for one in problems if "deliveryConfig: {" not in one] == []
    assert len({(request.method, request.path) for request, _ in shop.requests}) > 20


def test_orders_of_the_tests_have_only_fields_that_ebay_knows(contracts: list[Contract]):
    schema = {"$ref": "#/components/schemas/Order"}
    order = ebay_order(1, lineItems=[ebay_item()])

    assert contracts[0].problems(schema, order) == []
    assert list(contracts[0].fields(schema, order)) == []
