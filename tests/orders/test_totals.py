"""What an order comes to, and how far an honest claim may be off."""

from __future__ import annotations

import pytest

from apps.orders.canonical import Line, Totals
from apps.orders.totals import claim_differs, recomputed_total, rounding_allowed


def lines(*taxes: int, price: int = 202) -> list[Line]:
    return [Line(line_id=str(n), sku="A", quantity=1, unit_price=price, tax=tax) for n, tax in enumerate(taxes)]


def test_the_orders_own_tax_is_believed_where_the_claimed_total_was_made_with_it():
    assert recomputed_total(lines(*[40] * 12), Totals(tax=485, total=2909)) == 2909


def test_the_taxes_of_the_lines_count_where_the_claimed_total_was_made_with_them():
    assert recomputed_total(lines(40, 40), Totals(tax=85, total=484)) == 484


def test_an_order_tax_counts_where_the_lines_name_none():
    assert recomputed_total(lines(0, 0), Totals(tax=80, total=484)) == 484
    assert recomputed_total(lines(0, 0), Totals(tax=80)) == 484


def test_an_order_tax_adds_nothing_where_prices_include_it():
    assert recomputed_total(lines(0, 0), Totals(tax=80, total=404, prices_include_tax=True)) == 404


@pytest.mark.parametrize(
    ("quantities", "total", "currency", "allowed"),
    [
        ([1], 1_001, "GBP", 1),
        ([1] * 12, 2_909, "GBP", 7),
        ([1] * 8, 1_364, "JPY", 5),
        ([1] * 4, 12_345, "KWD", 30),
        # Units that were rounded each, within half a percent.
        ([1_000], 33_333, "GBP", 166),
        ([1_000], 3_333_333, "GBP", 500),
        # Whole crowns, and coins of five: where the total is such.
        ([1], 67_800, "NOK", 51),
        ([1], 67_801, "NOK", 1),
        ([1], 2_005, "CHF", 3),
    ],
)
def test_the_tolerance_grows_with_what_was_rounded(quantities, total, currency, allowed):
    amounts = [(quantity, 777) for quantity in quantities]
    assert rounding_allowed(amounts, total, total, currency) == allowed


def test_where_every_amount_is_whole_each_line_was_rounded_to_it():
    assert rounding_allowed([(1, 52_800), (1, 10_000)], 67_700, 67_800, "NOK") == 200
    assert rounding_allowed([(1, 52_800), (1, 10_001)], 67_700, 67_800, "NOK") == 51


def test_a_refund_that_took_no_goods_off_is_no_difference_whether_the_total_lacks_it_or_not():
    for claimed in (2_595, 2_200, 2_400):
        assert not claim_differs(2_595, claimed, refunded=395, tolerance=2)
    assert claim_differs(2_595, 2_190, refunded=395, tolerance=2)
    assert claim_differs(2_595, 2_600, refunded=395, tolerance=2)


def test_the_tax_on_shipping_counts_when_prices_exclude_tax():
    assert recomputed_total(lines(40), Totals(shipping=500, shipping_tax=100)) == 202 + 40 + 500 + 100
    assert recomputed_total(lines(40), Totals(shipping=500, shipping_tax=100, prices_include_tax=True)) == 202 + 500


@pytest.mark.parametrize(
    ("totals", "comes_to"),
    [
        (Totals(discount=50), 354),
        (Totals(fees=30), 434),
        (Totals(shipping=500), 904),
        (Totals(shipping=500, fees=30, discount=50), 884),
    ],
)
def test_shipping_and_fees_add_to_the_lines_and_discounts_take_off(totals, comes_to):
    assert recomputed_total(lines(0, 0), totals) == comes_to


def test_the_discount_of_a_line_takes_off_once_whatever_its_quantity():
    line = Line(line_id="1", sku="A", quantity=3, unit_price=200, tax=10, discount=150)

    assert recomputed_total([line], Totals()) == 3 * 200 - 150 + 10


@pytest.mark.parametrize("more", [{}, {"prices_include_tax": True}, {"tax": 0}, {"tax": 0, "total": 0}])
def test_nobody_is_owed_anything_by_a_discount_larger_than_the_order(more):
    assert recomputed_total(lines(0), Totals(discount=500, **more)) == 0


def test_nor_by_the_taxes_of_its_lines():
    # Nearer to what is claimed than the sum with the order's own tax, and below nothing all the same.
    assert recomputed_total(lines(0), Totals(discount=500, tax=900, total=0)) == 0


def test_where_both_sums_are_as_near_to_what_is_claimed_the_orders_own_tax_counts():
    assert recomputed_total(lines(40), Totals(tax=50, total=247)) == 252


def test_units_rounded_each_are_allowed_for_by_their_number_in_the_steps_of_the_currency():
    # A dinar has a thousand parts, and shops round to tens of them.
    assert rounding_allowed([(100, 777)], 1_000_001, 1_000_001, "KWD") == 500


@pytest.mark.parametrize(("claimed", "differs"), [(97, True), (98, False), (102, False), (103, True), (None, False)])
def test_exactly_the_tolerance_off_is_no_difference(claimed, differs):
    assert claim_differs(100, claimed, refunded=0, tolerance=2) is differs
