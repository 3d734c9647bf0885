"""Keys limited to channels or nodes: what is not theirs does not exist for them, and asking leaves a trace."""

from __future__ import annotations

from typing import Any

import pytest
from structlog.testing import capture_logs

from apps.casework.models import ExceptionCase
from apps.casework.services import Problem, open_case
from apps.fulfillment.models import FulfillmentOrder, Shipment
from apps.inventory.models import StockLevel, StockMovement
from apps.network.models import Node, NodeDowntime
from apps.orders.models import Hold, Order
from tests.api.front_door import order_body
from tests.api.released import its_fulfillment_order, released_order
from tests.factories import AGENT, ChannelFactory, make_order, make_stock

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shop")]


def not_theirs(answer: Any, log: list[Any]) -> bool:
    """Answered as if it did not exist, and noted."""
    noted = [entry for entry in log if entry["event"] == "foreign_object_requested"]
    return bool(answer.status_code == 404 and len(noted) == 1 and noted[0]["actor"].startswith("key:key_"))


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "orders/{order}", None),
        ("GET", "orders/{order}/timeline", None),
        ("GET", "orders/{order}/changes", None),
        ("GET", "orders/{order}/decision", None),
        ("PATCH", "orders/{order}", {"tags": ["mine"]}),
        ("POST", "orders/{order}/holds", {"reason": "manual"}),
        ("POST", "orders/{order}/holds/release", {"reason": "manual"}),
        ("POST", "orders/{order}/cancel", {"reason": "x"}),
        ("GET", "exceptions/{case}", None),
        ("POST", "exceptions/{case}/resolve", {"resolution": "x"}),
    ],
)
def test_bad_input_22_another_channels_order_is_404_noted_and_untouched(door, method, path, body):
    order = make_order(channel="theirs")
    problem = Problem(type="no_stock", subject_ref="x", sentence="x", order_id=order.pk, stream=order.public_id)
    case = open_case(problem, actor=AGENT)
    narrow = door(channels=["mine"])

    with capture_logs() as log:
        address = path.format(order=order.public_id, case=case.public_id)
        answer = narrow.send(method, address, body, key="k", match="*")

    assert not_theirs(answer, log)
    assert (Order.objects.get().tags, Order.objects.get().state) == ([], "received")
    assert not Hold.objects.exists()
    assert ExceptionCase.objects.get().state == "open"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("verb", ["", "/accept", "/reject", "/pick", "/pack", "/ship"])
def test_bad_input_22_another_nodes_work_is_404_noted_and_untouched(door, verb):
    row = its_fulfillment_order(released_order())
    bodies: dict[str, Any] = {
        "/reject": {"reason": "other"},
        "/pick": {},
        "/ship": {"external_id": "S", "parcels": [{}]},
    }
    store = door(nodes=["N9"])

    with capture_logs() as log:
        address = f"fulfillment-orders/{row.public_id}{verb}"
        answer = store.send("POST" if verb else "GET", address, bodies.get(verb), key="k")

    assert not_theirs(answer, log)
    assert FulfillmentOrder.objects.get().state == "accepted"
    assert store.get("fulfillment-orders").data["items"] == []


@pytest.mark.django_db(transaction=True)
def test_bad_input_22_another_nodes_shipment_is_404(api, door):
    row = its_fulfillment_order(released_order())
    ship = {"external_id": "S", "parcels": [{}]}
    shipment = api.post(f"fulfillment-orders/{row.public_id}/ship", ship).data["id"]
    store = door(nodes=["N9"])

    with capture_logs() as log:
        answer = store.post(f"shipments/{shipment}/delivered")

    assert not_theirs(answer, log)
    assert store.get("shipments").data["items"] == []
    assert Shipment.objects.get().state == "shipped"


@pytest.mark.django_db(transaction=True)
def test_a_store_sees_the_orders_that_have_work_there_and_only_its_own_part(api, door):
    make_stock(N2={"C": 5})
    split = released_order(lines={"A": 1, "C": 1})
    elsewhere = released_order(lines={"A": 1})
    store = door(nodes=["N2"])

    assert [one["id"] for one in store.get("orders").data["items"]] == [split.public_id]
    parts = store.get(f"orders/{split.public_id}").data["fulfillment_orders"]
    assert [part["node"] for part in parts] == ["N2"]
    assert len(api.get(f"orders/{split.public_id}").data["fulfillment_orders"]) == 2
    assert store.get(f"orders/{elsewhere.public_id}").status_code == 404


def test_another_nodes_stock_is_neither_seen_nor_counted(door):
    make_stock(N2={"C": 5})
    store = door(nodes=["N2"])
    items = [{"node": "N1", "sku": "A", "on_hand": 99}, {"node": "N2", "sku": "C", "on_hand": 7}]

    with capture_logs() as log:
        answer = store.post("inventory/levels/bulk", {"reason": "count", "items": items})

    assert [one["ok"] for one in answer.data["items"]] == [False, True]
    assert answer.data["items"][0]["code"] == "not_stocked"
    assert "foreign_object_requested" in [entry["event"] for entry in log]
    assert StockLevel.objects.get(node__code="N1", sku__code="A").on_hand == 10
    assert {one["node"] for one in store.get("inventory/levels").data["items"]} == {"N2"}
    assert store.get("inventory/levels/N1/A/movements").status_code == 404
    assert StockMovement.objects.filter(level__node__code="N1").count() == 0


def test_another_node_is_neither_read_nor_changed(door):
    store = door(nodes=["N9"])

    assert store.get("nodes").data["items"] == []
    assert store.get("nodes/N1").status_code == 404
    assert store.patch("nodes/N1", {"active": False}, match="*").status_code == 404
    assert store.post("nodes/N1/downtime", {"reason": "x"}).status_code == 404
    assert Node.objects.get().active
    assert not NodeDowntime.objects.exists()


def test_orders_for_another_channel_are_refused_as_if_it_did_not_exist(door):
    ChannelFactory(code="mine")
    narrow = door(channels=["mine"])

    with capture_logs() as log:
        answer = narrow.post("orders", order_body(channel="api"))
    assert not_theirs(answer, log)
    assert narrow.post("orders/bulk", {"channel": "api", "orders": [{}]}).status_code == 404
    assert not Order.objects.exists()
    assert [one["code"] for one in narrow.get("channels").data["items"]] == ["mine"]
    assert narrow.post("orders", order_body(channel="mine")).status_code == 201


def test_the_inbox_is_a_channels_affair(api, door):
    api.post("orders", order_body())
    ref = api.get("inbox").data["items"][0]["id"]

    assert len(door(channels=["api"]).get("inbox").data["items"]) == 1
    for narrow in (door(channels=["mine"]), door(nodes=["N1"])):
        assert narrow.get("inbox").data["items"] == []
        assert narrow.get(f"inbox/{ref}").status_code == 404


def test_asking_for_what_does_not_exist_is_no_security_matter(door):
    with capture_logs() as log:
        answer = door(channels=["mine"]).get("orders/ord_nosuch")

    assert answer.status_code == 404
    assert log == [] or "foreign_object_requested" not in [entry["event"] for entry in log]
