"""What Shopify says besides the order itself: holds, moves and requests of fulfillment orders, refunds, edits, risk. The order is asked for."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from apps.casework.models import ExceptionCase
from apps.channels.models import Channel, InboxMessage
from apps.channels.tasks import poll_all
from apps.channels.verdict_reasons import CANT_BE_ASKED, FETCHED
from apps.orders.models import Hold, OrderLine
from apps.orders.services import release_hold
from tests.channels.sending import later, send_shopify, shopify_order, the_order, verdicts
from tests.channels.shops import ShopServer
from tests.driving import work_it_off
from tests.factories import AGENT, ChannelFactory, make_policy, make_stock

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def channel(server: ShopServer, client: Client) -> Channel:
    """A shop with one order, released here."""
    make_policy()
    make_stock(N1={"A": 100, "B": 100})
    made: Channel = ChannelFactory(shopify=True, base_url=server.url, api_secret="shpat_1")
    server.orders["1"] = shopify_order(1)
    send_shopify(client, shopify_order(1))
    work_it_off()
    assert the_order().state == "released"
    return made


def fulfillment_order(server: ShopServer) -> dict[str, Any]:
    found: dict[str, Any] = server.shopify.desk.of("1")[0]
    return found


def tell(client: Client, server: ShopServer, event: str, key: str = "fulfillment_order") -> None:
    """One webhook about the order's fulfillment order, as Shopify sends them: it names that and nothing else."""
    body = {key: {"id": f"gid://shopify/FulfillmentOrder/{fulfillment_order(server)['id']}", "status": "open"}}
    assert send_shopify(client, body, f"fulfillment_orders/{event}").status_code == 200
    work_it_off()


def hold_there(server: ShopServer, **hold: Any) -> None:
    fulfillment_order(server).update(status="on_hold", holds=[{"id": 5, "handle": "", "ours": False, **hold}])


def open_case() -> str:
    return str(ExceptionCase.objects.exclude(state="resolved").get().sentence)


def standing() -> list[str]:
    return list(Hold.objects.filter(released_at=None).values_list("note", flat=True))


def test_a_hold_placed_there_holds_the_order_until_it_is_released_there(client: Client, server: ShopServer):
    hold_there(server)
    tell(client, server, "placed_on_hold")

    assert standing() == ["on hold in the shop; it goes on here when it is released there"]
    assert open_case() == "On hold: on hold in the shop; it goes on here when it is released there"
    message = InboxMessage.objects.get(topic="fulfillment_orders/placed_on_hold")
    assert (message.reason, message.order_ref) == (FETCHED, the_order().public_id)

    server.orders["1"] = shopify_order(1, updated_at=later(3), note="A webhook of the order says nothing of holds.")
    send_shopify(client, server.orders["1"], "orders/updated")
    work_it_off()
    assert len(standing()) == 1

    fulfillment_order(server).update(status="open", holds=[])
    tell(client, server, "hold_released")
    assert standing() == []
    assert not ExceptionCase.objects.exclude(state="resolved").exists()


def test_an_order_held_let_go_and_held_again_is_held_again(client: Client, server: ShopServer):
    for status, holds in (("on_hold", 1), ("open", 0), ("on_hold", 1), ("open", 0)):
        hold_there(server)
        fulfillment_order(server)["status"] = status
        tell(client, server, "placed_on_hold" if holds else "hold_released")
        assert len(standing()) == holds


def test_our_own_hold_there_holds_nothing_here(client: Client, server: ShopServer):
    hold_there(server, ours=True, handle="orderyard")
    tell(client, server, "placed_on_hold")

    assert standing() == []


def test_what_somebody_here_released_is_not_held_again_by_the_next_message(client: Client, server: ShopServer):
    hold_there(server)
    tell(client, server, "placed_on_hold")
    release_hold(the_order().pk, reason="manual", actor=AGENT)
    tell(client, server, "rescheduled")

    assert standing() == []


def test_a_scheduled_fulfillment_order_waits_for_its_day(client: Client, server: ShopServer):
    fulfillment_order(server)["status"] = "scheduled"
    tell(client, server, "rescheduled")
    assert standing() == ["scheduled in the shop for a later day; it goes on here on that day"]

    fulfillment_order(server)["status"] = "open"
    tell(client, server, "scheduled_fulfillment_order_ready")
    assert standing() == []


