"""An order is cancelled when part of it has left and a partner has the rest: the partner is asked to stop."""

from __future__ import annotations

import pytest

from apps.casework.models import ExceptionCase
from apps.compensation.models import ExternalEffect
from apps.fulfillment.errors import FulfillmentCalledOff
from apps.fulfillment.models import FulfillmentLine, FulfillmentOrder
from apps.fulfillment.services import (
    Parcel,
    call_off_order,
    pack_fulfillment_order,
    pick_fulfillment_order,
    ship_fulfillment_order,
    stop_units,
)
from apps.inventory.models import StockLevel
from apps.orders.models import Order
from orchestrator.sandbox import Sandbox
from tests.driving import again, work_it_off
from tests.factories import AGENT, make_order
from tests.invariants import assert_invariants
from tests.partnering import deliver_news, fresh, in_a_while, keep, make_partner, operations, taken

pytestmark = pytest.mark.django_db(transaction=True)


def half_left(sandbox: Sandbox, *, tell_partner: bool = True) -> tuple[Order, FulfillmentOrder]:
    """A has left our own node; the partner has B. Answers the order and the partner's part."""
    make_partner(sandbox, stock={"B": 10})
    keep("OWN", {"A": 10})
    order = make_order(lines={"A": 1, "B": 2})
    work_it_off(partners=tell_partner)
    rows = {row.node.code: row for row in FulfillmentOrder.objects.filter(order=order)}
    ship_fulfillment_order(rows["OWN"].pk, external_id="S", parcels=[Parcel(tracking_number="T")], actor=AGENT)
    return order, rows["P1"]


def cancel(order: Order) -> None:
    call_off_order(order.pk, reason="changed my mind", actor=AGENT)
    work_it_off()


def reserved() -> dict[str, int]:
    return {level.sku.code: level.reserved for level in StockLevel.objects.select_related("sku")}


def types() -> list[str]:
    return sorted(ExceptionCase.objects.filter(state="open").values_list("type", flat=True))


def test_the_partner_is_asked_to_stop_and_the_order_ends_with_what_has_left(sandbox: Sandbox):
    order, row = half_left(sandbox)
    cancel(order)

    assert taken(sandbox, row)[0].state == fresh(row).state == "cancelled"
    assert reserved() == {"A": 0, "B": 0}
    assert again(order).state == "shipped"
    assert types() == ["cancel_after_ship"]


def test_what_the_partner_was_not_told_of_is_never_sent(sandbox: Sandbox):
    order, row = half_left(sandbox, tell_partner=False)
    cancel(order)
    in_a_while()

    assert operations(sandbox) == []
    assert fresh(row).state == "cancelled"
    assert again(order).state == "shipped"


def test_a_partner_whose_answer_was_lost_is_found_and_stopped(sandbox: Sandbox):
    make_partner(sandbox, stock={"B": 10})
    sandbox.misbehave("acme", "lose_ack", times=1)
    keep("OWN", {"A": 10})
    order = make_order(lines={"A": 1, "B": 2})
    work_it_off()
    rows = {row.node.code: row for row in FulfillmentOrder.objects.filter(order=order)}
    ship_fulfillment_order(rows["OWN"].pk, external_id="S", parcels=[Parcel(tracking_number="T")], actor=AGENT)
    cancel(order)
    in_a_while()

    assert operations(sandbox) == ["submit", "look_up", "cancel"]
    assert fresh(rows["P1"]).state == taken(sandbox, rows["P1"])[0].state == "cancelled"
    assert again(order).state == "shipped"


def test_asking_is_tried_until_it_works(sandbox: Sandbox):
    order, row = half_left(sandbox)
    sandbox.misbehave("acme", "fail", only="cancel", times=3)
    cancel(order)
    assert again(order).state == "released"
    in_a_while()

    assert fresh(row).state == "cancelled"
    assert ExternalEffect.objects.get().state == "compensated"
    assert again(order).state == "shipped"


def test_a_partner_that_refuses_and_ships_is_believed_and_goes_before_a_person(sandbox: Sandbox):
    order, row = half_left(sandbox)
    sandbox.misbehave("acme", "refuse_cancel")
    cancel(order)
    assert types() == ["cancel_after_ship", "cancel_after_ship"]
    sandbox.three_pl.ship(taken(sandbox, row)[0].reference)
    assert deliver_news(sandbox) == [200]
    work_it_off()

    assert fresh(row).state == "shipped"
    assert FulfillmentLine.objects.get(fulfillment_order=row).shipped_quantity == 2
    assert again(order).state == "shipped"
    assert again(order).lines.get(sku_code="B").cancelled_quantity == 2


def test_a_partner_that_rejects_what_was_called_off_gives_it_back_and_nothing_is_routed_again(sandbox: Sandbox):
    order, row = half_left(sandbox)
    keep("OWN", {"A": 10, "B": 10})
    sandbox.misbehave("acme", "fail", only="cancel")
    cancel(order)
    sandbox.three_pl.reject(taken(sandbox, row)[0].reference)
    assert deliver_news(sandbox) == [200]
    work_it_off()

    assert fresh(row).state == "cancelled"
    assert FulfillmentOrder.objects.filter(order=order).count() == 2
    assert again(order).state == "shipped"


def test_nobody_here_picks_packs_or_ships_what_was_called_off(sandbox: Sandbox):
    order, row = half_left(sandbox)
    sandbox.three_pl.accept(taken(sandbox, row)[0].reference)
    deliver_news(sandbox)
    sandbox.misbehave("acme", "fail", only="cancel")
    cancel(order)

    for verb in (pick_fulfillment_order, pack_fulfillment_order):
        with pytest.raises(FulfillmentCalledOff):
            verb(row.pk, actor=AGENT)
    with pytest.raises(FulfillmentCalledOff):
        ship_fulfillment_order(row.pk, external_id="X", parcels=[Parcel()], actor=AGENT)
    assert fresh(row).state == "accepted"
    assert FulfillmentLine.objects.get(fulfillment_order=row).shipped_quantity == 0


def take_off(order: Order, sku: str, units: int) -> None:
    line = order.lines.get(sku_code=sku)
    stop_units(order.pk, units={line.pk: units}, reason="taken off", actor=AGENT)
    work_it_off()


def test_a_partner_that_has_nothing_but_what_was_taken_off_is_asked_to_stop(sandbox: Sandbox):
    order, row = half_left(sandbox)
    take_off(order, "B", 2)

    assert taken(sandbox, row)[0].state == fresh(row).state == "cancelled"
    assert reserved() == {"A": 0, "B": 0}
    assert again(order).state == "shipped"
    assert types() == []


def test_a_partner_that_has_more_of_the_order_goes_before_a_person_and_is_not_replaced_when_it_refuses(
    sandbox: Sandbox,
):
    order, row = half_left(sandbox)
    keep("OWN", {"A": 10, "B": 10})
    take_off(order, "B", 1)

    case = ExceptionCase.objects.get()
    assert (case.type, case.subject_ref, case.node) == ("changed_after_release", row.public_id, "P1")
    assert "1 unit" in case.sentence
    assert "cancel" not in operations(sandbox)
    assert_invariants(limbo_s=60)
    sandbox.three_pl.reject(taken(sandbox, row)[0].reference)
    assert deliver_news(sandbox) == [200]
    work_it_off()

    # Only what is still wanted is sent from elsewhere.
    assert again(order).lines.get(sku_code="B").cancelled_quantity == 1
    replacement = FulfillmentLine.objects.get(fulfillment_order__order=order, fulfillment_order__state="accepted")
    assert (replacement.sku.code, replacement.quantity) == ("B", 1)
