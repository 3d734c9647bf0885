"""Promising less."""

import pytest

from apps.casework.resolutions import options_for, preview
from apps.casework.resolutions.errors import NotResolvable
from apps.catalog.models import BundleComponent, Sku
from apps.fulfillment.errors import UnitsUnderWay
from apps.fulfillment.models import FulfillmentLine, FulfillmentOrder
from apps.fulfillment.services import Parcel, call_off_lines, ship_fulfillment_order
from apps.inventory.models import StockLevel
from apps.orders.errors import LinesNotCancellable
from apps.orders.models import OrderLine
from apps.orders.services import unroute_orders
from tests.casework.resolutions.settling import agent, case_of, fresh, let, settle, told
from tests.driving import again, work_it_off
from tests.factories import AGENT, SkuFactory, make_counted_stock, make_order, make_policy
from tests.invariants import assert_invariants

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _rules():
    let()
    make_policy(partial="hold")


def line_of(order, sku):
    return OrderLine.objects.get(order=order, sku_code=sku)


def test_without_the_units_nobody_has_the_rest_ships():
    make_counted_stock(N1={"A": 5, "B": 0})
    Sku.objects.filter(code="B").update(cost_minor=400)
    order = make_order(lines={"A": 1, "B": 2})
    work_it_off()
    case = case_of(order, "no_stock")
    effect = preview(case, "cancel_lines", {"units": {"2": 2}}, agent())
    assert (effect.at_stake_minor, effect.margin_minor) == (2000, -1200)

    settle(case, "cancel_lines", units={"2": 2})
    work_it_off()

    assert again(order).state == "released"
    assert line_of(order, "B").cancelled_quantity == 2
    assert (fresh(case).state, fresh(case).resolution_code) == ("resolved", "cancel_lines")
    assert_invariants()


def test_cancelling_part_of_what_is_missing_leaves_the_case_to_be_settled():
    make_counted_stock(N1={"A": 5, "B": 0})
    order = make_order(lines={"A": 1, "B": 3})
    work_it_off()
    case = case_of(order, "no_stock")

    settle(case, "cancel_lines", units={"2": 1})
    work_it_off()

    assert fresh(case).state in ("open", "in_progress")
    assert again(order).state == "validated"


def test_an_unknown_sku_can_be_left_out():
    make_counted_stock(N1={"A": 5})
    order = make_order(lines={"A": 1, "NOPE": 1})
    work_it_off()
    case = case_of(order, "unknown_sku")

    settle(case, "cancel_lines", units={"2": 1})
    work_it_off()

    assert again(order).state == "released"
    assert fresh(case).state == "resolved"


def test_units_claimed_and_not_picked_are_freed_with_their_stock():
    make_counted_stock(N1={"A": 5})
    order = make_order(lines={"A": 3})
    work_it_off()

    call_off_lines(order.pk, units={line_of(order, "A").pk: 1}, reason="", actor=AGENT)
    work_it_off()

    assert StockLevel.objects.get().reserved == 2
    assert FulfillmentLine.objects.get().quantity == 2
    assert_invariants()


def test_what_has_left_can_not_be_cancelled_and_nothing_changes():
    make_counted_stock(N1={"A": 5})
    order = make_order(lines={"A": 3})
    work_it_off()
    row, line = FulfillmentOrder.objects.get(), FulfillmentLine.objects.get()
    ship_fulfillment_order(row.pk, external_id="S1", parcels=[Parcel(contents={line.pk: 2})], actor=AGENT)
    work_it_off()
    before = told(order)

    with pytest.raises(UnitsUnderWay):
        call_off_lines(order.pk, units={line_of(order, "A").pk: 2}, reason="", actor=AGENT)

    assert line_of(order, "A").cancelled_quantity == 0
    assert told(order) == before


def test_an_order_of_which_nothing_would_be_left_is_to_be_cancelled_instead():
    make_counted_stock(N1={"A": 5})
    order = make_order(lines={"A": 3})
    work_it_off()

    with pytest.raises(LinesNotCancellable):
        call_off_lines(order.pk, units={line_of(order, "A").pk: 3}, reason="", actor=AGENT)

    assert line_of(order, "A").cancelled_quantity == 0


def test_a_cancelled_order_frees_its_stock_and_ends_its_cases():
    make_counted_stock(N1={"A": 1})
    order = make_order(lines={"A": 2})
    work_it_off()
    case = case_of(order, "no_stock")

    settle(case, "cancel_order", reason="customer gave up")
    work_it_off()

    assert (again(order).state, again(order).cancel_reason) == ("cancelled", "customer gave up")
    assert StockLevel.objects.get().reserved == 0
    assert fresh(case).resolution_code == "cancel_order"
    assert_invariants()


def test_a_shipped_order_is_no_longer_cancelled_and_says_so():
    make_counted_stock(N1={"A": 5})
    order = make_order(lines={"A": 1}, risk={"level": "high"})
    work_it_off()
    case = case_of(order, "fraud_review")
    settle(case, "release_hold")
    work_it_off()
    ship_fulfillment_order(FulfillmentOrder.objects.get().pk, external_id="S1", parcels=[Parcel()], actor=AGENT)
    work_it_off()
    case.refresh_from_db()

    with pytest.raises(NotResolvable, match="shipped"):
        preview(case, "cancel_order", {}, agent())

    assert options_for(case, agent()) == []


def test_an_order_whose_other_parcel_has_left_is_shipped_once_the_rest_is_cancelled():
    make_counted_stock(N1={"A": 5, "B": 0})
    make_policy(partial="ship_available")
    order = make_order(lines={"A": 1, "B": 2})
    work_it_off()
    case = case_of(order, "partial_allocation")
    reject_and_ship(order)

    settle(fresh(case), "cancel_lines", units={"2": 2})
    work_it_off()

    assert again(order).state == "shipped"
    assert_invariants()


def reject_and_ship(order):
    """Its one parcel leaves while the order is being routed again for the rest."""
    unroute_orders([again(order)], actor=AGENT)
    ship_fulfillment_order(FulfillmentOrder.objects.get().pk, external_id="S1", parcels=[Parcel()], actor=AGENT)
    work_it_off()


def test_the_stock_of_a_bundle_is_freed_part_by_part():
    make_counted_stock(N1={"TOP": 6, "BOTTOM": 6})
    bundle = SkuFactory(code="SET")
    for part, each in (("TOP", 1), ("BOTTOM", 2)):
        BundleComponent.objects.create(bundle=bundle, component=Sku.objects.get(code=part), quantity=each)
    order = make_order(lines={"SET": 3})
    work_it_off()

    call_off_lines(order.pk, units={line_of(order, "SET").pk: 1}, reason="", actor=AGENT)
    work_it_off()

    assert {level.sku.code: level.reserved for level in StockLevel.objects.all()} == {"TOP": 2, "BOTTOM": 4}
    assert_invariants()
