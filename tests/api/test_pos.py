"""Sales that tills have made, and goods brought back: booked once, at their own time, in whatever order they are heard of."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.casework.models import ExceptionCase
from apps.catalog.models import Barcode, BundleComponent, Sku
from apps.channels.models import InboxMessage
from apps.channels.services.replay import replay_message
from apps.core import clock
from apps.core.models import Event
from apps.fulfillment.models import FulfillmentOrder
from apps.inventory.models import Reservation, StockLevel, StockMovement
from apps.inventory.services import Count, count_stock
from apps.orders.models import Hold, Order, OrderContact, OrderLine
from apps.routing.models import RoutingDecision
from tests.api.till import ago, claim, count, on_hand, outcomes, post, sale
from tests.driving import work_it_off
from tests.factories import AGENT, ChannelFactory, SkuFactory, make_counted_stock
from tests.invariants import assert_invariants
from tests.racing import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _stores() -> None:
    ChannelFactory(code="tills", kind="pos", name="Our stores", currencies=["GBP"])
    make_counted_stock(leeds={"A": 10, "B": 5}, york={"A": 3})


# A sale


def test_a_sale_is_an_order_that_is_over_and_the_shelf_is_lower_at_the_time_of_the_sale(api):
    at = ago(hours=3)
    (item,) = post(api, sale(sold_at=at.isoformat()))

    order = Order.objects.get()
    assert (item["outcome"], item["ref"]) == ("accepted", order.public_id)
    assert (order.state, order.external_id, order.placed_at) == ("delivered", "T1:1", at)
    assert OrderLine.objects.get().elsewhere_quantity == 2
    assert OrderLine.objects.get().sku.code == "A"
    assert on_hand() == 8
    move = StockMovement.objects.get(kind="sale")
    assert (move.on_hand_delta, move.moved_at, move.reference) == (-2, at, order.public_id)
    assert move.booked_at > at
    assert_invariants()


def test_nothing_of_it_is_routed_shipped_held_or_reported(api):
    post(api, sale(customer={"reference": "c-7"}))

    for model in (RoutingDecision, FulfillmentOrder, Reservation, Hold, ExceptionCase):
        assert not model.objects.exists(), model
    assert list(Event.objects.filter(stream=Order.objects.get().public_id).values_list("name", flat=True)) == [
        "order.handed_over"
    ]
    assert OrderContact.objects.get().customer_reference == "c-7"


def test_tax_discounts_tips_and_gift_cards_are_kept_to_the_penny(api):
    lines = [
        {"sku": "A", "quantity": 3, "unit_price": 333, "discount": 100, "tax": 150},
        {"title": "Gift card", "quantity": 1, "unit_price": 2500, "gift_card": True},
        {"title": "Gift wrap", "quantity": 1, "unit_price": 199},
    ]
    paid = [{"method": "card", "amount": 2500, "reference": "tx-1"}, {"method": "gift_card", "amount": 1049}]
    (item,) = post(api, sale(lines=lines, discount=50, tip=1, total=3549, prices_include_tax=True, payments=paid))

    order = Order.objects.get()
    assert (item["errors"], order.total_minor) == ([], 3549)
    assert (order.payment_method, order.payment_references) == ("card, gift_card", ["tx-1"])
    assert order.claimed_totals["fees"] == 1
    assert on_hand() == 7
    assert StockMovement.objects.filter(kind="sale").count() == 1


def test_a_total_that_does_not_add_up_is_kept_and_said(api):
    (item,) = post(api, sale(total=2500))

    assert item["outcome"] == "accepted"
    assert [(e["pointer"], e["code"], e["detail"]) for e in item["errors"]] == [
        ("/total", "total_differs", "the till took £25.00, its lines come to £20.00")
    ]
    assert Order.objects.get().state == "delivered"


def test_a_barcode_or_an_alias_is_taken_for_its_sku(api):
    Barcode.objects.create(sku=Sku.objects.get(code="A"), code="5012345678900")
    post(api, sale(lines=[{"sku": "5012345678900", "quantity": 1, "unit_price": 1}]))

    assert on_hand() == 9
    assert OrderLine.objects.get().sku.code == "A"


def test_of_a_set_its_parts_leave_the_shelf(api):
    kit = SkuFactory(code="KIT")
    for code, units in (("A", 2), ("B", 1)):
        BundleComponent.objects.create(bundle=kit, component=Sku.objects.get(code=code), quantity=units)
    post(api, sale(lines=[{"sku": "KIT", "quantity": 2, "unit_price": 5000}]))

    assert (on_hand("A"), on_hand("B")) == (6, 3)


# Once


def test_a_batch_sent_again_changes_nothing(api):
    batch = [sale("1"), sale("2"), sale("1", till="T2")]
    assert outcomes(post(api, *batch)) == ["accepted"] * 3
    again = post(api, *reversed(batch))

    assert outcomes(again) == ["existing"] * 3
    assert {item["ref"] for item in again} == {order.public_id for order in Order.objects.all()}
    assert (Order.objects.count(), on_hand()) == (3, 4)


def test_the_same_receipt_twice_in_a_batch_counts_once(api):
    assert outcomes(post(api, sale("1"), sale("1"))) == ["accepted", "existing"]
    assert (Order.objects.count(), on_hand()) == (1, 8)


def test_a_receipt_that_says_something_else_the_second_time_changes_nothing_and_is_told_so(api):
    first = sale("1")
    post(api, first)
    (item,) = post(api, first | {"lines": [{"sku": "A", "quantity": 5, "unit_price": 1000}]})

    assert (item["outcome"], item["errors"][0]["code"]) == ("existing", "differs")
    assert on_hand() == 8


def test_one_batch_from_two_threads_is_booked_once(api, door):
    batch = {"channel": "tills", "sales": [sale(str(number)) for number in range(4)]}
    doors = [door(), door()]
    answers = at_once(*[lambda one=one: one.post("pos/sales", batch, key="") for one in doors])
    work_it_off()

    both = [item["outcome"] for answer in answers for item in answer.data["items"]]
    assert sorted(both) == ["accepted"] * 4 + ["existing"] * 4
    assert (Order.objects.count(), on_hand()) == (4, 2)
    assert_invariants()


# At its own time


def test_a_sale_from_before_the_last_count_is_in_that_count(api):
    before = ago(days=2)
    count(7)
    (item,) = post(api, sale(sold_at=before.isoformat()))

    assert on_hand() == 7
    assert Order.objects.get().state == "delivered"
    assert "already" in item["errors"][0]["detail"]
    assert item["errors"][0]["code"] == "counted_already"
    move = StockMovement.objects.get(kind="sale")
    assert (move.on_hand_delta, move.moved_at) == (0, before)
    assert "already" in move.reason
    assert_invariants()


def test_a_sale_from_after_the_last_count_lowers_it_however_late_it_is_heard_of(api):
    with clock.moved(timedelta(days=-3)):
        count(7)
    post(api, sale(sold_at=ago(days=2).isoformat()))

    assert on_hand() == 5


def test_a_correction_or_a_delivery_is_no_count(api):
    with clock.moved(timedelta(days=-3)):
        count(7)
    count_stock([Count("leeds", "A", delta=1), Count("leeds", "A", delta=2, kind="receive")], reason="x", actor=AGENT)
    post(api, sale(sold_at=ago(days=2).isoformat()))

    assert on_hand() == 8


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_late_batches_come_to_the_same_in_any_order(api, order):
    days = [sale("1", sold_at=ago(days=3).isoformat()), sale("2", sold_at=ago(days=2).isoformat()), sale("3")]
    with clock.moved(timedelta(days=-2.5)):
        count(9)
    for number in order:
        post(api, days[number])

    assert on_hand() == 5
    assert_invariants()


def test_a_till_whose_clock_is_ahead_by_hours_sold_it_now_and_by_days_is_asked_about(api):
    ahead, far = (clock.now() + timedelta(**by) for by in ({"hours": 3}, {"days": 9}))
    items = post(api, sale("1", sold_at=ahead.isoformat()), sale("2", sold_at=far.isoformat()))

    assert outcomes(items) == ["accepted", "quarantined"]
    assert StockMovement.objects.get(kind="sale").moved_at <= clock.now()
    assert (items[1]["errors"][0]["pointer"], items[1]["errors"][0]["code"]) == ("/at", "dated_ahead")


# More than there is


def test_a_late_batch_that_takes_what_is_promised_opens_the_usual_case(api):
    claim(9)
    post(api, sale())

    assert on_hand() == 8
    case = ExceptionCase.objects.get(type="oversold")
    assert "Leeds has 8 of A but promised 9" in case.sentence
    assert Reservation.objects.get().backordered == 1


def test_a_sale_of_more_than_was_counted_is_booked_and_the_level_is_in_doubt(api):
    post(api, sale(lines=[{"sku": "B", "quantity": 7, "unit_price": 1}]))

    level = StockLevel.objects.get(sku__code="B")
    assert (level.on_hand, level.doubted_at is not None) == (0, True)
    assert ExceptionCase.objects.get().type == "stock_discrepancy"
    assert_invariants()


def test_a_store_that_keeps_no_stock_of_it_has_none_taken_off(api):
    (item,) = post(api, sale(store="york", lines=[{"sku": "B", "quantity": 1, "unit_price": 1}]))

    assert item["outcome"] == "accepted"
    assert "no stock of it is kept there" in item["errors"][0]["detail"]
    assert item["errors"][0]["code"] == "no_stock_kept"
    assert not StockLevel.objects.filter(node__code="york", sku__code="B").exists()


def test_the_last_unit_sold_at_the_till_and_reserved_at_once_is_never_sold_twice_unseen(api, door):
    count(1)
    at_till = door()
    body = {
        "channel": "tills",
        "sales": [
            sale(
                sold_at=(clock.now() + timedelta(seconds=5)).isoformat(),
                lines=[{"sku": "A", "quantity": 1, "unit_price": 1}],
            )
        ],
    }
    at_once(lambda: at_till.post("pos/sales", body, key=""), lambda: claim(1))
    work_it_off(partners=False)

    level = StockLevel.objects.get(node__code="leeds", sku__code="A")
    assert level.on_hand == 0
    promised = Reservation.objects.filter(level=level, state="reserved").count()
    assert ExceptionCase.objects.filter(type="oversold").count() == promised


# What can't be booked


def test_what_can_not_be_booked_waits_for_a_person_and_the_rest_goes_in(api):
    items = post(
        api,
        sale("1", lines=[{"sku": "NEW", "quantity": 1, "unit_price": 1}]),
        sale("2", store="nowhere"),
        sale("3", currency="EUR"),
        sale("4"),
    )

    assert outcomes(items) == ["quarantined", "quarantined", "quarantined", "accepted"]
    assert [item["errors"][0]["detail"] for item in items[:3]] == [
        "NEW is no SKU, alias or barcode that is known",
        "there is no location nowhere",
        "the channel does not sell in EUR",
    ]
    assert InboxMessage.objects.filter(verdict="quarantined").count() == 3
    assert (Order.objects.count(), on_hand()) == (1, 8)


def test_a_quarantined_sale_is_booked_when_it_is_replayed(api):
    (item,) = post(api, sale(lines=[{"sku": "NEW", "quantity": 1, "unit_price": 1}]))
    Barcode.objects.create(sku=Sku.objects.get(code="A"), code="NEW")

    replay_message(item["message"], actor=AGENT)
    work_it_off()

    assert InboxMessage.objects.get().verdict == "accepted"
    assert (Order.objects.get().state, on_hand()) == ("delivered", 9)


def test_a_quarantined_sale_is_booked_when_the_till_sends_it_again(api):
    again = sale(lines=[{"sku": "NEW", "quantity": 1, "unit_price": 1}])
    post(api, again)
    SkuFactory(code="NEW")

    assert outcomes(post(api, again)) == ["accepted"]
    assert InboxMessage.objects.count() == 1


@pytest.mark.parametrize(
    ("broken", "pointer"),
    [
        ({"lines": []}, "/lines"),
        ({"till": "a:b"}, "/till"),
        ({"receipt": ""}, "/receipt"),
        ({"sold_at": "2026-01-31T10:00:00"}, "/sold_at"),
        ({"currency": "XXX"}, "/currency"),
        ({"lines": [{"sku": "A", "quantity": 0}]}, "/lines/0/quantity"),
        ({"lines": [{"sku": "A", "quantity": 1.5}]}, "/lines/0/quantity"),
        ({"lines": [{"sku": "A", "quantity": 1, "unit_price": 9.99}]}, "/lines/0/unit_price"),
        ({"colour": "red"}, "/colour"),
    ],
)
def test_a_row_out_of_form_is_refused_by_what_is_wrong_and_the_next_goes_in(api, broken, pointer):
    items = post(api, sale("1", **broken), sale("2"), "no receipt at all")

    assert outcomes(items) == ["refused", "accepted", "refused"]
    assert items[0]["errors"][0]["pointer"] == pointer
    assert (Order.objects.count(), InboxMessage.objects.count()) == (1, 1)


def test_only_channels_of_tills_take_receipts(api):
    ChannelFactory()
    answer = api.post("pos/sales", {"channel": "api", "sales": [sale()]})

    assert (answer.status_code, answer.data["code"]) == (409, "takes_no_receipts")
    assert not Order.objects.exists()


def test_a_key_of_one_store_books_nothing_at_another(door):
    mine = door(role="operations", nodes=["york"])
    answer = mine.post("pos/sales", {"channel": "tills", "sales": [sale("1"), sale("2", store="york")]}, key="")

    if answer.status_code == 200:
        assert outcomes(answer.data["items"]) == ["refused", "accepted"]
    assert on_hand() == 10


def test_a_key_of_another_channel_is_told_there_is_none(door):
    answer = door(channels=["web"]).post("pos/sales", {"channel": "tills", "sales": [sale()]}, key="")

    assert answer.status_code == 404
    assert not Order.objects.exists()
