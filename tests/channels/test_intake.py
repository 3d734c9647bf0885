"""What becomes of messages: each ends with a verdict and a reason, and orders follow what is said of them."""

from __future__ import annotations

import pytest
from django.test import Client

from apps.casework.models import ExceptionCase
from apps.channels.models import Channel, InboxMessage
from apps.channels.verdict_reasons import (
    CANCEL_CAME_LATE,
    CANCELLED,
    CANCELLED_ALREADY,
    KNOWN_ALREADY,
    NEW_ORDER,
    NOTHING_NEW,
    OLDER,
    REOPENED,
    UPDATED,
)
from apps.core.models import Event
from apps.fulfillment.models import FulfillmentOrder
from apps.fulfillment.services import Parcel, ship_fulfillment_order
from apps.orders.models import Hold, Order
from apps.orders.services import place_hold, release_hold
from tests.channels.sending import (
    later,
    send_shopify,
    send_woo,
    shopify_order,
    the_order,
    verdicts,
    woo_order,
)
from tests.driving import work_it_off
from tests.factories import AGENT, ChannelFactory, make_policy, make_stock

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _shop() -> None:
    make_policy()
    make_stock(N1={"A": 100})
    ChannelFactory(shopify=True)
    ChannelFactory(woocommerce=True)


def test_a_new_order_comes_in_and_goes_its_way(client: Client):
    send_shopify(client, shopify_order())
    work_it_off()

    order = the_order()
    assert order.state == "released"
    message = InboxMessage.objects.get()
    assert (message.verdict, message.reason, message.order_ref) == ("accepted", NEW_ORDER, order.public_id)
    assert message.settled_at is not None
    assert Event.objects.get(name="order.accepted").actor == "channel:shop"


def test_created_and_updated_with_the_same_body_are_one_order(client: Client):
    send_woo(client, woo_order(), "order.created", webhook_id="1")
    send_woo(client, woo_order(), "order.updated", webhook_id="2")
    work_it_off()

    assert verdicts() == [("accepted", NEW_ORDER), ("duplicate", KNOWN_ALREADY)]
    assert the_order().state == "released"


def test_a_newer_version_replaces_the_order_before_it_is_routed(client: Client):
    send_shopify(client, shopify_order())
    changed = shopify_order(updated_at=later(), total_price="50.00")
    changed["line_items"] = [{"id": 11, "sku": "A", "quantity": 5, "price": "10.00"}]
    send_shopify(client, changed, "orders/updated")
    work_it_off()

    assert verdicts() == [("accepted", NEW_ORDER), ("accepted", UPDATED)]
    order = the_order()
    assert (order.state, order.lines.get().quantity, order.total_minor) == ("released", 5, 5000)


def test_an_older_version_is_recorded_and_changes_nothing(client: Client):
    send_shopify(client, shopify_order(updated_at=later(30)))
    work_it_off()
    send_shopify(client, shopify_order(financial_status="pending"), "orders/updated")
    work_it_off()

    assert verdicts()[-1] == ("ignored", OLDER)
    assert the_order().payment_state == "paid"


def test_a_new_version_that_says_nothing_new_does_not_send_the_order_back(client: Client):
    send_shopify(client, shopify_order(financial_status="pending"))
    work_it_off()
    version = the_order().version
    send_shopify(client, shopify_order(financial_status="pending", updated_at=later()), "orders/updated")
    work_it_off()

    assert verdicts()[-1] == ("ignored", NOTHING_NEW)
    assert not Event.objects.filter(name="order.revised").exists()
    assert the_order().version == version + 1
    send_shopify(client, shopify_order(financial_status="paid", updated_at=later(0)), "orders/updated")
    work_it_off()
    assert verdicts()[-1] == ("ignored", OLDER)


@pytest.mark.parametrize("moment", [later(), later(0)], ids=["a minute later", "in the same second"])
def test_paying_later_lets_a_held_order_go(client: Client, moment: str):
    send_shopify(client, shopify_order(financial_status="pending"))
    work_it_off()
    assert list(Hold.objects.filter(released_at=None).values_list("reason", flat=True)) == ["payment_problem"]

    send_shopify(client, shopify_order(financial_status="paid", updated_at=moment), "orders/paid")
    work_it_off()

    assert the_order().state == "released"
    assert not Hold.objects.filter(released_at=None).exists()
    assert ExceptionCase.objects.get(type="payment_problem").state == "resolved"


