"""Whatever is asked of BigCommerce, and whatever the simulated one answers, is as BigCommerce's published contracts say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from apps.channels.framework.contracts import shipped_contract
from apps.channels.framework.shop import OrderNote, Parcel, ShipmentReport
from apps.channels.framework.stock import Article, Figure
from apps.channels.mapping.engine import apply
from apps.channels.mapping.results import Ignored, Mapped
from apps.channels.mapping.scope import MappingContext
from apps.channels.services.connecting import shop_of
from orchestrator.sandbox.shops.bigcommerce import BigCommerce
from tests.channels.bigcommerce import bigcommerce_channel, bigcommerce_line, bigcommerce_order, named
from tests.channels.simulated import Simulated, simulated
from tests.contracts.openapi import Contract, contract_at, exchange_problems

pytestmark = pytest.mark.django_db(transaction=True)
SPECS = {
    "v2": ["bigcommerce_orders.v2.oas2"],
    "v3": ["bigcommerce_webhooks.v3", "bigcommerce_inventory.v3", "bigcommerce_locations.v3", "bigcommerce_catalog_variants.v3"],
}  # fmt: skip
# In none of the contracts that we have.
# Of consignments, which are either their address or what stands there, and no field tells which.
AMBIGUOUS = "is valid under each of {'$ref': '#/components/schemas/orderConsignment_Get'}, {'$ref': '#/components/schemas/orderConsignments_Resource'}"
UNKNOWN = {"/v2/store", "/v3/catalog/products"}


@pytest.fixture
def contracts(shared: Path) -> dict[str, list[Contract]]:
    folder = shared / "data/specs"
    return {version: [contract_at(folder / f"{name}.yml") for name in names] for version, names in SPECS.items()}


@pytest.fixture
def server() -> Iterator[Simulated[BigCommerce]]:
    with simulated(BigCommerce) as running:
        yield running


def everything(server: Simulated[BigCommerce]) -> None:
    """Whatever the client can ask and report."""
    # A list of none is not foreseen.
    hook = {
        "id": 1,
        "scope": "store/cart/created",
        "destination": "https://other.example/",
        "is_active": True,
        "headers": {},
    }
    server.shop.office.hooks[1] = hook
    client, since = shop_of(bigcommerce_channel(server.url)), datetime(2026, 11, 2, tzinfo=UTC)
    server.page_size = 1
    for number in (1, 2, 3):
        server.shop.put(bigcommerce_order(number))
    rows = [server.shop.shelf.put({"sku": sku, "available": 1}) for sku in ("A", "B")]
    client.check_connection()
    first = client.changed_orders("", since, None, "")
    client.changed_orders("", since, since, first.next)
    client.whole_order("1"), client.whole_order("99")
    client.missing_orders(["1", "2", "99"])
    box = Parcel("Royal Mail", "R1", "https://track.example/R1", {"11": 2})
    client.report_shipment(ShipmentReport("shp_1", "1", {"11": 2}, [box], complete=True), check_first=True)
    client.report_cancellation("2", check_first=False)
    client.add_note(OrderNote("evt_1", "3", "Cancelled: 1 x Thing.", complete=True), check_first=False)
    articles = [Article(external_id=str(one["id"])) for one in rows]
    client.send_stock([Figure(article=one, available=3, shown=None, ref="r") for one in articles])
    client.read_stock(articles)
    client.catalog_page("")
    client.locations()
    for secret in ("one", "another"):
        client.register_hooks("https://orders.example/hooks/bigcommerce/big/", secret)


def test_every_exchange_is_as_the_contracts_say(server: Simulated[BigCommerce], contracts: dict[str, list[Contract]]):
    everything(server)

    problems: list[str] = []
    for request, response in server.requests:
        path = request.path.removeprefix("/bigcommerce")
        version, _, rest = path.lstrip("/").partition("/")
        # An empty list of version 2 is answered with nothing; a probe of what the token may is answered with a refusal.
        if path in UNKNOWN or response.status in (204, 404, 422):
            continue
        # The direction stands behind the field, as the contract says in words only.
        query = {name: text.removesuffix(":asc") for name, text in request.query.items()}
        body = json.loads(request.body) if request.body else None
        answer = json.loads(response.payload)
        problems += exchange_problems(
            contracts[version], request.method, f"/{rest}", query, body, response.status, answer
        )
    assert [one for one in problems if not one.endswith(AMBIGUOUS)] == []
    assert len({(request.method, request.path) for request, _ in server.requests}) > 15


def test_a_webhook_of_the_tests_has_the_fields_of_a_recorded_one(shared: Path):
    text = (shared / "data/specs/bigcommerce_webhooks.v3.yml").read_text()

    assert {name for name in named(1) if f"{name}:" not in text and f"`{name}`" not in text} <= {
        "store_id", "producer", "hash",
    }  # fmt: skip


def test_the_orders_that_the_contract_shows_are_read_once_they_are_joined(contracts: dict[str, list[Contract]]):
    document = shipped_contract("bigcommerce.order")
    (orders,) = contracts["v2"]
    shown: dict[str, Any] = orders.whole({"$ref": "#/components/responses/order_Resp"})["content"]["application/json"][
        "examples"
    ]
    read = {}
    for name, example in shown.items():
        order = example["value"]
        total = order["subtotal_inc_tax"]
        line = bigcommerce_line(1, quantity=order["items_total"] or 1, total_inc_tax=total)
        joined = order | {"products": [line], "consignments": order.get("consignments") or {}}
        read[name] = apply(document, joined, MappingContext())

    assert len(read) >= 2
    assert {name: one for name, one in read.items() if not isinstance(one, Mapped | Ignored)} == {}
