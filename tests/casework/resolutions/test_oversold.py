"""A node has less than it promised: the newest orders that nobody has picked yet go elsewhere."""

import pytest

from apps.casework.models import ExceptionCase
from apps.casework.resolutions import options_for, preview
from apps.casework.resolutions.errors import NotResolvable
from apps.core.actor import SYSTEM
from apps.fulfillment.models import FulfillmentOrder
from apps.fulfillment.services import (
    Parcel,
    accept_fulfillment_order,
    pick_fulfillment_order,
    ship_fulfillment_order,
)
from apps.inventory.models import Reservation, StockLevel
from apps.inventory.services import Count, count_stock
from tests.casework.resolutions.settling import agent, fresh, let, settle
from tests.driving import work_it_off
from tests.factories import make_order, make_policy, make_stock

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _rules():
    let()


def oversold(*, picked: int = 0) -> ExceptionCase:
    """Three orders of one each at N1, the nearest; then a count says one is there. N2 has plenty."""
    make_policy()
    make_stock(N1={"A": 3})
    for _ in range(3):
        make_order(lines={"A": 1})
    work_it_off()
    for row in FulfillmentOrder.objects.order_by("pk")[:picked]:
        if row.state == "open":
            accept_fulfillment_order(row.pk, actor=SYSTEM)
        pick_fulfillment_order(row.pk, actor=SYSTEM)
    make_stock(N2={"A": 10})
    count_stock([Count("N1", "A", on_hand=1)], reason="count", actor=SYSTEM)
    work_it_off()
    return ExceptionCase.objects.get(type="oversold")


def nodes() -> list[str]:
    rows = FulfillmentOrder.objects.exclude(state="rejected").order_by("order_id")
    return list(rows.values_list("node__code", flat=True))


def test_the_newest_move_as_far_as_needed_and_the_case_is_settled():
    case = oversold()

    settle(case, "move_orders")
    work_it_off()

    assert nodes() == ["N1", "N2", "N2"]
    level = StockLevel.objects.get(node__code="N1", sku__code="A")
    assert (level.on_hand, level.reserved) == (1, 1)
    assert (fresh(case).state, fresh(case).resolution_code) == ("resolved", "move_orders")


def test_it_is_recommended_with_what_it_would_do():
    case = oversold()

    best = options_for(case, agent())[0]

    assert (best.code, best.recommended) == ("move_orders", True)
    assert best.effect is not None
    assert best.effect.sentence.startswith("The 2 newest orders are taken from")
    assert nodes() == ["N1", "N1", "N1"]


def test_what_is_picked_stays_and_what_is_left_uncovered_keeps_the_case_open():
    case = oversold(picked=2)
    option = next(one for one in options_for(case, agent()) if one.code == "move_orders")
    assert option.effect is not None
    assert option.effect.sentence.endswith("1 unit stays uncovered.")

    settle(case, "move_orders")
    work_it_off()

    assert nodes() == ["N1", "N1", "N2"]
    assert fresh(case).state != "resolved"


def test_what_is_picked_keeps_its_stock_before_older_orders_that_are_not():
    make_policy()
    make_stock(N1={"A": 3})
    for _ in range(3):
        make_order(lines={"A": 1})
    work_it_off()
    newest = FulfillmentOrder.objects.latest("order_id")
    pick_fulfillment_order(newest.pk, actor=SYSTEM)

    count_stock([Count("N1", "A", on_hand=2)], reason="count", actor=SYSTEM)
    assert without_stock() == [0, 0, 1]
    work_it_off()

    assert without_stock() == [0, 1, 0]


def without_stock() -> list[int]:
    """Of each claim, the oldest first."""
    return list(Reservation.objects.order_by("order_id").values_list("backordered", flat=True))


def test_where_all_is_picked_nothing_moves_and_it_says_why():
    case = oversold(picked=3)

    with pytest.raises(NotResolvable, match="picked already"):
        settle(case, "move_orders")

    assert nodes() == ["N1", "N1", "N1"]
    assert fresh(case).state == "open"


def test_what_has_all_left_is_to_be_counted_and_ends_the_case():
    case = oversold(picked=3)
    for row in FulfillmentOrder.objects.order_by("pk"):
        ship_fulfillment_order(row.pk, external_id="", parcels=[Parcel("T")], actor=SYSTEM)
    work_it_off()

    best = options_for(case, agent())[0]
    settle(case, "count_level", on_hand=4)
    work_it_off()

    assert (best.code, best.recommended) == ("count_level", True)
    assert best.params[0].help == "0 should be there; count those as well."
    assert (fresh(case).state, fresh(case).resolution_code) == ("resolved", "count_level")
    assert StockLevel.objects.get(node__code="N1", sku__code="A").on_hand == 4


def test_a_count_that_leaves_too_little_is_booked_and_the_case_goes_on():
    case = oversold(picked=3)

    effect = preview(case, "count_level", {"on_hand": 2}, agent())
    settle(case, "count_level", on_hand=2)
    work_it_off()

    assert effect.sentence == "1 more are booked; 1 promised to orders are still missing, and the case goes on."
    assert StockLevel.objects.get(node__code="N1", sku__code="A").on_hand == 2
    assert fresh(case).state == "open"
    assert ExceptionCase.objects.filter(type="oversold", state="open").count() == 1
