"""A payment that is taken back before everything has left: what was refunded in full never ships."""

from __future__ import annotations

import pytest
from django.test import Client

from apps.casework.models import ExceptionCase
from apps.casework.services import resolve_case
from apps.channels.models import Channel
from apps.channels.verdict_reasons import CANCELLED_ALREADY, LATE_CANCEL_KNOWN, PAYMENT_FOLLOWS
from apps.fulfillment.errors import FulfillmentNotAllowed, OrderOnHold
from apps.fulfillment.models import FulfillmentLine, FulfillmentOrder
from apps.fulfillment.services import Parcel, ship_fulfillment_order
from apps.inventory.models import StockLevel
from tests.channels.sending import later, send_shopify, send_woo, shopify_order, the_order, verdicts, woo_order
from tests.driving import work_it_off
from tests.factories import AGENT, ChannelFactory, make_counted_stock, make_policy
from tests.invariants import assert_invariants

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _shop() -> None:
    make_policy()
    make_counted_stock(N1={"A": 100})
    ChannelFactory(shopify=True)
    ChannelFactory(woocommerce=True)


def ship(units: int = 0, name: str = "S") -> None:
    line = FulfillmentLine.objects.get()
    parcel = Parcel(contents={line.pk: units} if units else {})
    ship_fulfillment_order(line.fulfillment_order_id, external_id=name, parcels=[parcel], actor=AGENT)
    work_it_off()


def refund_in_full(client: Client, **said: object) -> None:
    send_shopify(
        client, shopify_order(**{"financial_status": "refunded", "updated_at": later(), **said}), "orders/updated"
    )
    work_it_off()


@pytest.mark.parametrize("ours_is", ["released", "received"])
def test_an_order_refunded_in_full_before_it_ships_is_cancelled(client: Client, ours_is: str):
    held = {"financial_status": "pending"} if ours_is == "received" else {}
    send_shopify(client, shopify_order(**held))
    work_it_off()
    assert the_order().state == ours_is
    refund_in_full(client)

    assert (the_order().state, the_order().cancel_reason) == ("cancelled", "refunded in full")
    assert StockLevel.objects.get().reserved == 0
    if ours_is == "released":
        with pytest.raises(FulfillmentNotAllowed):
            ship()


def test_of_an_order_refunded_in_full_when_part_has_left_the_rest_does_not_ship(client: Client):
    send_shopify(client, shopify_order())
    work_it_off()
    ship(1)
    refund_in_full(client)

    assert the_order().state == "shipped"
    assert the_order().rest_cancelled_at is not None
    assert the_order().lines.get().cancelled_quantity == 1
    assert FulfillmentLine.objects.get().shipped_quantity == 1
    assert ExceptionCase.objects.get(state="open").type == "cancel_after_ship"
    assert_invariants()


def test_a_refund_in_full_once_all_has_left_is_a_return_and_asks_nobody(client: Client):
    send_shopify(client, shopify_order())
    work_it_off()
    ship()
    refund_in_full(client)

    assert (the_order().state, the_order().payment_state) == ("shipped", "refunded")
    assert not ExceptionCase.objects.exists()


def test_a_payment_that_falls_through_after_release_holds_what_has_not_left(client: Client):
    send_shopify(client, shopify_order(financial_status="authorized"))
    work_it_off()
    refund_in_full(client, financial_status="voided")

    case = ExceptionCase.objects.get()
    assert (case.type, case.state) == ("payment_problem", "open")
    with pytest.raises(OrderOnHold):
        ship()
    assert FulfillmentLine.objects.get().shipped_quantity == 0


@pytest.mark.parametrize("status", ["refunded", "cancelled", "trash"])
def test_what_woocommerce_ends_when_half_has_left_is_stopped(client: Client, status: str):
    send_woo(client, woo_order())
    work_it_off()
    ship(1)
    send_woo(client, woo_order(status=status, date_modified_gmt=later().rstrip("Z")), "order.updated", webhook_id="2")
    work_it_off()

    assert the_order().rest_cancelled_at is not None
    assert FulfillmentOrder.objects.get().state == "shipped"
    assert StockLevel.objects.get().reserved == 0
    assert ExceptionCase.objects.get(state="open").type == "cancel_after_ship"
    send_woo(client, woo_order(status=status, date_modified_gmt=later(2).rstrip("Z")), "order.updated", webhook_id="2")
    work_it_off()
    assert ExceptionCase.objects.get(state="open").occurrences == 1


def test_a_woocommerce_order_deleted_when_half_has_left_is_stopped(client: Client):
    send_woo(client, woo_order())
    work_it_off()
    ship(1)
    send_woo(client, {"id": 1}, "order.deleted", webhook_id="3")
    work_it_off()

    assert the_order().rest_cancelled_at is not None
    assert the_order().lines.get().cancelled_quantity == 1


