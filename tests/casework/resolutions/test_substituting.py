"""Something else in the place of what is short, as far as the customer wishes it."""

from datetime import timedelta

import pytest

from apps.accounts.models import Role
from apps.casework.models import ApprovalPolicy, ApprovalRequest
from apps.casework.resolutions import choose_resolution, options_for
from apps.casework.resolutions.errors import NotResolvable, WrongParameters
from apps.catalog.models import Sku, Substitute
from apps.core import clock
from apps.orders.models import OrderLine
from tests.casework.approvals.people import decide, person
from tests.casework.resolutions.settling import agent, case_of, fresh, let, settle
from tests.driving import again, work_it_off
from tests.factories import SkuFactory, make_counted_stock, make_order, make_policy
from tests.invariants import assert_invariants

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _shop():
    let()
    make_policy(partial="hold")
    make_counted_stock(N1={"A": 0, "B": 9})
    Sku.objects.filter(code="A").update(cost_minor=400)
    Sku.objects.filter(code="B").update(cost_minor=500, price_minor=1200)
    Substitute.objects.create(sku=Sku.objects.get(code="A"), substitute=Sku.objects.get(code="B"))


def short_order(wish: str = ""):
    line = {"line_id": "1", "sku": "A", "quantity": 2, "unit_price": 1000}
    order = make_order(lines=[{**line, "properties": {"substitution": wish} if wish else {}}])
    work_it_off()
    return order, case_of(order, "no_stock")


def test_within_the_limits_the_line_is_replaced_and_the_order_ships():
    order, case = short_order()
    best = options_for(case, agent())[0]
    assert (best.code, best.recommended) == ("substitute", True)
    assert (best.effect.margin_minor, best.effect.at_stake_minor) == (-200, 2000)

    settle(case, "substitute", sku="B")
    work_it_off()

    assert again(order).state == "released"
    assert [(line.sku_code, line.open_quantity) for line in order.lines.all()] == [("A", 0), ("B", 2)]
    assert (fresh(case).state, fresh(case).resolution_code) == ("resolved", "substitute")
    assert_invariants()


def test_beyond_them_it_is_proposed_with_both_lines_side_by_side():
    let("substitute", most_minor=0)
    ApprovalPolicy.objects.create(kind="substitution", roles=[Role.LEAD])
    order, case = short_order()

    asked = choose_resolution(
        case.pk, code="substitute", params={"sku": "B"}, expected_version=case.version, undo_s=0, caller=agent()
    )

    assert isinstance(asked, ApprovalRequest)
    assert (asked.before["sku"], asked.after["sku"]) == ("A", "B")
    assert OrderLine.objects.get(order=order).cancelled_quantity == 0


def test_a_customer_who_wants_none_is_sent_none():
    _, case = short_order("never")

    with pytest.raises(NotResolvable, match="wants no substitutes"):
        settle(case, "substitute", sku="B")

    assert fresh(case).state == "open"


def test_a_customer_who_wants_to_be_asked_is_asked_first():
    order, case = short_order("ask")

    with pytest.raises(WrongParameters, match="Customer asked is missing"):
        settle(case, "substitute", sku="B")
    settle(case, "substitute", sku="B", agreed="yes")
    work_it_off()

    assert again(order).state == "released"


def test_what_the_catalog_does_not_offer_is_no_choice():
    SkuFactory(code="C")
    _, case = short_order()

    with pytest.raises(WrongParameters):
        settle(case, "substitute", sku="C")

    assert fresh(case).state == "open"


def test_a_substitution_approved_while_something_else_is_about_to_be_done_ends_the_case_first():
    let("substitute", most_minor=0)
    ApprovalPolicy.objects.create(kind="substitution", roles=[Role.LEAD])
    order, case = short_order()
    asked = choose_resolution(
        case.pk, code="substitute", params={"sku": "B"}, expected_version=case.version, undo_s=0, caller=agent()
    )
    chosen = settle(fresh(case), "cancel_order", undo_s=10)

    decide(asked, person("lead"))
    with clock.moved(timedelta(seconds=11)):
        work_it_off()

    chosen.refresh_from_db()
    assert (fresh(case).state, fresh(case).resolution_code) == ("resolved", "substitute")
    assert (chosen.state, chosen.outcome) == ("refused", "The case had ended by then; nothing was changed.")
    assert again(order).state == "released"
