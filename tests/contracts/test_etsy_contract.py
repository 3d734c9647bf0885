"""Whatever is asked of Etsy is as its published contract says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from apps.channels.framework.shop import Parcel, ShipmentReport
from apps.channels.framework.stock import Article, Figure
from apps.channels.services.connecting import shop_of
from orchestrator.sandbox.exchange import Request
from orchestrator.sandbox.shops.etsy import Etsy
from tests.channels.etsy import etsy_channel, etsy_receipt
from tests.channels.simulated import Simulated, simulated
from tests.contracts.openapi import Contract, contract_at, exchange_problems

pytestmark = pytest.mark.django_db(transaction=True)
_WORDS = {"true": True, "false": False}


@pytest.fixture
def contract(shared: Path) -> Contract:
    return contract_at(shared / "data/specs/etsy_v3_2023.openapi.yaml")


@pytest.fixture
def shop() -> Iterator[Simulated[Etsy]]:
    with simulated(Etsy) as running:
        yield running


def body_of(request: Request) -> Any:
    if "form" in request.headers.get("content-type", ""):
        return {name: _WORDS.get(word, word) for name, word in parse_qsl(request.body.decode())}
    return json.loads(request.body) if request.body else None


def everything(shop: Simulated[Etsy]) -> None:
    client = shop_of(etsy_channel(shop.url, settings={"reactivate": True}))
    for number in (1, 2):
        shop.shop.put(etsy_receipt(number))
    value = {
        "property_id": 100,
        "property_name": "Size",
        "scale_id": None,
        "scale_name": None,
        "value_ids": [1],
        "values": ["1"],
    }
    shop.shop.put_listing(11, [{"product_id": 101, "sku": "A", "quantity": 5, "property_values": [value]}])
    client.check_connection()
    shop.page_size = 1
    first = client.changed_orders("", datetime(2026, 10, 1, tzinfo=UTC), None, "")
    client.changed_orders("", datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC), first.next)
    box = Parcel("Royal Mail", "R1", "")
    client.report_shipment(ShipmentReport("shp_1", "3000000001", {"1": 2}, [box], complete=True), check_first=True)
    client.report_shipment(ShipmentReport("shp_2", "3000000002", {"1": 2}, [], complete=True), check_first=False)
    for available, shown in ((3, 5), (0, 3), (2, 0)):
        article = Article(external_id="11:101", code="A")
        assert client.send_stock([Figure(article=article, available=available, shown=shown, ref="r")])[0].taken
    client.read_stock([Article(external_id="11:101", code="A")])
    client.catalog_page("")


def test_every_request_is_as_the_contract_says(shop: Simulated[Etsy], contract: Contract):
    everything(shop)

    problems = []
    for request, response in shop.requests:
        path = request.path.removeprefix("/etsy")
        answer = json.loads(response.payload) if response.payload else None
        problems += exchange_problems(
            [contract], request.method, path, request.query, body_of(request), response.status, answer
        )
    assert problems == []
    assert len({(request.method, request.path) for request, _ in shop.requests}) >= 10


def test_what_the_simulated_shop_sends_is_what_a_receipt_is(contract: Contract):
    schema = {"$ref": "#/components/schemas/ShopReceipt"}

    assert contract.problems(schema, etsy_receipt(1)) == []
    assert list(contract.fields(schema, etsy_receipt(1))) == []
