"""Whatever is asked of Amazon, and whatever the simulated Amazon answers, is as Amazon's published contracts say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from apps.channels.errors import ShopWorking
from apps.channels.framework.contracts import shipped_contract
from apps.channels.framework.shop import Parcel, ShipmentReport
from apps.channels.framework.stock import Article, Figure
from apps.channels.mapping.engine import apply
from apps.channels.mapping.results import Mapped
from apps.channels.mapping.scope import MappingContext
from apps.channels.services.connecting import shop_of
from orchestrator.sandbox.shops.amazon import Amazon
from tests.channels.amazon import QUEUE, amazon_channel, amazon_order, notification, number_of, tokens_from_sandbox
from tests.channels.simulated import Simulated, simulated
from tests.contracts.openapi import Contract, contract_at, exchange_problems

pytestmark = pytest.mark.django_db(transaction=True)
SPECS = (
    "amazon_sp_orders_2026-01-01", "amazon_sp_ordersV0", "amazon_sp_tokens_2021-03-01", "amazon_sp_feeds_2021-06-30",
    "amazon_sp_listingsItems_2021-08-01", "amazon_sp_notifications",
)  # fmt: skip


@pytest.fixture
def contracts(shared: Path) -> list[Contract]:
    return [contract_at(shared / f"data/specs/{name}.swagger.json") for name in SPECS]


@pytest.fixture
def shop() -> Iterator[Simulated[Amazon]]:
    with simulated(Amazon) as running:
        yield running


def everything(shop: Simulated[Amazon]) -> None:
    """Whatever the client can ask and report, refusals among it."""
    client = shop_of(amazon_channel(shop.url, restricted_data_token=True, queue=QUEUE))
    shop.page_size = 1
    for number in (1, 2):
        shop.shop.put(amazon_order(number))
    for sku in ("A", "B"):
        shop.shop.sell(sku, 1)
    shop.shop.refusals = {"B": "No."}
    client.check_connection()
    first = client.changed_orders("", datetime(2026, 11, 2, tzinfo=UTC), None, "")
    client.changed_orders("", datetime(2026, 11, 2, tzinfo=UTC), None, first.next)
    client.whole_order(number_of(1))
    box = Parcel("Royal Mail", "R1", "", {"1": 2})
    client.report_shipment(ShipmentReport("shp_1", number_of(1), {"1": 2}, [box], complete=True), check_first=True)
    with pytest.raises(ShopWorking) as working:
        client.report_cancellation(number_of(2), check_first=False)
    client.result_of(working.value.ticket)
    articles = [Article(external_id=code, code=code) for code in ("A", "B", "C")]
    client.send_stock([Figure(article=one, available=3, shown=None, ref="r") for one in articles])
    client.read_stock(articles)
    client.catalog_page("")
    client.register_hooks("", "")
    client.hooks()


def test_every_exchange_is_as_the_contracts_say(
    shop: Simulated[Amazon], contracts: list[Contract], monkeypatch: pytest.MonkeyPatch
):
    tokens_from_sandbox(monkeypatch)
    everything(shop)

    problems = []
    for request, response in shop.requests:
        path = request.path.removeprefix("/amazon")
        if path.startswith(("/_documents", "/auth/")):
            continue
        body = json.loads(request.body) if request.body else None
        answer = json.loads(response.payload) if response.payload else None
        problems += exchange_problems(contracts, request.method, path, request.query, body, response.status, answer)
    assert problems == []
    assert len({(request.method, request.path) for request, _ in shop.requests}) > 12


def test_a_notification_of_the_tests_is_as_the_contract_says(shared: Path):
    schema = json.loads((shared / "data/specs/amazon_notif_OrderChangeNotification.schema.json").read_text())

    known = schema["examples"][0]
    ours = notification(1)
    assert set(ours) == set(known)
    assert ours["Payload"]["OrderChangeNotification"].keys() == known["Payload"]["OrderChangeNotification"].keys()
    assert [error.message for error in Draft7Validator(schema).iter_errors(known)] == []


def test_every_recorded_order_is_read_without_a_doubt(shared: Path):
    """Amazon's own samples of the Orders API 2026-01-01."""
    document, read = shipped_contract("amazon.order_2026"), {}
    for path in sorted((shared / "data/payloads/amazon").glob("orders_2026-01-01__*__200*.json")):
        response = json.loads(path.read_text())["response"]
        orders: list[dict[str, Any]] = response.get("orders") or [response["order"]]
        read |= {order["orderId"]: apply(document, order, MappingContext()) for order in orders}

    assert len(read) >= 5
    unread = {key: one for key, one in read.items() if not isinstance(one, Mapped) or one.holds}
    assert unread == {}
