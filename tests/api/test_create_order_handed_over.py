"""Orders by the API that are not ours to ship, in whole or in part, and those that can't be meant."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.casework.models import ExceptionCase
from apps.core import clock
from apps.fulfillment.models import FulfillmentLine
from apps.orders.models import Hold, Order
from tests.api.front_door import codes, order_body
from tests.driving import work_it_off

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("shop")]


def line(**changes):
    return {"line_id": "1", "sku": "A", "quantity": 2, "unit_price": 1000, **changes}


def test_an_order_handed_over_already_is_recorded_as_done(api):
    answer = api.post("orders", order_body(status="completed", shipping_address=None))
    work_it_off()

    assert answer.status_code == 201
    assert Order.objects.get().state == "delivered"
    assert not FulfillmentLine.objects.exists()
    assert not Hold.objects.exists()
    assert not ExceptionCase.objects.exists()


def test_only_the_units_that_nobody_else_delivers_are_shipped(api):
    lines = [line(quantity=5, handled_elsewhere=3), line(line_id="2", handled_elsewhere=2)]
    answer = api.post("orders", order_body(lines=lines, totals={"total": 7000}))
    work_it_off()

    order = Order.objects.get()
    assert order.state == "released"
    assert [(row.order_line.line_id, row.quantity) for row in FulfillmentLine.objects.all()] == [("1", 2)]
    assert [one["handled_elsewhere"] for one in api.get(f"orders/{answer.data['id']}").data["lines"]] == [3, 2]


def test_more_handled_elsewhere_than_ordered_is_422(api):
    answer = api.post("orders", order_body(lines=[line(handled_elsewhere=3)]))

    assert answer.status_code == 422
    assert not Order.objects.exists()


def test_an_order_placed_in_years_to_come_is_422(api):
    ahead = (clock.now() + timedelta(days=800)).isoformat()
    answer = api.post("orders", order_body(placed_at=ahead))

    assert (answer.status_code, codes(answer)) == (422, {"/placed_at": "in_future"})
    assert not Order.objects.exists()


def test_a_new_order_that_is_cancelled_already_is_422(api):
    answer = api.post("orders", order_body(status="cancelled"))

    assert (answer.status_code, list(codes(answer))) == (422, ["/status"])
    assert not Order.objects.exists()


@pytest.mark.parametrize("currency", ["XXX", "XTS", "XAU", "XAG", "XDR", "CHE", "USN"])
def test_a_currency_that_nobody_pays_in_is_422(api, currency):
    answer = api.post("orders", order_body(currency=currency))

    assert (answer.status_code, list(codes(answer))) == (422, ["/currency"])
    assert not Order.objects.exists()


@pytest.mark.parametrize("field", ["placed_at", "updated_at"])
@pytest.mark.parametrize("moment", ["0001-01-02T09:30:00Z", "1969-12-31T00:00:00Z", "2101-01-02T00:00:00Z"])
def test_a_date_of_another_age_is_422(api, field, moment):
    answer = api.post("orders", order_body(**{field: moment}))

    assert (answer.status_code, list(codes(answer))) == (422, [f"/{field}"])
    assert not Order.objects.exists()


@pytest.mark.parametrize("field", ["placed_at", "updated_at"])
@pytest.mark.parametrize("moment", ["20260131", "1.5", "1769851800", 1769851800, 1.5, True])
def test_a_number_is_no_date(api, field, moment):
    answer = api.post("orders", order_body(**{field: moment}))

    assert (answer.status_code, list(codes(answer))) == (422, [f"/{field}"])
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"lines": [line(), line(line_id="2", sku="B", quantity=1, unit_price=-500)], "totals": {"total": 1500}},
        {"totals": {"shipping": -300, "total": 1700}},
        {"lines": [line(tax=-100)], "totals": {"total": 1900}},
    ],
    ids=["a line", "shipping", "a tax"],
)
def test_an_amount_below_nothing_is_taken_in_and_held(api, changes):
    answer = api.post("orders", order_body(**changes))
    work_it_off()

    assert answer.status_code == 201
    assert answer.data["total"] == changes["totals"]["total"]
    assert Order.objects.get().state == "received"
    assert "less than nothing" in ExceptionCase.objects.get(type="price_mismatch").sentence.lower()


def test_a_doubt_of_the_sender_holds_the_order_for_a_person(api):
    doubt = {"reason": "fraud_review", "code": "unreadable", "sentence": "The risk could not be read."}
    api.post("orders", order_body(doubts=[doubt]))
    work_it_off()

    assert Order.objects.get().state == "received"
    assert ExceptionCase.objects.get().sentence == "The risk could not be read."


@pytest.mark.parametrize(
    ("payment", "held"),
    [
        ({"state": "partially_refunded"}, True),
        ({"state": "partially_refunded", "refunded": 1000}, True),
        ({"state": "partially_refunded", "refunded": 300, "refund_explained": True}, False),
    ],
)
def test_a_partial_refund_ships_once_the_sender_says_that_the_lines_lack_it(api, payment, held):
    api.post("orders", order_body(payment=payment))
    work_it_off()

    assert Order.objects.get().state == ("received" if held else "released")
    assert list(ExceptionCase.objects.values_list("type", flat=True)) == (["payment_problem"] if held else [])


def test_a_refund_without_goods_is_no_difference_of_the_total(api):
    payment = {"state": "partially_refunded", "refund_explained": True}
    api.post("orders", order_body(payment=payment, totals={"total": 1605, "shipping": 395, "refunded": 790}))
    work_it_off()

    assert Order.objects.get().state == "released"


def test_rows_of_a_bulk_job_are_refused_for_the_same_reasons(api):
    ahead = (clock.now() + timedelta(days=800)).isoformat()
    rows = [order_body(placed_at=ahead), order_body(status="cancelled"), order_body(status="completed")]
    for row in rows:
        row.pop("channel")
    answer = api.post("orders/bulk", {"channel": "api", "orders": rows})
    work_it_off()

    job = api.get(f"jobs/{answer.data['id']}").data
    assert [row["outcome"] for row in job["rows"]] == ["refused", "refused", "accepted"]
    assert Order.objects.get().state == "delivered"