def test_a_cancellation_request_is_put_before_a_person(client: Client, server: ShopServer):
    fulfillment_order(server)["request_status"] = "cancellation_requested"
    tell(client, server, "cancellation_request_submitted")

    assert "asks for what it had requested back" in open_case()
    assert the_order().state == "released"


def test_a_request_to_fulfill_brings_an_order_that_no_webhook_brought(client: Client, server: ShopServer):
    server.orders["2"] = shopify_order(2)
    asked = server.shopify.desk.of("2")[0]
    asked["request_status"] = "submitted"
    body = {"submitted_fulfillment_order": {"id": f"gid://shopify/FulfillmentOrder/{asked['id']}"}}
    send_shopify(client, body, "fulfillment_orders/fulfillment_request_submitted")
    work_it_off()

    assert the_order(2).state == "released"


@pytest.mark.parametrize(
    ("ours", "held"), [([], False), (["70000000001", "70000000009"], False), (["70000000001"], True)]
)
def test_one_moved_to_a_location_that_is_not_ours_is_put_before_a_person(
    client: Client, server: ShopServer, channel: Channel, ours: list[str], held: bool
):
    Channel.objects.update(settings={"locations": ours})
    fulfillment_order(server)["assigned_location_id"] = 70000000009
    tell(client, server, "moved", "moved_fulfillment_order")

    assert bool(standing()) == held
    if held:
        assert "moved in the shop to a location that is not ours" in open_case()


def test_a_refund_is_followed_though_no_other_webhook_comes(client: Client, server: ShopServer):
    refund = {"id": 9, "refund_line_items": [{"line_item_id": 11, "quantity": 1, "restock_type": "cancel"}]}
    server.orders["1"] = shopify_order(
        1, updated_at=later(5), refunds=[refund], financial_status="partially_refunded", current_total_price="10.00",
        current_subtotal_price="10.00",
    )  # fmt: skip
    send_shopify(client, {"id": 9, "order_id": 1, "refund_line_items": []}, "refunds/create")
    work_it_off()

    line = OrderLine.objects.get()
    assert (line.open_quantity, the_order().payment_state) == (1, "partially_refunded")


def test_an_edit_is_followed_though_no_other_webhook_comes(client: Client, server: ShopServer):
    line = {"id": 12, "sku": "B", "title": "Other", "quantity": 1, "price": "5.00"}
    order = shopify_order(1, updated_at=later(5), total_price="25.00")
    server.orders["1"] = order | {"line_items": [*order["line_items"], line]}
    edit = {"id": 3, "order_id": 1, "line_items": {"additions": [{"id": 12, "delta": 1}]}}
    send_shopify(client, {"order_edit": edit}, "orders/edited")
    work_it_off()

    assert open_case() == "1 × B was added after the order was released; not sent."


@pytest.mark.parametrize(("recommended", "level"), [("cancel", "high"), ("investigate", "high"), ("accept", "low")])
def test_a_risk_assessment_leads_to_the_review(client: Client, server: ShopServer, recommended: str, level: str):
    server.orders["1"]["risk_recommendation"] = recommended
    send_shopify(client, {"order_id": 1, "risk_level": "any", "provider_title": None}, "orders/risk_assessment_changed")
    work_it_off()
    held = level == "high"

    assert the_order().risk_level == level
    assert list(Hold.objects.filter(released_at=None).values_list("reason", flat=True)) == ["fraud_review"] * held
    # A later webhook of the order says nothing of risk, and takes nothing back.
    send_shopify(client, shopify_order(1, updated_at=later(7), note="hello"), "orders/updated")
    work_it_off()
    assert the_order().risk_level == level
    assert Hold.objects.filter(released_at=None).exists() == held


def test_a_polled_order_says_its_risk(server: ShopServer, channel: Channel):
    Channel.objects.update(polled_until=the_order().placed_at)
    server.orders["2"] = shopify_order(2, risk_recommendation="cancel")
    poll_all()
    work_it_off()

    assert list(the_order(2).holds.values_list("reason", flat=True)) == ["fraud_review"]


def test_where_the_shop_cannot_be_asked_the_orders_own_messages_are_left_to_say_it(client: Client, channel: Channel):
    Channel.objects.update(base_url="")
    send_shopify(client, {"id": 9, "order_id": 1}, "refunds/create")
    work_it_off()

    assert verdicts()[-1] == ("ignored", CANT_BE_ASKED)
    assert not ExceptionCase.objects.exists()