@pytest.mark.parametrize("left", [0, 1])
def test_a_later_update_of_what_was_refunded_in_full_opens_nothing(client: Client, left: int):
    send_shopify(client, shopify_order())
    work_it_off()
    if left:
        ship(left)
    refund_in_full(client)
    before = ExceptionCase.objects.count()
    refund_in_full(client, tags="refunded", updated_at=later(9))

    assert ExceptionCase.objects.count() == before
    assert verdicts()[-1] == ("duplicate", CANCELLED_ALREADY)


def test_what_the_shop_opens_again_after_it_had_cancelled_the_rest_goes_before_a_person_and_does_not_ship(
    client: Client,
):
    send_woo(client, woo_order())
    work_it_off()
    ship(1)
    for minutes, status in ((1, "cancelled"), (2, "processing")):
        moment = later(minutes).rstrip("Z")
        send_woo(client, woo_order(status=status, date_modified_gmt=moment), "order.updated", webhook_id="2")
        work_it_off()

    kinds = set(ExceptionCase.objects.filter(state="open").values_list("type", flat=True))
    assert kinds == {"cancel_after_ship", "changed_after_release"}
    assert FulfillmentLine.objects.get().shipped_quantity == 1
    assert the_order().state == "shipped"


def say_woo(client: Client, minutes: int, **changes: object) -> None:
    moment = later(minutes).rstrip("Z")
    send_woo(client, woo_order(**{"date_modified_gmt": moment, **changes}), "order.updated", webhook_id=str(minutes))
    work_it_off()


@pytest.mark.parametrize("status", ["on-hold", "pending", "failed"])
def test_what_woocommerce_takes_out_of_processing_after_release_waits_until_it_is_paid_again(
    client: Client, status: str
):
    send_woo(client, woo_order())
    work_it_off()
    say_woo(client, 1, status=status)

    with pytest.raises(OrderOnHold):
        ship()
    assert ExceptionCase.objects.get().type == "payment_problem"
    say_woo(client, 2)
    assert ExceptionCase.objects.get().state == "resolved"
    ship()
    assert the_order().state == "shipped"
    assert_invariants()


@pytest.mark.parametrize("state", ["voided", "pending"])
def test_a_hold_for_a_payment_ends_when_the_payment_is_in_order(client: Client, state: str):
    send_shopify(client, shopify_order())
    work_it_off()
    refund_in_full(client, financial_status=state)
    assert ExceptionCase.objects.get().state == "open"
    refund_in_full(client, financial_status="paid", updated_at=later(2))

    assert ExceptionCase.objects.get().state == "resolved"
    ship()
    assert the_order().state == "shipped"


def test_a_channel_that_ships_unpaid_orders_goes_on(client: Client):
    Channel.objects.filter(code="woo").update(ship_unpaid=True)
    send_woo(client, woo_order())
    work_it_off()
    say_woo(client, 1, status="on-hold")

    assert not ExceptionCase.objects.exists()
    ship()
    assert the_order().state == "shipped"


def test_a_refund_nobody_explained_is_not_let_go_with_the_payment_it_was_held_for(client: Client):
    send_woo(client, woo_order())
    work_it_off()
    say_woo(client, 1, status="on-hold")
    say_woo(client, 2, refunds=[{"id": 1, "total": "-10.00"}])

    with pytest.raises(OrderOnHold):
        ship()


def test_a_late_cancellation_that_was_settled_is_not_asked_again_by_later_messages(client: Client):
    send_woo(client, woo_order())
    work_it_off()
    ship()
    say_woo(client, 1, status="cancelled")
    resolve_case(ExceptionCase.objects.get().public_id, resolution="agreed on a return", actor=AGENT)
    say_woo(client, 2, status="cancelled")
    say_woo(client, 3, status="cancelled", meta_data=[{"key": "seen", "value": "yes"}])

    assert ExceptionCase.objects.get().state == "resolved"
    assert verdicts()[-2:] == [("duplicate", LATE_CANCEL_KNOWN)] * 2


def test_the_payment_of_a_cancelled_order_follows(client: Client):
    send_shopify(client, shopify_order())
    work_it_off()
    refund_in_full(client, financial_status="paid", cancelled_at=later())
    refund_in_full(client, cancelled_at=later(), updated_at=later(2))

    assert (the_order().state, the_order().payment_state) == ("cancelled", "refunded")
    assert verdicts()[-1] == ("accepted", PAYMENT_FOLLOWS)
    assert not ExceptionCase.objects.exists()
