"""What a shop changes after work has begun: it follows where it still matters, and a person hears of the rest, in words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from apps.casework.models import ExceptionCase
from apps.channels.verdict_reasons import CAME_LATE, NOTHING_NEW, UPDATED, UPDATED_LATE
from apps.core.models import Event
from apps.fulfillment.models import FulfillmentOrder, Shipment
from apps.fulfillment.services import (
    Parcel,
    deliver_shipment,
    pack_fulfillment_order,
    pick_fulfillment_order,
    ship_fulfillment_order,
)
from apps.orders.models import Hold, Order, OrderContact
from apps.orders.services import amend_order, release_hold, revise_order
from tests.channels.sending import later, send_shopify, shopify_order, the_order, verdicts
from tests.driving import again, work_it_off
from tests.factories import AGENT, ChannelFactory, canonical, make_counted_stock, make_order, make_policy
from tests.invariants import assert_invariants

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _shop() -> None:
    make_policy()
    make_counted_stock(N1={"A": 100, "B": 100})
    ChannelFactory(shopify=True)


def released(client: Client) -> FulfillmentOrder:
    send_shopify(client, shopify_order())
    work_it_off()
    return FulfillmentOrder.objects.get()


def packed(client: Client) -> FulfillmentOrder:
    work = released(client)
    pick_fulfillment_order(work.pk, actor=AGENT)
    return pack_fulfillment_order(work.pk, actor=AGENT)


def shipped(client: Client) -> FulfillmentOrder:
    work = packed(client)
    ship_fulfillment_order(work.pk, external_id="s1", parcels=[Parcel(tracking_number="T1")], actor=AGENT)
    work_it_off()
    return work


def delivered(client: Client) -> FulfillmentOrder:
    work = shipped(client)
    deliver_shipment(Shipment.objects.get().public_id, actor=AGENT)
    work_it_off()
    assert the_order().state == "delivered"
    return work


def change(client: Client, minutes: int = 5, *, address: dict[str, str] | None = None, **said: Any) -> None:
    order = shopify_order(updated_at=later(minutes), **said)
    order["shipping_address"] = order["shipping_address"] | (address or {})
    send_shopify(client, order, "orders/updated")
    work_it_off()


EXPRESS = [{"title": "Express", "price": "0.00"}]
PERSONAL: dict[str, dict[str, Any]] = {
    "the recipient's name": {"address": {"name": "Kim Canary"}},
    "the phone number": {"address": {"phone": "0113 496 0000"}},
    "the company": {"address": {"company": "Canary Ltd"}},
    "the customer's note": {"note": "Ring Canary twice"},
}
PLAIN: dict[str, dict[str, Any]] = {
    "the service level from standard to express": {"shipping_lines": EXPRESS},
}


@pytest.mark.parametrize("said", [*PERSONAL.values(), *PLAIN.values()])
def test_before_it_is_packed_it_follows_and_nobody_is_asked(client: Client, said: dict[str, Any]):
    released(client)

    change(client, **said)

    assert verdicts()[-1] == ("accepted", UPDATED)
    assert not ExceptionCase.objects.exists()
    assert_invariants()


@pytest.mark.parametrize(("words", "said"), [*PERSONAL.items(), *PLAIN.items()])
@pytest.mark.parametrize("reach", [packed, shipped])
def test_what_a_parcel_bears_otherwise_is_kept_and_a_case_names_it(
    client: Client, reach: Callable[[Client], FulfillmentOrder], words: str, said: dict[str, Any]
):
    reach(client)

    change(client, **said)

    assert verdicts()[-1] == ("accepted", UPDATED_LATE)
    case = ExceptionCase.objects.get()
    assert (case.type, case.state) == ("changed_after_release", "open")
    assert words in case.sentence
    assert "N1 goes by the old" in case.sentence
    assert_invariants()


@pytest.mark.parametrize("said", [*PERSONAL.values(), *PLAIN.values()])
def test_what_was_said_already_opens_nothing_new_nor_does_a_tag_beside_it(client: Client, said: dict[str, Any]):
    packed(client)
    change(client, **said)

    change(client, 6, **said)
    change(client, 7, **said, tags="vip, rush")

    assert verdicts()[-2:] == [("ignored", NOTHING_NEW), ("accepted", UPDATED)]
    assert the_order().tags == ["vip", "rush"]
    assert ExceptionCase.objects.get().occurrences == 1


def test_two_changes_one_after_the_other_stand_in_one_case(client: Client):
    packed(client)
    change(client, shipping_lines=EXPRESS)

    change(client, 6, shipping_lines=[{"title": "Same day courier", "price": "0.00"}], address={"name": "Kim"})

    case = ExceptionCase.objects.get()
    assert "the service level from standard to same day" in case.sentence
    assert "the recipient's name" in case.sentence


def test_the_contact_holds_the_new_and_knows_what_the_label_bears(client: Client):
    packed(client)

    change(client, address={"name": "Kim Canary", "phone": "123"}, email="kim@example.test")

    contact = OrderContact.objects.get()
    assert (contact.name, contact.phone, contact.email) == ("Kim Canary", "123", "kim@example.test")
    assert contact.replaced == {"name": "Pat Canary", "phone": ""}
    assert_invariants()


def test_another_address_is_not_taken_over_and_asked_about_once(client: Client):
    released(client)

    change(client, address={"address1": "9 Other Street"})
    change(client, 6, address={"address1": "9 Other Street"}, tags="vip")

    assert verdicts()[-2:] == [("accepted", CAME_LATE), ("accepted", UPDATED)]
    case = ExceptionCase.objects.get()
    assert "the delivery address" in case.sentence
    assert case.occurrences == 1
    contact = OrderContact.objects.get()
    assert (contact.line1, contact.corrected_from) == ("1 Canary Row", {"line1": "9 Other Street"})


def test_goods_ordered_besides_are_named_and_asked_about_once(client: Client):
    released(client)
    lines = [*shopify_order()["line_items"], {"id": 12, "sku": "B", "title": "B", "quantity": 3, "price": "1.00"}]

    change(client, line_items=lines, total_price="23.00")
    change(client, 6, line_items=lines, total_price="23.00", tags="vip")

    assert verdicts()[-2:] == [("accepted", CAME_LATE), ("accepted", UPDATED)]
    case = ExceptionCase.objects.get()
    assert "3 × B was added after the order was released; not sent." in case.sentence
    assert case.occurrences == 1
    assert the_order().total_minor == 2000


def test_an_upgrade_reaches_the_node_that_has_not_packed(client: Client):
    work = released(client)

    change(client, shipping_lines=EXPRESS)

    assert (the_order().service_level, FulfillmentOrder.objects.get(pk=work.pk).service_level) == ("express", "express")


def test_a_total_that_its_lines_do_not_come_to_holds_what_has_not_left(client: Client):
    released(client)

    change(client, total_price="12.00")

    assert the_order().claimed_totals["total"] == 1200
    assert Hold.objects.get().reason == "price_mismatch"
    assert ExceptionCase.objects.get().type == "price_mismatch"
    change(client, 6)
    assert Hold.objects.get().released_at is not None
    assert ExceptionCase.objects.get().state == "resolved"
    assert_invariants()


def test_a_risk_that_rises_holds_what_has_not_left_once():
    ChannelFactory()
    order = make_order()
    work_it_off()
    assert again(order).state == "released"

    risky(order, minutes=1)

    assert (Hold.objects.get().reason, ExceptionCase.objects.get().type) == ("fraud_review", "fraud_review")
    release_hold(order.pk, reason="fraud_review", actor=AGENT)
    work_it_off()
    risky(order, minutes=2, tags=["vip"])
    assert not Hold.objects.filter(released_at=None).exists()
    assert_invariants()


def risky(order: Order, *, minutes: int, **changes: Any) -> None:
    said = canonical(
        external_id=order.external_id,
        placed_at=order.placed_at,
        updated_at=order.placed_at + timedelta(minutes=minutes),
        risk={"level": "high"},
        **changes,
    )
    revise_order(order.pk, said, actor=AGENT, bound=True)
    work_it_off()


def test_what_was_decided_here_stands_until_the_shop_says_something_else(client: Client):
    released(client)
    amend_order(the_order().pk, changes={"tags": ["ours"]}, actor=AGENT)

    change(client, note="hello")
    assert the_order().tags == ["ours"]

    change(client, 6, tags="theirs")
    assert the_order().tags == ["theirs"]


def test_so_do_tags_decided_here_before_it_was_routed(client: Client):
    send_shopify(client, shopify_order(financial_status="pending"))
    work_it_off()
    amend_order(the_order().pk, changes={"tags": ["ours"]}, actor=AGENT)

    change(client, financial_status="paid")

    assert the_order().tags == ["ours"]


@pytest.mark.parametrize("said", [*PERSONAL.values(), *PLAIN.values(), {"address": {"address1": "9 Other Street"}}])
def test_of_a_delivered_order_all_is_recorded_and_nobody_is_asked(client: Client, said: dict[str, Any]):
    delivered(client)

    change(client, **said)

    assert verdicts()[-1] == ("accepted", UPDATED)
    assert not ExceptionCase.objects.exists()


def test_neither_events_nor_cases_hold_who_it_is(client: Client):
    packed(client)
    for minutes, said in enumerate(PERSONAL.values(), 5):
        change(client, minutes, **said)

    texts = [str(event.data) for event in Event.objects.all()]
    texts += [f"{case.sentence} {case.detail}" for case in ExceptionCase.objects.all()]
    assert not [text for text in texts if "Canary" in text or "0113" in text]