def test_of_two_versions_of_one_second_the_unpaid_one_does_not_win(client: Client):
    send_shopify(client, shopify_order(financial_status="paid"), "orders/paid")
    send_shopify(client, shopify_order(financial_status="pending"), "orders/create")
    work_it_off()

    assert verdicts() == [("accepted", NEW_ORDER), ("ignored", OLDER)]
    assert the_order().state == "released"


def test_a_cancellation_calls_the_order_off_with_its_work(client: Client):
    send_shopify(client, shopify_order())
    work_it_off()
    send_shopify(
        client, shopify_order(cancelled_at=later(), updated_at=later(), cancel_reason="customer"), "orders/cancelled"
    )
    send_shopify(client, shopify_order(cancelled_at=later(), updated_at=later()), "orders/updated")
    work_it_off()

    assert verdicts()[1:] == [("accepted", CANCELLED), ("duplicate", CANCELLED_ALREADY)]
    order = the_order()
    assert (order.state, order.cancel_reason) == ("cancelled", "customer")
    assert FulfillmentOrder.objects.get().state == "cancelled"


def test_an_update_from_before_the_cancellation_does_not_look_new(client: Client):
    send_shopify(client, shopify_order())
    send_shopify(client, shopify_order(cancelled_at=later(9), updated_at=later(9)), "orders/cancelled")
    send_shopify(client, shopify_order(note="ring twice", updated_at=later(5)), "orders/updated")
    work_it_off()

    assert verdicts()[-1] == ("ignored", OLDER)


def test_a_deletion_calls_the_order_off(client: Client):
    send_woo(client, woo_order(15))
    work_it_off()
    send_woo(client, {"id": 15}, "order.deleted", webhook_id="3")
    work_it_off()

    assert verdicts()[-1] == ("accepted", CANCELLED)
    assert the_order(15).state == "cancelled"


def test_a_cancellation_after_goods_left_is_put_before_a_person(client: Client):
    send_shopify(client, shopify_order())
    work_it_off()
    ship_fulfillment_order(FulfillmentOrder.objects.get().pk, external_id="S", parcels=[Parcel("T")], actor=AGENT)
    work_it_off()

    refunded = shopify_order(cancelled_at=later(), updated_at=later(), financial_status="refunded")
    send_shopify(client, refunded, "orders/cancelled")
    work_it_off()

    assert verdicts()[-1] == ("accepted", CANCEL_CAME_LATE)
    order = the_order()
    assert (order.state, order.payment_state) == ("shipped", "refunded")
    assert ExceptionCase.objects.filter(type="cancel_after_ship", state="open").count() == 1


def test_a_cancelled_order_that_is_open_again_there_is_not_shipped_but_told(client: Client):
    send_woo(client, woo_order())
    send_woo(client, woo_order(status="cancelled", date_modified_gmt=later().rstrip("Z")), "order.updated")
    send_woo(client, woo_order(status="processing", date_modified_gmt=later(2).rstrip("Z")), "order.updated")
    work_it_off()

    assert verdicts()[-1] == ("accepted", REOPENED)
    assert the_order().state == "cancelled"
    assert ExceptionCase.objects.filter(type="changed_after_release").count() == 1


def test_a_partial_refund_that_names_no_units_is_put_before_a_person_before_it_ships(client: Client):
    send_woo(client, woo_order())
    work_it_off()
    refund = [{"id": 9, "reason": "", "total": "-5.00"}]
    send_woo(client, woo_order(refunds=refund, date_modified_gmt=later().rstrip("Z")), "order.updated")
    work_it_off()

    order = the_order()
    assert (order.payment_state, order.state, order.total_minor) == ("partially_refunded", "released", 2000)
    assert order.lines.get().quantity == 2
    hold = Hold.objects.get(released_at=None)
    assert (hold.reason, hold.note) == (
        "payment_problem",
        "£5.00 was given back, and the source does not say for which units.",
    )
    assert ExceptionCase.objects.get().type == "payment_problem"


def test_goods_added_after_release_are_put_before_a_person(client: Client):
    send_shopify(client, shopify_order())
    work_it_off()
    changed = shopify_order(updated_at=later(), total_price="30.00")
    changed["line_items"][0]["quantity"] = 3
    send_shopify(client, changed, "orders/updated")
    work_it_off()

    assert the_order().lines.get().quantity == 2
    assert ExceptionCase.objects.get().type == "changed_after_release"


