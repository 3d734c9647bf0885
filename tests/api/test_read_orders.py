"""GET /orders and what hangs on an order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.orders.services import place_hold
from apps.outbound.models import CallLog
from apps.outbound.states import CallOutcome
from apps.routing.models import RoutingDecision
from tests.api.released import released_order
from tests.factories import AGENT, ChannelFactory, make_order

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shop")]


def ids(answer) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [one["id"] for one in answer.data["items"]]


def test_orders_are_listed_newest_first_page_by_page(api):
    orders = [make_order().public_id for _ in range(5)][::-1]

    first = api.get("orders?limit=2")
    assert ids(first) == orders[:2]
    make_order()
    second = api.get(f"orders?limit=2&cursor={first.data['next_cursor']}")
    assert ids(second) == orders[2:4]
    third = api.get(f"orders?limit=2&cursor={second.data['next_cursor']}")
    assert ids(third) == orders[4:]
    assert third.data["next_cursor"] is None


def test_an_order_says_whom_it_waits_for_alone_and_in_the_list(api):
    held, other = make_order(), make_order()
    place_hold(held.pk, reason="manual", actor=AGENT)

    listed = {one["id"]: one["waiting_for"] for one in api.get("orders").data["items"]}

    assert listed == {held.public_id: "person", other.public_id: "system"}
    assert {ref: api.get(f"orders/{ref}").data["waiting_for"] for ref in listed} == listed


@pytest.mark.parametrize("sort", ["placed_at", "-placed_at"])
def test_orders_are_sorted_by_when_they_were_placed_and_equal_times_lose_no_order(api, sort):
    day = datetime(2026, 1, 1, tzinfo=UTC)
    days = [3, 1, 1, 1, 2]
    orders = [make_order(placed_at=(day + timedelta(days=n)).isoformat()) for n in days]
    expected = sorted(orders, key=lambda order: (order.placed_at, order.pk), reverse=sort.startswith("-"))

    seen, cursor = [], ""
    while True:
        page = api.get(f"orders?limit=2&sort={sort}{cursor}")
        seen += ids(page)
        if page.data["next_cursor"] is None:
            break
        cursor = f"&cursor={page.data['next_cursor']}"

    assert seen == [order.public_id for order in expected]


def test_orders_are_filtered(api):
    one = make_order(external_id="E-1", external_number="#77", lines={"A": 1}, placed_at="2026-01-01T00:00:00Z")
    two = make_order(external_id="E-2", external_number="#78", lines={"B": 1}, placed_at="2026-02-01T00:00:00Z")
    place_hold(two.pk, reason="manual", actor=AGENT)

    def found(query: str) -> list[str]:
        return ids(api.get(f"orders?{query}"))

    assert found("external_id=E-1") == [one.public_id]
    assert found("external_number=%2378") == [two.public_id]
    assert found("placed_after=2026-01-15T00:00:00Z") == [two.public_id]
    assert found("placed_before=2026-01-15T00:00:00%2B02:00") == [one.public_id]
    assert found("received_before=2020-01-01T00:00:00Z") == []
    assert found("has_hold=true") == [two.public_id]
    assert found("has_hold=false") == [one.public_id]
    assert found("sku=b") == [two.public_id]
    assert found("q=%2377") == [one.public_id]
    assert found("q=E-2") == [two.public_id]
    assert found(f"q={one.public_id}") == [one.public_id]
    assert found("state=validated,received") == [two.public_id, one.public_id]
    assert found("state=shipped") == []
    ChannelFactory(code="other")
    assert found("channel=other") == []


@pytest.mark.parametrize(
    "query",
    [
        "colour=blue",
        "customer__password__startswith=a",
        "state__in=received",
        "state=nonsense",
        "state=received&state=shipped",
        "has_hold=maybe",
        "placed_after=2026-01-01T00:00:00",
        "placed_after=2026-02-30T00:00:00Z",
        "placed_after=0001-01-01T00:00:00%2B14:00",
        "sort=customer__password",
        "sort=total_minor",
        "or=1",
    ],
)
def test_bad_input_20_an_unknown_or_unreadable_filter_or_sort_is_400(api, query):
    answer = api.get(f"orders?{query}")

    assert (answer.status_code, answer.data["code"]) == (400, "bad_query")
    assert answer.data["errors"][0]["parameter"] == query.partition("=")[0]


def test_a_filter_of_fixed_values_names_them_where_it_is_given_another(api):
    answer = api.get("orders?state=bogus")

    assert answer.status_code == 400
    assert (
        "It takes: received, validated, routed, released, shipped, delivered, cancelled."
        in answer.data["errors"][0]["detail"]
    )


def test_bad_input_21_no_filter_widens_what_a_narrow_key_sees(api, door):
    mine, theirs = make_order(channel="mine"), make_order(channel="theirs")
    narrow = door(channels=["mine"])

    assert ids(narrow.get("orders")) == [mine.public_id]
    assert narrow.get("orders?channel=theirs").status_code == 400
    assert ids(narrow.get(f"orders?q={theirs.public_id}")) == []
    assert len(ids(api.get("orders"))) == 2


@pytest.mark.parametrize("cursor", ["x", "", "WyJhIl0", "eyJ9:abc"])
def test_bad_input_27_a_cursor_that_is_not_ours_is_400(api, cursor):
    answer = api.get(f"orders?cursor={cursor}")

    assert (answer.status_code, answer.data["errors"][0]["parameter"]) == (400, "cursor")


def test_bad_input_27_a_tampered_cursor_or_one_of_another_list_or_sort_is_400(api):
    for _ in range(3):
        make_order()
    cursor = api.get("orders?limit=1").data["next_cursor"]
    assert api.get(f"orders?limit=1&cursor={cursor}").status_code == 200

    tampered = ("A" if cursor[0] != "A" else "B") + cursor[1:]
    assert api.get(f"orders?cursor={tampered}").status_code == 400
    assert api.get(f"orders?sort=placed_at&cursor={cursor}").status_code == 400
    assert api.get(f"skus?cursor={cursor}").status_code == 400


@pytest.mark.parametrize("limit", ["0", "-1", "201", "100000", "ten", "1e2", "", "٣"])
def test_bad_input_27_an_impossible_limit_is_400(api, limit):
    answer = api.get(f"orders?limit={limit}")

    assert (answer.status_code, answer.data["errors"][0]["parameter"]) == (400, "limit")


def test_a_page_costs_the_same_statements_however_long_it_is(api):
    def statements() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert api.get("orders?limit=200").status_code == 200
        return len(captured)

    make_order()
    statements()  # the key is remembered from here on
    few = statements()
    for _ in range(20):
        make_order()
    assert statements() == few


def test_an_order_is_read_whole_with_its_etag(api):
    order = make_order(lines={"A": 1, "B": 2})
    hold = place_hold(order.pk, reason="manual", note="call first", actor=AGENT)

    answer = api.get(f"orders/{order.public_id}")

    assert answer.status_code == 200
    assert answer.headers["ETag"] == f'"{order.version}"'
    assert [one["sku"] for one in answer.data["lines"]] == ["A", "B"]
    assert answer.data["contacts"]["ship_to"]["city"] == "Leeds"
    assert [(one["id"], one["note"]) for one in answer.data["holds"]] == [(hold.public_id, "call first")]
    assert answer.data["placed_at"].endswith("Z")


@pytest.mark.parametrize("ref", ["ord_000000000000000000000000", "ord_x", "1", "..%2f", "o" * 300, "ord_\u0660"])
def test_an_order_that_does_not_exist_is_404(api, ref):
    answer = api.get(f"orders/{ref}")

    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.django_db(transaction=True)
def test_the_timeline_tells_events_and_partner_calls_in_the_order_they_happened(api):
    order = released_order()
    call = {
        "kind": "partner",
        "counterpart": "p",
        "name": "P",
        "operation": "submit",
        "stream": order.public_id,
        "reference": "ful_x",
    }
    CallLog.objects.create(**call, idempotency_key="k", outcome=CallOutcome.OK, status=200)

    whole = api.get(f"orders/{order.public_id}/timeline")
    assert [one["name"] for one in whole.data["items"]] == [
        "order.accepted",
        "order.validated",
        "order.routed",
        "order.released",
        "fulfillment.accepted",
        "submit",
    ]
    accepted, validated = whole.data["items"][:2]
    assert validated["caused_by"] == accepted["id"]
    assert whole.data["items"][-1]["data"]["outcome"] == "ok"

    seen, cursor = [], ""
    while cursor is not None:
        page = api.get(f"orders/{order.public_id}/timeline?limit=1" + (f"&cursor={cursor}" if cursor else ""))
        seen += page.data["items"]
        cursor = page.data["next_cursor"]
    assert seen == whole.data["items"]


def test_a_cursor_of_another_timeline_is_400(api):
    order, other = make_order(), make_order()
    place_hold(order.pk, reason="manual", actor=AGENT)
    cursor = api.get(f"orders/{order.public_id}/timeline?limit=1").data["next_cursor"]

    assert api.get(f"orders/{other.public_id}/timeline?cursor={cursor}").status_code == 400
    assert api.get(f"orders/{order.public_id}/timeline?sort=at").status_code == 400


@pytest.mark.django_db(transaction=True)
def test_the_decision_says_why_and_replays_identically(api):
    order = released_order(lines={"A": 2})

    answer = api.get(f"orders/{order.public_id}/decision?replay=1&all=1")

    assert answer.status_code == 200
    assert answer.data["identical"] is True
    assert answer.data["differences"] == []
    assert answer.data["earlier"] == []
    assert answer.data["outcome"] == "routed"
    assert "N1" in answer.data["sentence"]
    assert api.get(f"orders/{order.public_id}/decision").data["identical"] is None


@pytest.mark.django_db(transaction=True)
def test_a_decision_that_no_longer_follows_from_its_inputs_is_said_to_differ(api):
    order = released_order(lines={"A": 2})
    row = RoutingDecision.objects.get()
    row.plan = {**row.plan, "cost_milli": row.plan["cost_milli"] + 1}
    row.save()

    answer = api.get(f"orders/{order.public_id}/decision?replay=1")

    assert answer.data["identical"] is False
    assert answer.data["differences"] == ["cost_milli"]


def test_an_order_not_routed_yet_has_no_decision(api):
    answer = api.get(f"orders/{make_order().public_id}/decision")

    assert (answer.status_code, answer.data["code"]) == (404, "decision_not_found")


def test_a_flag_that_is_neither_0_nor_1_is_400(api):
    assert api.get(f"orders/{make_order().public_id}/decision?replay=yes").status_code == 400
