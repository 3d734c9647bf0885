"""Nodes, channels and SKUs."""

from __future__ import annotations

import pytest

from apps.catalog.models import Sku, SkuAlias
from apps.catalog.selectors import resolve_codes
from apps.core.models import Event
from apps.network.models import Node, NodeDowntime
from tests.api.front_door import codes
from tests.driving import again, work_it_off
from tests.factories import make_order

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shop")]


def node() -> Node:
    return Node.objects.get(code="N1")


def test_a_node_is_changed_under_the_etag_that_was_read(api):
    etag = api.get("nodes/N1").headers["ETag"]

    answer = api.patch("nodes/N1", {"active": False, "cutoff": "14:30:00", "capacity_per_day": 0}, match=etag)

    assert answer.status_code == 200, answer.content
    assert (answer.data["active"], answer.data["cutoff"], answer.data["capacity_per_day"]) == (False, "14:30:00", 0)
    assert answer.headers["ETag"] == '"2"'
    assert Event.objects.get(name="node.changed").data == {"changed": ["active", "capacity_per_day", "cutoff"]}
    assert node().history.count() == 2 or node().history.filter(active=False).exists()


@pytest.mark.parametrize(("match", "status"), [("", 428), ('"9"', 412)])
def test_bad_input_24_a_node_is_not_changed_unseen(api, match, status):
    answer = api.patch("nodes/N1", {"active": False}, match=match)

    assert answer.status_code == status
    assert node().active


@pytest.mark.parametrize("field", ["id", "code", "version", "country"])
def test_bad_input_23_a_nodes_read_only_field_is_422(api, field):
    answer = api.patch("nodes/N1", {field: "x"}, match="*")

    assert (answer.status_code, codes(answer)) == (422, {f"/{field}": "read_only"})


@pytest.mark.django_db(transaction=True)
def test_a_node_that_is_shut_gets_no_work(api):
    answer = api.post("nodes/N1/downtime", {"reason": "stocktaking"})
    order = make_order()
    work_it_off()

    assert (answer.status_code, answer.data["ends_at"]) == (201, None)
    assert again(order).state == "validated"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"reason": ""},
        {"reason": "x", "starts_at": "2026-01-02T00:00:00"},
        {"reason": "x", "starts_at": "2026-01-02T00:00:00Z", "ends_at": "2026-01-01T00:00:00Z"},
    ],
)
def test_an_impossible_downtime_is_422(api, body):
    assert api.post("nodes/N1/downtime", body).status_code == 422
    assert not NodeDowntime.objects.exists()


def test_nodes_and_channels_are_listed(api):
    assert [one["code"] for one in api.get("nodes?active=true&kind=warehouse").data["items"]] == ["N1"]
    assert api.get("nodes?active=false").data["items"] == []
    assert [one["code"] for one in api.get("channels").data["items"]] == ["api"]
    assert api.get("nodes/nowhere").status_code == 404
    assert "s3cret" not in api.get("channels").content.decode()


def test_skus_are_made_and_brought_up_to_date_by_code_whatever_its_case(api):
    items = [
        {"code": "a", "name": "Mug", "price": 1250},
        {"code": "NEW", "weight_g": 70, "aliases": [{"alias": "N-1"}, {"alias": "N-2", "channel": "api"}]},
    ]

    answer = api.post("skus/bulk", {"items": items})

    assert (answer.status_code, answer.data["created"], answer.data["updated"]) == (200, 1, 1)
    known = Sku.objects.get(code="A")
    assert (known.name, known.price_minor, known.weight_g) == ("Mug", 1250, 100)
    assert resolve_codes({"n-1", "N-2"}, channel="api").keys() == {"n-1", "N-2"}
    assert Event.objects.filter(name="sku.upserted").count() == 2
    again_ = api.post("skus/bulk", {"items": items})
    assert (again_.data["created"], SkuAlias.objects.count()) == (0, 2)
    assert Event.objects.filter(name="sku.upserted").count() == 2


def test_an_alias_of_another_sku_is_409_and_nothing_is_changed(api):
    api.post("skus/bulk", {"items": [{"code": "A", "aliases": [{"alias": "X"}]}]})

    answer = api.post("skus/bulk", {"items": [{"code": "B", "name": "changed", "aliases": [{"alias": "x"}]}]})

    assert (answer.status_code, answer.data["code"]) == (409, "alias_taken")
    assert Sku.objects.get(code="B").name != "changed"


def test_a_code_twice_in_one_feed_is_422(api):
    assert api.post("skus/bulk", {"items": [{"code": "Z"}, {"code": "z"}]}).status_code == 422
    assert not Sku.objects.filter(code__iexact="z").exists()


def test_skus_are_read_and_searched(api):
    assert api.get("skus/a").data["code"] == "A"
    assert api.get("skus/no-such").status_code == 404
    assert [one["code"] for one in api.get("skus?q=b").data["items"]] == ["B"]
