"""Another SKU in place of the ordered one: found, proposed, approved, done, told."""

from __future__ import annotations

from typing import Any

import pytest

from apps.casework.approvals.candidates import candidates_for
from apps.casework.approvals.errors import ApprovalVoided, CustomerNotAsked, NotSimilarEnough
from apps.casework.approvals.substitution import propose_substitution
from apps.casework.models import ApprovalRequest, ExceptionCase
from apps.catalog.errors import SkuNotFound
from apps.catalog.models import Sku, Substitute, SubstituteRule
from apps.core.models import Event
from apps.fulfillment.errors import UnitsUnderWay
from apps.fulfillment.models import FulfillmentLine, FulfillmentOrder
from apps.fulfillment.services import pick_fulfillment_order
from apps.inventory.errors import InsufficientStock
from apps.inventory.models import Reservation, StockLevel
from apps.network.models import Node, NodeKind
from apps.orders.errors import LineNotSubstitutable, SubstitutionUnwanted
from apps.orders.models import Order, OrderLine
from apps.orders.services import revise_order, says_the_same
from tests.casework.approvals.people import actor, decide, person, policy
from tests.driving import again, work_it_off
from tests.factories import SkuFactory, canonical, make_counted_stock, make_order, make_policy
from tests.invariants import assert_invariants

pytestmark = pytest.mark.django_db


def shop(**stock: dict[str, int]) -> None:
    """A is ordered; B, cheaper, and C, dearer, are of its category."""
    make_policy()
    prices = {"A": (1000, 600), "B": (900, 500), "C": (1200, 700)}
    for code, (price, cost) in prices.items():
        SkuFactory(code=code, name=f"Mug {code}", category="mugs", price_minor=price, cost_minor=cost)
    SubstituteRule.objects.create(category="mugs")
    make_counted_stock(**(stock or {"leeds": {"A": 0, "B": 5, "C": 5}}))


def order_of(units: int = 2, wish: str = "", **changes: Any) -> Order:
    line = {"line_id": "1", "sku": "A", "title": "Mug A", "quantity": units, "unit_price": 1000}
    order = make_order(lines=[{**line, "properties": {"substitution": wish} if wish else {}}], **changes)
    work_it_off()
    return again(order)


def line_of(order: Order) -> OrderLine:
    return OrderLine.objects.select_related("order", "sku").get(order=order, line_id="1")


def propose_b(order: Order, **changes: Any) -> ApprovalRequest:
    values: dict[str, Any] = {"sku_code": "B", "reason": "A is gone.", "actor": actor(person("agent")), **changes}
    return propose_substitution(line_of(order).pk, **values)


def reserved() -> dict[str, int]:
    return {level.sku.code: level.reserved for level in StockLevel.objects.select_related("sku") if level.reserved}


# candidates


def test_candidates_come_with_price_margin_and_where_they_lie():
    shop(leeds={"A": 0, "B": 5}, york={"C": 1})
    best, other = candidates_for(line_of(order_of(2)))

    assert (best.sku, best.price_minor, best.listed_minor) == ("B", 900, 900)
    assert (best.margin_minor, best.margin_before_minor) == (400, 400)
    assert [(place.node, place.available) for place in best.places] == [("leeds", 5)]
    assert best.enough
    assert (other.sku, other.price_minor, other.listed_minor, other.margin_minor) == ("C", 1000, 1200, 300)
    assert not other.enough


def test_at_a_node_only_what_lies_there_counts():
    shop(leeds={"A": 0, "B": 5}, york={"C": 5})
    assert [(c.sku, c.enough) for c in candidates_for(line_of(order_of()), node="york")] == [("C", True), ("B", False)]


def test_what_was_named_outright_stands_before_what_a_rule_allows():
    shop()
    teapot = SkuFactory(code="T", category="teapots", price_minor=5000)
    Substitute.objects.create(sku=teapot, substitute=Sku.objects.get(code="A"), both_ways=True)
    make_counted_stock(york={"T": 5})

    found = candidates_for(line_of(order_of()))
    assert [(c.sku, c.likeness == 100) for c in found] == [("T", True), ("B", False), ("C", False)]


def test_a_one_way_substitute_is_none_the_other_way():
    shop()
    teapot = SkuFactory(code="T", category="teapots", price_minor=5000)
    Substitute.objects.create(sku=teapot, substitute=Sku.objects.get(code="A"))
    assert "T" not in [c.sku for c in candidates_for(line_of(order_of()))]


def test_the_price_band_and_the_attributes_of_a_rule_keep_the_rest_out():
    shop()
    SubstituteRule.objects.update(least_percent=85, most_percent=110, same_attributes=["size"])
    Sku.objects.filter(code__in=["A", "B", "C"]).update(attributes={"size": "M"})
    SkuFactory(code="D", category="mugs", price_minor=1000, attributes={"size": "L"})
    SkuFactory(code="E", category="mugs", price_minor=1000)
    SkuFactory(code="F", category="mugs", price_minor=1000, attributes={"size": "M"}, active=False)

    assert [c.sku for c in candidates_for(line_of(order_of()))] == ["B"]


