"""Goods brought back to tills, and what tills say in files."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from apps.accounts.models import Role
from apps.casework.models import ExceptionCase
from apps.channels.models import Channel, TillReturn, UploadJob
from apps.core import clock
from apps.core.models import Event
from apps.inventory.models import Reservation, StockLevel, StockMovement
from apps.orders.models import Order
from tests.api.front_door import Door
from tests.api.till import ago, brought_back, claim, count, on_hand, outcomes, post, post_back, sale
from tests.driving import work_it_off
from tests.factories import ChannelFactory, NodeFactory, UserFactory, make_counted_stock, make_key
from tests.invariants import assert_invariants

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _stores() -> None:
    ChannelFactory(code="tills", kind="pos", name="Our stores", currencies=["GBP"])
    make_counted_stock(leeds={"A": 10, "B": 5}, york={"A": 3})


def test_goods_brought_back_are_on_the_shelf_and_the_money_stays_where_it_is(api):
    post(api, sale("1"))
    (item,) = post_back(api, brought_back(sold={"till": "T1", "receipt": "1"}))

    back, order = TillReturn.objects.get(), Order.objects.get()
    assert (item["outcome"], item["ref"]) == ("accepted", back.public_id)
    assert (back.order, back.refunded_minor, on_hand()) == (order, 1000, 9)
    assert StockMovement.objects.get(kind="return").reference == back.public_id
    event = Event.objects.get(name="order.returned")
    assert (event.stream, event.data["units"], event.data["refunded_minor"]) == (order.public_id, {"A": 1}, 1000)
    order.refresh_from_db()
    assert order.payment_state == "paid"
    assert_invariants()


def test_damaged_goods_are_written_down_and_not_sold_again(api):
    lines = [{"sku": "A", "quantity": 1, "condition": "damaged"}, {"sku": "B", "quantity": 1}]
    post_back(api, brought_back(lines=lines, refunded=1500))

    assert (on_hand("A"), on_hand("B")) == (10, 6)
    back = TillReturn.objects.get()
    assert [(line["sku"], line["damaged"], line["changed"]) for line in back.lines] == [("A", True, 0), ("B", False, 1)]
    assert (back.refunded_minor, back.order) == (1500, None)
    assert "damaged" in StockMovement.objects.get(kind="return", level__sku__code="A").reason


def test_a_return_heard_of_before_its_sale_finds_it_when_it_comes(api):
    post_back(api, brought_back(sold={"till": "T1", "receipt": "1"}))
    assert on_hand() == 11
    post(api, sale("1"))

    order = Order.objects.get()
    assert (TillReturn.objects.get().order, on_hand()) == (order, 9)
    assert Event.objects.get(name="order.returned").stream == order.public_id


def test_a_return_counts_once_and_one_from_before_the_count_is_in_it(api):
    late = brought_back(returned_at=ago(days=1).isoformat())
    count(6)
    first, second = post_back(api, late), post_back(api, late)

    assert (outcomes(first), outcomes(second), on_hand()) == (["accepted"], ["existing"], 6)
    assert first[0]["ref"] == second[0]["ref"]
    assert TillReturn.objects.count() == 1


def test_what_came_back_goes_to_whoever_waits_for_it(api):
    order = claim(10)
    post(api, sale())
    assert Reservation.objects.get().backordered == 2
    post_back(api, brought_back(lines=[{"sku": "A", "quantity": 2}]))

    with clock.moved(timedelta(seconds=5)):
        work_it_off()

    assert Reservation.objects.get(order_id=order.pk).backordered == 0


def test_sales_and_returns_in_a_file_are_the_same(client: Client):
    head = "receipt,till,store,sold_at,currency,sku,quantity,unit_price,line_discount,tip,total,payment_method\n"
    rows = (
        "1,T1,Leeds,2026-11-02T09:00:00Z,GBP,A,2,10.00,1.00,0.50,21.49,card\n"
        "1,T1,Leeds,2026-11-02T09:00:00Z,GBP,B,1,1.99,,,,\n"
        "1,T2,leeds,2026-11-02T09:05:00Z,GBP,A,1,10.00,,,,cash\n"
        "2,T1,leeds,2026-11-02T09:06:00Z,GBP,NEW,1,10.00,,,,cash\n"
    )
    StockLevel.objects.update(figure_at=None)
    headers = {"Authorization": f"Bearer {make_key()}"}
    for _ in range(2):
        file = SimpleUploadedFile("till.csv", (head + rows).encode(), content_type="text/csv")
        answer = client.post("/api/v1/uploads", {"channel": "tills", "file": file}, headers=headers)
        assert answer.status_code == 202, answer.content
        work_it_off()

    assert {order.external_id: order.total_minor for order in Order.objects.all()} == {"T1:1": 2149, "T2:1": 1000}
    assert (on_hand("A"), on_hand("B")) == (7, 4)
    problems = [one for row in UploadJob.objects.order_by("pk")[0].results for one in row["errors"]]
    assert [(one["row"], one["problem"]) for one in problems] == [(5, "NEW is no SKU, alias or barcode that is known")]


def test_the_store_may_be_called_what_the_tills_call_it(api):
    NodeFactory(code="hull")
    Channel.objects.update(settings={"pickup_locations": {"Shop 12": "hull"}})
    (item,) = post(api, sale(store="Shop 12"))

    assert item["outcome"] == "accepted"
    assert Event.objects.get(name="order.handed_over").data["node"] == "hull"


def test_more_coming_back_than_was_sold_is_a_case_and_is_booked_all_the_same(api):
    post(api, sale("1"))
    sold = {"till": "T1", "receipt": "1"}
    post_back(api, brought_back("R1", sold=sold))
    assert not ExceptionCase.objects.exists()

    lines = [{"sku": "A", "quantity": 2, "unit_price": 1000}, {"sku": "B", "quantity": 1}]
    (item,) = post_back(api, brought_back("R2", sold=sold, lines=lines))

    case = ExceptionCase.objects.get()
    assert (case.type, case.order, item["outcome"], on_hand()) == (
        "return_out_of_policy", Order.objects.get(), "accepted", 11,
    )  # fmt: skip
    assert str(case.sentence) == (
        "More was brought back to tills than this receipt sold: 3 of A came back, 2 were sold; 1 of B came back, 0 were sold."
    )


def test_returns_are_listed_by_api_and_on_a_page_with_their_sales(api):
    post(api, sale("1"))
    post_back(api, brought_back("R1", sold={"till": "T1", "receipt": "1"}, lines=[{"sku": "A", "quantity": 3}]))
    post_back(api, brought_back("R2", store="york", sold={"till": "T9", "receipt": "9"}))
    order = Order.objects.get()

    both = api.get("pos/returns").data["items"]
    assert [(one["receipt"], one["node"], one["order"]) for one in both] == [
        ("T1:R2", "york", ""), ("T1:R1", "leeds", order.public_id),
    ]  # fmt: skip
    assert [(line["sku"], line["units"]) for line in both[1]["lines"]] == [("A", 3)]
    assert [one["receipt"] for one in api.get("pos/returns?node=york").data["items"]] == ["T1:R2"]
    assert [one["receipt"] for one in api.get(f"pos/returns?order={order.public_id}").data["items"]] == ["T1:R1"]

    browser = Client()
    browser.force_login(UserFactory(role=Role.OPERATIONS))
    assert "/orders/returns/" in browser.get("/orders/").content.decode()
    text = browser.get("/orders/returns/").content.decode()
    for said in ("T1:R1", "3 × A", "more than was sold: A", "not received yet", f"/orders/{order.public_id}/"):
        assert said in text


def test_who_is_limited_to_a_place_sees_the_returns_of_that_place():
    api = Door(make_key())
    post_back(api, brought_back("R1"), brought_back("R2", store="york"))
    clerk = UserFactory(role=Role.AGENT, nodes=["york"])
    browser = Client()
    browser.force_login(clerk)

    text = browser.get("/orders/returns/").content.decode()

    assert "T1:R2" in text
    assert "T1:R1" not in text
