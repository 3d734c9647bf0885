"""A node that says "not in stock" is believed over its level, until somebody counts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from apps.casework.errors import CaseRefused
from apps.casework.models import ExceptionCase
from apps.casework.redaction import redaction_for
from apps.casework.services import resolve_case
from apps.casework.states import STANDING
from apps.console.orders.decision_panel import explain_decision
from apps.console.orders.sentences import facts_of, sentence_of
from apps.core import clock
from apps.core.models import Event
from apps.fulfillment.errors import WrongAbsence
from apps.fulfillment.models import FulfillmentLine, FulfillmentOrder
from apps.fulfillment.services import pick_fulfillment_order, reject_fulfillment_order
from apps.inventory.models import StockLevel, StockMovement
from apps.inventory.services import Count, count_stock, fill_backorders
from apps.orders.models import Order
from apps.routing.models import RoutingDecision
from tests.casework.resolutions.settling import let, settle
from tests.driving import again, work_it_off
from tests.factories import AGENT, make_counted_stock, make_order, make_policy
from tests.invariants import assert_invariants
from tests.racing import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _shop():
    let()
    make_policy()


def placed(**changes: object) -> Order:
    order = make_order(**{"lines": {"A": 2}, **changes})
    work_it_off()
    return again(order)


def reject(order: Order, reason: str = "no_stock", absent: Sequence[int] = ()) -> None:
    row = FulfillmentOrder.objects.get(order=order, state="accepted")
    reject_fulfillment_order(row.pk, reason=reason, absent=absent, actor=AGENT)
    work_it_off()


def retry_later() -> None:
    with clock.moved(timedelta(seconds=5)):
        work_it_off()


def level(node: str = "N1") -> StockLevel:
    return StockLevel.objects.get(node__code=node, sku__code="A")


def the_case() -> ExceptionCase:
    return ExceptionCase.objects.get(type="stock_discrepancy")


def test_what_it_refused_is_written_off_and_nothing_more_is_available():
    make_counted_stock(N1={"A": 25})
    reject(placed())

    row = level()
    assert (row.on_hand, row.reserved, row.available) == (23, 0, 0)
    assert row.doubted_at is not None
    assert StockMovement.objects.filter(kind="short", on_hand_delta=-2, reserved_delta=-2).count() == 1
    assert_invariants()


def test_one_case_asks_for_a_count_and_a_second_refusal_adds_to_it():
    make_counted_stock(N1={"A": 25})
    first, second = placed(), placed()
    reject(first)
    reject(second)

    case = the_case()
    assert (case.state, case.occurrences, case.node) == ("open", 2, "N1")
    assert case.facts == {"node": "N1", "sku": "A", "shown": 21}
    assert case.sentence.startswith("N1 says its A is not there; 21 more are shown. It gets no orders")


def test_the_next_order_is_not_sent_there_and_is_told_why():
    make_counted_stock(N1={"A": 25})
    reject(placed())

    order = placed()

    assert order.state == "validated"
    said = RoutingDecision.objects.filter(order=order).latest("pk")
    assert "1 of 1 locations said that A is not there" in said.sentence
    node = explain_decision(said, redaction_for(frozenset())).candidates[0]
    assert (node.verdict[0], node.stock[0].have, node.stock[0].ok) == ("Has to be counted", 0, False)
    assert "23 shown, but the location says they are not there" in node.stock[0].note
    assert_invariants()


def test_another_node_serves_meanwhile():
    make_counted_stock(N1={"A": 25}, N2={"A": 5})
    first = placed()
    at = FulfillmentOrder.objects.get(order=first).node.code
    reject(first)

    placed()

    elsewhere = FulfillmentOrder.objects.filter(state="accepted").values_list("node__code", flat=True)
    assert len(elsewhere) == 2
    assert at not in elsewhere


@pytest.mark.parametrize(
    "count", [Count("N1", "A", on_hand=9), Count("N1", "A", delta=-14)], ids=["count", "correction"]
)
def test_a_count_or_a_correction_ends_the_doubt_and_the_case(count):
    make_counted_stock(N1={"A": 25})
    reject(placed())
    waiting = placed()

    count_stock([count], reason="looked", actor=AGENT)
    work_it_off()

    assert (level().on_hand, level().doubted_at) == (9, None)
    case = the_case()
    assert (case.state, case.resolution_code, case.resolution) == ("resolved", "cleared", "it was counted")
    retry_later()
    assert again(waiting).state == "released", "who waited for the stock is routed again"
    assert_invariants()


def test_a_count_right_after_the_nodes_no_is_the_newer_word():
    make_counted_stock(N1={"A": 25})
    order = placed()
    row = FulfillmentOrder.objects.get(order=order, state="accepted")
    reject_fulfillment_order(row.pk, reason="no_stock", actor=AGENT)

    count_stock([Count("N1", "A", on_hand=25, counted=True)], reason="looked", actor=AGENT)
    work_it_off()

    assert (level().on_hand, level().doubted_at) == (25, None)
    assert not ExceptionCase.objects.filter(type="stock_discrepancy", state="open").exists()
    assert_invariants()


def test_a_feed_row_that_says_nothing_of_what_is_there_leaves_the_doubt():
    make_counted_stock(N1={"A": 25})
    reject(placed())

    count_stock([Count("N1", "A", incoming=5)], reason="feed", actor=AGENT)
    work_it_off()

    assert level().doubted_at is not None
    assert the_case().state == "open"


def test_a_feed_that_repeats_the_figure_in_doubt_has_not_counted():
    make_counted_stock(N1={"A": 25})
    reject(placed())

    told = count_stock([Count("N1", "A", on_hand=25)], reason="feed", actor=AGENT)[0]
    work_it_off()

    assert (told.ok, told.on_hand) == (True, 25)
    assert told.detail.startswith("Still in doubt")
    assert (level().on_hand, level().available) == (25, 0)
    assert the_case().state == "open"
    assert_invariants()


def test_somebody_who_looked_and_found_the_very_figure_is_believed():
    make_counted_stock(N1={"A": 25})
    reject(placed())

    told = count_stock([Count("N1", "A", on_hand=25, counted=True)], reason="looked", actor=AGENT)[0]
    work_it_off()

    assert (told.ok, told.detail) == (True, "")
    assert (level().available, level().doubted_at, level().doubted_on_hand) == (25, None, None)
    assert the_case().state == "resolved"
    assert_invariants()


def test_the_case_takes_the_very_figure_as_counted():
    make_counted_stock(N1={"A": 25})
    reject(placed())

    settle(the_case(), "count_level", on_hand=25)
    work_it_off()

    assert (level().available, level().doubted_at) == (25, None)
    assert the_case().state == "resolved"


def test_a_second_refusal_does_not_move_the_figure_in_doubt():
    make_counted_stock(N1={"A": 25})
    first, second = placed(), placed()
    reject(first)
    reject(second)

    count_stock([Count("N1", "A", on_hand=25)], reason="feed", actor=AGENT)

    assert (level().on_hand, level().doubted_on_hand, level().available) == (25, 25, 0)


def test_the_count_can_be_booked_in_the_case():
    make_counted_stock(N1={"A": 25})
    reject(placed())

    settle(the_case(), "count_level", on_hand=3)
    work_it_off()

    assert (level().on_hand, level().doubted_at) == (3, None)
    assert (the_case().state, the_case().resolution_code) == ("resolved", "count_level")
    assert the_case().resolution == "N1 counted 3 of A."
    assert_invariants()


def test_refuses_to_end_the_case_uncounted_and_leaves_it_open():
    make_counted_stock(N1={"A": 25})
    reject(placed())

    with pytest.raises(CaseRefused):
        resolve_case(the_case().public_id, resolution="looked fine", actor=AGENT)

    assert the_case().state == "open"
    assert level().doubted_at is not None


@pytest.mark.parametrize("reason", ["damaged", "no_capacity", "closed", "other"])
def test_a_refusal_for_another_reason_says_nothing_of_the_stock(reason):
    make_counted_stock(N1={"A": 25})
    reject(placed(), reason)

    assert (level().on_hand, level().doubted_at) == (25, None)
    assert not ExceptionCase.objects.filter(type="stock_discrepancy").exists()


def test_only_the_lines_said_to_be_absent_are_written_off_and_doubted():
    make_counted_stock(N1={"A": 25, "B": 10})
    order = placed(lines={"A": 2, "B": 1})
    lacking = FulfillmentLine.objects.get(fulfillment_order__order=order, sku__code="B")

    reject(order, absent=[lacking.pk])

    other = StockLevel.objects.get(node__code="N1", sku__code="B")
    assert (level().on_hand, level().reserved, level().doubted_at) == (25, 0, None)
    assert (other.on_hand, other.reserved, other.doubted_at is not None) == (9, 0, True)
    assert the_case().detail["sku"] == "B"
    told = Event.objects.get(name="fulfillment.rejected")
    assert told.data["absent"] == {str(lacking.pk): "B"}
    assert (
        sentence_of(told.name, {"node": "N1", **facts_of(told.name, told.data)})[1]
        == "N1 rejected it: Not in stock (B)."
    )
    assert_invariants()


@pytest.mark.parametrize("reason", ["damaged", "no_stock"])
def test_refuses_lines_of_another_order_or_reason_and_changes_nothing(reason):
    make_counted_stock(N1={"A": 25})
    order, other = placed(), placed()
    which = other if reason == "no_stock" else order
    line = FulfillmentLine.objects.get(fulfillment_order__order=which)

    with pytest.raises(WrongAbsence):
        reject(order, reason, absent=[line.pk])

    assert FulfillmentOrder.objects.get(order=order).state == "accepted"
    assert (level().on_hand, level().doubted_at) == (25, None)


def pick_short(order: Order) -> None:
    line = FulfillmentLine.objects.get(fulfillment_order__order=order)
    pick_fulfillment_order(line.fulfillment_order_id, missing={line.pk: 1}, actor=AGENT)
    work_it_off()


def test_a_short_pick_where_more_is_shown_puts_the_level_in_doubt_too():
    make_counted_stock(N1={"A": 25})

    pick_short(placed())

    assert (level().on_hand, level().available) == (24, 0)
    assert the_case().state == "open"
    assert_invariants()


def test_who_counts_before_anybody_was_asked_to_is_asked_nothing():
    make_counted_stock(N1={"A": 25})
    line = FulfillmentLine.objects.get(fulfillment_order__order=placed())
    pick_fulfillment_order(line.fulfillment_order_id, missing={line.pk: 1}, actor=AGENT)

    count_stock([Count("N1", "A", on_hand=4)], reason="looked", actor=AGENT)
    work_it_off()

    assert level().doubted_at is None
    assert not ExceptionCase.objects.filter(type="stock_discrepancy").exists()


def test_a_short_pick_of_the_last_units_leaves_nothing_to_doubt():
    make_counted_stock(N1={"A": 2})

    pick_short(placed())

    assert (level().on_hand, level().doubted_at) == (1, None)
    assert not ExceptionCase.objects.filter(type="stock_discrepancy").exists()


def test_backorders_are_not_bound_to_stock_in_doubt():
    make_counted_stock(N1={"A": 25})
    reject(placed())
    row = level()

    assert fill_backorders([row.pk]) == []
    assert level().available == 0


@pytest.mark.django_db(transaction=True)
def test_counting_while_the_case_is_being_opened_leaves_no_case_without_a_doubt():
    make_counted_stock(N1={"A": 2_500})
    for _ in range(8):
        line = FulfillmentLine.objects.get(fulfillment_order__order=placed(), fulfillment_order__state="accepted")
        pick_fulfillment_order(line.fulfillment_order_id, missing={line.pk: 1}, actor=AGENT)

        at_once(
            work_it_off,
            lambda: count_stock([Count("N1", "A", on_hand=100, counted=True)], reason="looked", actor=AGENT),
        )
        work_it_off()

        assert level().doubted_at is None
        assert not ExceptionCase.objects.filter(type="stock_discrepancy", state__in=STANDING).exists()
    assert_invariants()