def test_whoever_wants_no_substitute_is_offered_none():
    shop()
    order = order_of(wish="never")
    assert candidates_for(line_of(order)) == []


# proposing


def test_the_proposal_sets_before_beside_after():
    shop()
    policy("substitution")
    row = propose_b(order_of(2))

    assert (row.before["sku"], row.before["unit_price_minor"], row.before["margin_minor"]) == ("A", 1000, 400)
    assert (row.after["sku"], row.after["unit_price_minor"], row.after["available"]) == ("B", 900, 5)
    assert (row.effect["less_minor"], row.effect["margin_minor"]) == (200, 0)
    assert row.effect["consent"] == "The customer said nothing about substitutes."
    assert row.amount_minor == 2000


def test_never_is_never_also_for_a_person():
    shop()
    policy("substitution")
    order = order_of(wish="never")
    with pytest.raises(SubstitutionUnwanted):
        propose_b(order, customer_agreed=True)


def test_who_wants_to_be_asked_is_asked_first():
    shop()
    policy("substitution")
    order = order_of(wish="ask")
    with pytest.raises(CustomerNotAsked):
        propose_b(order)
    assert propose_b(order, customer_agreed=True).effect["consent"] == "The customer agreed to it."


def test_similar_means_what_the_catalog_calls_similar():
    shop()
    policy("substitution")
    SkuFactory(code="SPADE", category="garden", price_minor=1000)
    order = order_of(wish="similar")
    with pytest.raises(NotSimilarEnough):
        propose_b(order, sku_code="SPADE")
    assert propose_b(order).state == "pending"


def test_only_a_stated_wish_lets_a_policy_that_asks_nobody_decide():
    shop(leeds={"A": 0, "B": 9})
    policy("substitution", automatic=True)
    said_nothing, wished = order_of(1), order_of(1, wish="similar")

    assert propose_b(said_nothing).state == "pending"
    assert propose_b(wished).state == "approved"


def test_more_than_is_open_or_an_unknown_sku_is_refused():
    shop()
    policy("substitution")
    order = order_of(2)
    with pytest.raises(LineNotSubstitutable):
        propose_b(order, units=3)
    with pytest.raises(SkuNotFound):
        propose_b(order, sku_code="nope")


# doing it


def test_an_order_without_stock_goes_out_with_the_substitute_and_keeps_what_was_ordered():
    shop()
    policy("substitution")
    order = order_of(2)
    case = ExceptionCase.objects.get(order=order, type="no_stock")
    row = propose_b(order, case_id=case.pk)

    decide(row, person("lead"))
    work_it_off()

    old, new = line_of(order), OrderLine.objects.get(order=order, substitutes__isnull=False)
    assert (old.quantity, old.cancelled_quantity, old.unit_price_minor) == (2, 2, 1000)
    assert (new.sku_code, new.quantity, new.unit_price_minor, new.substitutes_id) == ("B", 2, 900, old.pk)
    assert again(order).state == "released"
    assert reserved() == {"B": 2}
    assert ExceptionCase.objects.get(pk=case.pk).state == "resolved"
    assert not ExceptionCase.objects.filter(order=order, state__in=["open", "in_progress", "waiting"]).exists()
    assert_invariants()


def test_what_follows_is_told_with_what_the_customer_pays_less():
    shop()
    policy("substitution")
    order = order_of(2)
    decide(propose_b(order), person("lead"))

    told = Event.objects.get(name="order.line_substituted").data
    assert (told["from"], told["to"], told["units"], told["less_minor"]) == ("A", "B", 2, 200)


def test_the_lower_of_the_two_prices_is_paid_unless_somebody_says_otherwise():
    shop()
    policy("substitution")
    dearer = propose_b(order_of(1), sku_code="C")
    listed = propose_b(order_of(1), sku_code="C", price_rule="substitute")

    assert dearer.after["unit_price_minor"] == 1000
    assert listed.after["unit_price_minor"] == 1200


def test_discount_and_tax_move_in_proportion():
    shop()
    policy("substitution")
    line = {"line_id": "1", "sku": "A", "quantity": 4, "unit_price": 1000, "discount": 400, "tax": 720}
    order = make_order(lines=[line])
    work_it_off()

    decide(propose_b(order, units=2), person("lead"))

    new = OrderLine.objects.get(order=order, substitutes__isnull=False)
    # 20 % of (2 x 900 - 200).
    assert (new.discount_minor, new.tax_minor) == (200, 320)


def test_the_price_shown_counts_whatever_the_catalog_says_by_then():
    shop()
    policy("substitution")
    order = order_of(1)
    row = propose_b(order)
    Sku.objects.filter(code="B").update(price_minor=100)

    decide(row, person("lead"))
    assert OrderLine.objects.get(order=order, substitutes__isnull=False).unit_price_minor == 900


