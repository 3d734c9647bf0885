"""The sandbox by itself: partners with a life of their own, shops that take confirmations, and moods."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from orchestrator.sandbox import Sandbox
from orchestrator.sandbox.partners import Life
from tests.driving import again, work_it_off
from tests.factories import make_order
from tests.partnering import make_partner, running_sandbox

PROJECT = Path(__file__).resolve().parents[2]


@pytest.mark.django_db(transaction=True)
def test_partners_live_their_own_life_and_call_back_over_http(live_server: Any):
    with running_sandbox(orderyard_url=live_server.url, life=Life(0.05, 0.2, 0.4)) as sandbox:
        make_partner(sandbox)
        order, until = make_order(), time.monotonic() + 30
        while again(order).state != "delivered" and time.monotonic() < until:
            work_it_off()
            time.sleep(0.05)
    assert again(order).state == "delivered"
    assert {status for _, status in sandbox.postman.responses} <= {200, 404}


def test_runs_as_a_server_of_its_own():
    command = [sys.executable, "-m", "orchestrator.sandbox", "--port", "0"]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1]
        try:
            assert httpx.get(url + "/").json()["sandbox"] == "up"
        finally:
            process.terminate()
        assert process.wait(10) == 0


def test_misbehaves_on_demand_over_http(sandbox: Sandbox):
    with httpx.Client(base_url=sandbox.url) as client:
        told = client.post("/_control", json={"partner": "acme", "mode": "fail", "times": 1})
        assert told.json()["moods"]["acme"]["times"] == 1
        key = {"Idempotency-Key": "k"}
        body = {"fulfillment_order": "ful_1", "lines": [{"line_id": "1", "sku": "A", "quantity": 1}]}
        answers = [client.post("/3pl/acme/fulfillment-orders", json=body, headers=key).status_code for _ in range(3)]
        assert answers == [500, 201, 200]
        assert client.get("/_control").json() == {"moods": {}}
        assert client.post("/_control", json={"partner": "acme", "mode": "sulk"}).status_code == 400
        assert [one["operation"] for one in client.get("/_seen").json()["3pl"]["requests"]] == ["submit"] * 3


def test_takes_confirmations_as_shopify_does(sandbox: Sandbox):
    order = {"id": 77, "updated_at": "2026-11-01T10:00:00Z", "line_items": [{"id": 5, "quantity": 2}]}

    def ask(document: str, **variables: Any) -> Any:
        body = {"query": document, "variables": variables}
        return client.post("/shopify/admin/api/2026-07/graphql.json", json=body).json()["data"]

    with httpx.Client(base_url=sandbox.url) as client:
        client.post("/_orders/shopify", json={"orders": [order]})
        listed = ask("query { orders(first: 5, query: \"updated_at:>='2026-10-01T00:00:00Z'\") { nodes { id } } }")
        assert [one["id"] for one in listed["orders"]["nodes"]] == ["gid://shopify/Order/77"]
        lines = "fulfillmentOrders(first: 1) { nodes { id lineItems(first: 9) { nodes { remainingQuantity } } } }"
        [open_one] = ask(f'query {{ order(id: "gid://shopify/Order/77") {{ {lines} }} }}')["order"][
            "fulfillmentOrders"
        ]["nodes"]
        assert open_one["lineItems"]["nodes"] == [{"remainingQuantity": 2}]
        create = (
            "mutation ($f: F!) { fulfillmentCreate(fulfillment: $f) { fulfillment { id } userErrors { message } } }"
        )
        group = {
            "lineItemsByFulfillmentOrder": [{"fulfillmentOrderId": open_one["id"]}],
            "trackingInfo": {"number": "T1"},
        }
        assert ask(create, f=group)["fulfillmentCreate"]["userErrors"] == []
        assert ask(create, f=group)["fulfillmentCreate"]["userErrors"]
        cancel = (
            'mutation { orderCancel(orderId: "gid://shopify/Order/77", reason: OTHER, restock: false) { job { id } } }'
        )
        assert ask(cancel)["orderCancel"]["job"]
        seen = client.get("/_seen").json()["shopify"]
    assert (seen["fulfillments"][0]["order_id"], seen["fulfillments"][0]["trackingInfo"]) == ("77", {"number": "T1"})


def test_takes_updates_and_notes_as_woocommerce_does(sandbox: Sandbox):
    orders = [{"id": n, "date_modified_gmt": f"2026-11-0{n}T10:00:00"} for n in (1, 2, 3)]
    with httpx.Client(base_url=sandbox.url) as client:
        client.post("/_orders/woo", json={"orders": orders})
        query = {"modified_after": "2026-11-01T10:00:00", "per_page": "1", "page": "2"}
        page = client.get("/woo/wp-json/wc/v3/orders", params=query)
        assert ([one["id"] for one in page.json()], page.headers["X-WP-TotalPages"]) == ([3], "2")
        updated = client.put("/woo/wp-json/wc/v3/orders/2", json={"status": "completed"})
        assert updated.json()["status"] == "completed"
        note = client.post("/woo/wp-json/wc/v3/orders/2/notes", json={"note": "Shipped", "customer_note": True})
        assert note.status_code == 201
        seen = client.get("/_seen").json()["woo"]
    assert (seen["updates"][0]["status"], seen["notes"][0]["note"]) == ("completed", "Shipped")