def test_an_order_that_is_routed_again_while_a_node_has_part_of_it_keeps_its_lines(client: Client):
    make_stock(N2={"B": 5})
    lines = [
        {"id": 11, "sku": "A", "quantity": 2, "price": "10.00"},
        {"id": 12, "sku": "B", "quantity": 1, "price": "5.00"},
    ]
    send_shopify(client, shopify_order(line_items=lines, total_price="25.00"))
    work_it_off()
    order = the_order()
    assert FulfillmentOrder.objects.filter(order=order).count() == 2
    Order.objects.filter(pk=order.pk).update(state="validated")

    send_shopify(client, shopify_order(line_items=lines[:1], total_price="20.00", updated_at=later()), "orders/updated")
    work_it_off()

    assert verdicts()[-1] == ("accepted", UPDATED)
    assert dict(order.lines.values_list("sku_code", "cancelled_quantity")) == {"A": 0, "B": 1}
    assert dict(FulfillmentOrder.objects.values_list("node__code", "state")) == {"N1": "accepted", "N2": "cancelled"}


@pytest.mark.parametrize("topic", ["order.created", "order.updated"])
def test_an_order_completed_in_the_shop_before_it_came_is_recorded_as_done(client: Client, topic: str):
    send_woo(client, woo_order(status="completed"), topic)
    work_it_off()

    assert verdicts() == [("accepted", NEW_ORDER)]
    assert the_order().state == "delivered"
    assert not Hold.objects.exists()
    assert not ExceptionCase.objects.exists()
    assert not FulfillmentOrder.objects.exists()


def test_its_creation_arriving_after_it_was_completed_changes_nothing(client: Client):
    send_woo(client, woo_order(status="completed", date_modified_gmt=later().rstrip("Z")), "order.updated")
    work_it_off()
    send_woo(client, woo_order(), "order.created")
    work_it_off()

    assert verdicts()[-1] == ("ignored", OLDER)
    assert the_order().state == "delivered"
    assert not Hold.objects.exists()


def test_an_order_completed_at_the_source_while_we_still_had_it_is_held_once(client: Client):
    send_woo(client, woo_order())
    work_it_off()
    send_woo(client, woo_order(status="completed", date_modified_gmt=later().rstrip("Z")), "order.updated")
    work_it_off()
    assert Hold.objects.get().reason == "manual"
    release_hold(the_order().pk, reason="manual", actor=AGENT)

    send_woo(client, woo_order(status="completed", date_modified_gmt=later(2).rstrip("Z")), "order.updated")
    work_it_off()

    assert not Hold.objects.filter(released_at=None).exists()


def test_a_channel_may_take_completed_orders_as_they_are(client: Client):
    Channel.objects.filter(code="woo").update(settings={"completed_orders": "take"})
    send_woo(client, woo_order(status="completed"), "order.updated")
    work_it_off()

    assert the_order().state == "released"


def test_a_hold_the_contract_asks_for_keeps_the_order_from_being_routed(client: Client):
    send_shopify(client, shopify_order(test=True))
    work_it_off()

    assert the_order().state == "received"
    assert Hold.objects.get().reason == "manual"


def test_a_hold_the_contract_asks_for_has_a_case_and_goes_when_the_channel_asks_for_it_no_more(client: Client):
    send_shopify(client, shopify_order(test=True))
    work_it_off()
    case = ExceptionCase.objects.get()
    assert (case.type, case.state) == ("manual", "open")
    assert "test" in case.sentence.lower()

    send_shopify(client, shopify_order(updated_at=later()), "orders/updated")
    work_it_off()

    assert ExceptionCase.objects.get().state == "resolved"
    assert the_order().state == "released"


def test_a_hold_placed_by_hand_survives_an_update(client: Client):
    send_shopify(client, shopify_order())
    place_hold_by_hand()
    send_shopify(client, shopify_order(updated_at=later(), note="ring twice"), "orders/updated")
    work_it_off()

    assert the_order().state == "received"


def place_hold_by_hand() -> None:
    from apps.channels.services.intake import take_in_messages

    take_in_messages(InboxMessage.objects.values_list("pk", flat=True))
    place_hold(the_order().pk, reason="manual", actor=AGENT)