def test_a_store_swaps_units_it_has_not_picked_and_all_leaves_in_one_parcel():
    shop(leeds={"A": 2, "B": 5})
    policy("substitution", own_nodes_only=True)
    order = order_of(2)
    work = FulfillmentOrder.objects.get(order=order)
    row = propose_b(order, units=1)
    assert row.node == "leeds"

    decide(row, person("manager", nodes=["leeds"]))
    work_it_off()

    lines = {line.sku.code: line.quantity for line in FulfillmentLine.objects.select_related("sku")}
    assert lines == {"A": 1, "B": 1}
    assert FulfillmentOrder.objects.get(order=order).pk == work.pk
    assert reserved() == {"A": 1, "B": 1}
    assert_invariants()


def test_all_of_a_box_replaced_from_elsewhere_stops_the_box():
    shop(leeds={"A": 2}, york={"B": 5})
    policy("substitution")
    order = order_of(2)

    decide(propose_b(order, node="york"), person("lead"))
    work_it_off()

    states = dict(FulfillmentOrder.objects.filter(order=order).values_list("node__code", "state"))
    assert states == {"leeds": "cancelled", "york": "accepted"}
    assert reserved() == {"B": 2}
    assert_invariants()


def test_only_what_is_short_is_replaced_and_the_rest_goes_as_it_is():
    shop(leeds={"A": 1, "B": 5})
    policy("substitution")
    order = order_of(3)
    assert reserved() == {"A": 1}

    decide(propose_b(order, units=2), person("lead"))
    work_it_off()

    assert reserved() == {"A": 1, "B": 2}
    assert not ExceptionCase.objects.filter(order=order, state__in=["open", "in_progress", "waiting"]).exists()
    assert_invariants()


def test_what_is_picked_already_stays_and_nothing_has_changed():
    shop(leeds={"A": 2, "B": 5})
    policy("substitution")
    order = order_of(2)
    row = propose_b(order)
    pick_fulfillment_order(FulfillmentOrder.objects.get(order=order).pk, actor=actor(person()))

    with pytest.raises(UnitsUnderWay, match="only 0"):
        decide(row, person("lead"))

    assert ApprovalRequest.objects.get(pk=row.pk).state == "pending"
    assert OrderLine.objects.filter(order=order).count() == 1
    assert reserved() == {"A": 2}


def test_a_substitute_that_went_meanwhile_is_refused_and_nothing_has_changed():
    shop()
    policy("substitution")
    order = order_of(2)
    row = propose_b(order, node="leeds")
    StockLevel.objects.filter(sku__code="B").update(on_hand=1)

    with pytest.raises(InsufficientStock):
        decide(row, person("lead"))

    assert ApprovalRequest.objects.get(pk=row.pk).state == "pending"
    assert line_of(order).cancelled_quantity == 0
    assert not Reservation.objects.exists()
    assert not Event.objects.filter(name="order.line_substituted").exists()


def test_lines_changed_meanwhile_void_the_proposal():
    shop()
    policy("substitution")
    order = order_of(2)
    row = propose_b(order)
    OrderLine.objects.filter(order=order).update(cancelled_quantity=1)

    with pytest.raises(ApprovalVoided):
        decide(row, person("lead"))
    assert ApprovalRequest.objects.get(pk=row.pk).state == "voided"


def test_two_lines_of_an_order_are_proposed_apart():
    shop()
    policy("substitution")
    order = make_order(lines={"A": 1, "C": 9})
    work_it_off()
    first, second = OrderLine.objects.filter(order=order)
    agent = actor(person("agent"))

    rows = [propose_substitution(line.pk, sku_code="B", reason="gone", actor=agent) for line in (first, second)]
    assert [row.state for row in rows] == ["pending", "pending"]


def test_the_sources_next_message_neither_undoes_a_substitution_nor_reports_a_change():
    shop()
    policy("substitution")
    order = order_of(1)
    decide(propose_b(order), person("lead"))
    line = {"line_id": "1", "sku": "A", "title": "Mug A", "quantity": 1, "unit_price": 1000}
    message = canonical(external_id=order.external_id, placed_at=order.placed_at.isoformat(), lines=[line])

    lines = list(OrderLine.objects.filter(order=order).order_by("position"))
    assert says_the_same(again(order), lines, list(order.contacts.all()), message)
    revise_order(order.pk, message, actor=actor(person()))

    assert OrderLine.objects.filter(order=order, substitutes__isnull=False).count() == 1
    assert not Event.objects.filter(name="order.change_came_late").exists()


def test_what_a_partner_may_have_in_hand_stays_with_it():
    shop(leeds={"A": 2}, york={"B": 5})
    Node.objects.filter(code="leeds").update(kind=NodeKind.THIRD_PARTY)
    policy("substitution")
    order = make_order(lines=[{"line_id": "1", "sku": "A", "quantity": 2, "unit_price": 1000}])
    work_it_off(partners=False)
    assert FulfillmentOrder.objects.get(order=order).request_state == "unsubmitted"

    row = propose_b(order, node="york")
    with pytest.raises(UnitsUnderWay):
        decide(row, person("lead"))
    assert reserved() == {"A": 2}
