"""Adapter, sandbox and callback door against the published 3PL contract."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from apps.integrations.adapters.http_3pl import callbacks
from apps.integrations.adapters.http_3pl.client import Http3pl
from apps.integrations.errors import CallbackNotUnderstood
from apps.integrations.framework.base import (
    Connection,
    Failed,
    Found,
    Missing,
    RateLimited,
    Refused,
    Stopped,
    Submitted,
    Unsure,
)
from orchestrator.sandbox import Sandbox
from tests.contracts.conftest import Validating
from tests.partnering import make_partner, submitted_order, taken

MESSAGE = {"fulfillment_order": "ful_1", "lines": [{"line_id": "1", "sku": "A", "quantity": 1}]}


def test_the_contract_is_a_document_others_can_use(contract: dict[str, Any]):
    for schema in contract["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    named = {part["$ref"] for part in contract["components"]["schemas"]["Callback"]["oneOf"]}
    assert named <= {f"#/components/schemas/{name}" for name in contract["components"]["schemas"]}


@pytest.mark.django_db(transaction=True)
def test_what_we_send_is_what_the_contract_says(sandbox: Sandbox, validating: Validating):
    make_partner(sandbox, stock={"A": 5, "B": 5})
    _, row = submitted_order(
        lines={"A": 2, "B": 1},
        shipping_address={
            "name": "Zoë Ångström",
            "line1": "Straße 1\n2. Hof",
            "city": "Leeds 東京",
            "postal_code": "LS1 1AA",
            "country": "GB",
        },
    )

    [theirs] = taken(sandbox, row)
    assert validating.problems(theirs.message, "FulfillmentOrderMessage") == []


def test_the_sandbox_answers_as_the_contract_says(sandbox: Sandbox, validating: Validating):
    url, headers = f"{sandbox.url}/3pl/acme/fulfillment-orders", {"Idempotency-Key": "ful_1"}
    with httpx.Client() as client:
        first = client.post(url, json=MESSAGE, headers=headers)
        again = client.post(url, json=MESSAGE, headers=headers)
        listed = client.get(url, params={"key": "ful_1"}).json()["fulfillment_orders"]
        reference = first.json()["reference"]
        stopped = client.post(f"{url}/{reference}/cancel", headers=headers)
        sandbox.misbehave("acme", "reject")
        refused = client.post(url, json=MESSAGE, headers=headers)
    assert (first.status_code, again.status_code, stopped.status_code, refused.status_code) == (201, 200, 200, 422)
    for answer in (first.json(), again.json(), *listed, stopped.json()):
        assert validating.problems(answer, "FulfillmentOrderRecord") == []
    assert again.json() == first.json()
    assert validating.problems(refused.json(), "Refusal") == []


def test_the_sandbox_calls_back_as_the_contract_says(sandbox: Sandbox, validating: Validating):
    adapter = Http3pl(Connection(f"{sandbox.url}/3pl/acme", ""))
    answer = adapter.submit(MESSAGE, key="ful_1")
    assert isinstance(answer, Submitted)
    for act in (sandbox.three_pl.accept, sandbox.three_pl.ship, sandbox.three_pl.deliver):
        act(answer.reference)

    bodies = [json.loads(message.body) for message in sandbox.postman.sent]
    assert [body["type"] for body in bodies] == ["fulfillment.accepted", "shipment.created", "shipment.delivered"]
    for body in bodies:
        assert validating.problems(body, "Callback") == []


ABOUT = {"fulfillment_order": "ful_1", "reference": "R1"}
CALLBACKS: list[dict[str, Any]] = [
    {"type": "fulfillment.accepted", "data": ABOUT},
    {"type": "fulfillment.rejected", "data": {**ABOUT, "reason": "no_stock"}},
    {"type": "fulfillment.rejected", "data": ABOUT},
    {"type": "fulfillment.rejected", "data": {**ABOUT, "reason": "No stock!"}},
    {"type": "shipment.created", "data": {**ABOUT, "shipment": "S", "parcels": [{}]}},
    {"type": "shipment.created", "data": {**ABOUT, "shipment": "S", "parcels": []}},
    {"type": "shipment.created", "data": {**ABOUT, "shipment": "", "parcels": [{}]}},
    {"type": "shipment.created", "data": {**ABOUT, "shipment": "S", "parcels": [{"tracking_url": "ftp://x"}]}},
    {"type": "shipment.created", "data": {**ABOUT, "shipment": "S", "parcels": [{"weight_g": 1.5}]}},
    {"type": "shipment.created", "data": {**ABOUT, "shipment": "S", "carrier": "x" * 65, "parcels": [{}]}},
    {
        "type": "shipment.created",
        "data": {**ABOUT, "shipment": "S", "parcels": [{"lines": [{"line_id": "1", "quantity": 0}]}]},
    },
    {"type": "shipment.delivered", "data": {**ABOUT, "shipment": "S"}},
    {"type": "shipment.delivered", "data": ABOUT},
    {"type": "shipment.failed", "data": {**ABOUT, "shipment": "S", "reason": "lost"}},
    {"type": "fulfillment.cancelled", "data": ABOUT},
    {"type": "fulfillment.cancelled", "data": {}},
    {"type": "cancel.refused", "data": {**ABOUT, "reason": "already_packed"}},
    {"type": "shipment.vanished", "data": ABOUT},
    {"data": ABOUT},
]


@pytest.mark.parametrize("body", CALLBACKS)
def test_the_door_understands_exactly_what_the_contract_allows(body: dict[str, Any], validating: Validating):
    allowed = not validating.problems(body, "Callback")

    if allowed:
        assert callbacks.parse(json.dumps(body).encode()).fulfillment_order == "ful_1"
    else:
        with pytest.raises(CallbackNotUnderstood):
            callbacks.parse(json.dumps(body).encode())


def test_the_adapter_reads_every_kind_of_answer(sandbox: Sandbox):
    adapter = Http3pl(Connection(f"{sandbox.url}/3pl/acme", "t0ken"))

    assert isinstance(adapter.look_up("ful_1"), Missing)
    submitted = adapter.submit(MESSAGE, key="ful_1")
    assert isinstance(submitted, Submitted)
    found = adapter.look_up("ful_1")
    assert isinstance(found, Found)
    assert found.reference == submitted.reference
    assert isinstance(adapter.cancel(submitted.reference, key="k"), Stopped)
    assert isinstance(adapter.cancel("unheard-of", key="k"), Refused)
    # The same key with another message says nothing about the first one being there; asking does.
    changed = {**MESSAGE, "note": "changed"}
    assert isinstance(adapter.submit(changed, key="ful_1"), Unsure)


@pytest.mark.parametrize(
    ("mode", "answer"),
    [
        ("reject", Refused(422, "no_stock")),
        ("fail", Failed(500, "answered 500")),
        ("garbage", Unsure(200, "unreadable answer")),
        ("lose_ack", Unsure(None, "RemoteProtocolError")),
    ],
)
def test_the_adapter_reads_every_kind_of_trouble(sandbox: Sandbox, mode: str, answer: object):
    sandbox.misbehave("acme", mode, times=1)

    assert Http3pl(Connection(f"{sandbox.url}/3pl/acme", "")).submit(MESSAGE, key="ful_1") == answer


def test_the_adapter_heeds_a_request_for_quiet(sandbox: Sandbox):
    sandbox.misbehave("acme", "too_many", seconds=120)

    assert isinstance(Http3pl(Connection(f"{sandbox.url}/3pl/acme", "")).submit(MESSAGE, key="ful_1"), RateLimited)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "http://[::1", "gopher://x", "nonsense", ""])
def test_an_address_nobody_answers_at_is_not_reached(url: str):
    answer = Http3pl(Connection(url, "")).submit(MESSAGE, key="ful_1")

    assert isinstance(answer, Failed)
    assert answer.status is None
