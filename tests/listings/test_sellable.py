"""How much a channel may sell, term by term."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from apps.listings.sellable import (
    NO_RULE,
    AtNode,
    Guarantee,
    Part,
    Rule,
    Sellable,
    SkuStock,
    TermName,
    narrowest,
    sellable,
    sellable_set,
)

N1, N2 = frozenset({1}), frozenset({2})
BOTH = N1 | N2
few, many = st.integers(0, 12), st.integers(0, 60)
at_nodes = st.builds(
    AtNode,
    node=st.sampled_from([1, 2]),
    on_hand=few,
    reserved=few,
    safety=few,
    incoming=few,
    in_doubt=st.booleans(),
    backorderable=st.booleans(),
)
rules = st.builds(
    Rule,
    scope=st.just("sku"),
    sold_here=st.sampled_from([True, True, True, False]),
    buffer_units=few,
    buffer_percent=st.integers(0, 100),
    cap=st.none() | few,
    floor=few,
    guaranteed=few,
    oversell=few,
    sells_ahead=st.booleans(),
)
guarantees = st.builds(Guarantee, channel=st.sampled_from([1, 2, 3]), units=few, nodes=st.sampled_from([N1, N2, BOTH]))
piles = st.builds(SkuStock, at=st.lists(at_nodes, max_size=4), guarantees=st.lists(guarantees, max_size=3))


def units(pile: SkuStock, rule: Rule = NO_RULE, nodes: frozenset[int] = BOTH) -> int:
    found = sellable(1, nodes, pile, rule).units
    assert found is not None
    return found


def terms(found: Sellable) -> dict[str, int]:
    return {str(term.name): term.units for term in found.terms}


def at(node: int, on_hand: int, **more: object) -> AtNode:
    return AtNode(node=node, on_hand=on_hand, **more)  # type: ignore[arg-type]


@given(piles, rules, st.sampled_from([frozenset(), N1, N2, BOTH]))
def test_the_terms_add_up_to_the_figure_which_is_never_below_none(pile: SkuStock, rule: Rule, nodes: frozenset[int]):
    found = sellable(1, nodes, pile, rule)

    assert found.units is not None
    assert found.units >= 0
    assert sum(term.units for term in found.terms) == found.units


@given(piles, rules)
def test_no_rule_but_one_that_oversells_or_sells_ahead_shows_more_than_is_free(pile: SkuStock, rule: Rule):
    free = sum(one.free for one in pile.at)
    more = rule.oversell + (sum(one.coming for one in pile.at) if rule.sells_ahead else 0)

    assert units(pile, rule) <= max(free + more, 0)


@given(piles, rules)
def test_what_is_kept_for_others_is_shown_to_nobody_else(pile: SkuStock, rule: Rule):
    """All channels that sell from the same places, together with what each is kept, never need more than there is."""
    everywhere = [Guarantee(channel=one.channel, units=one.units, nodes=BOTH) for one in pile.guarantees]
    free = sum(one.free for one in pile.at)
    shown = units(SkuStock(at=pile.at, guarantees=everywhere))
    kept = sum(min(one.units, max(free, 0)) for one in everywhere if one.channel != 1)

    assert shown == max(free - kept, 0)


@given(st.lists(st.tuples(piles, st.integers(1, 3)), min_size=1, max_size=3), rules)
def test_a_set_is_no_more_than_its_scarcest_part_makes(made_of: list[tuple[SkuStock, int]], rule: Rule):
    parts = [Part(sku=n, each=each, pile=pile) for n, (pile, each) in enumerate(made_of)]
    found = sellable_set(1, BOTH, parts, Rule())

    assert found.units == min(units(pile) // each for pile, each in made_of)
    ruled = sellable_set(1, BOTH, parts, rule)
    assert sum(term.units for term in ruled.terms) == ruled.units


def test_each_term_is_named():
    pile = SkuStock(
        at=[at(1, 10, reserved=2, safety=1, incoming=5), at(2, 4, in_doubt=True), at(3, 50)],
        guarantees=[Guarantee(channel=2, units=2, nodes=N1)],
    )
    found = sellable(1, BOTH, pile, Rule(buffer_units=1, sells_ahead=True, oversell=3, cap=8))

    assert terms(found) == {
        "on_hand": 14, "reserved": -2, "safety": -1, "doubt": -4, "others": -2, "buffer": -1, "incoming": 5, "oversell": 3,
        "cap": -4,
    }  # fmt: skip
    assert found.units == 8


def test_only_the_places_a_channel_sells_from_count():
    pile = SkuStock(at=[at(1, 5), at(2, 7)])

    assert (units(pile, nodes=N1), units(pile, nodes=BOTH), units(pile, nodes=frozenset())) == (5, 12, 0)


def test_safety_stock_of_one_place_is_not_taken_from_another():
    assert units(SkuStock(at=[at(1, 1, safety=5), at(2, 4)])) == 4


def test_what_one_place_has_promised_too_much_comes_from_the_others():
    assert units(SkuStock(at=[at(1, 1, reserved=3), at(2, 4)])) == 2


def test_claims_that_may_wait_take_nothing_from_other_places_and_come_first_of_what_arrives():
    waiting = at(1, 0, reserved=3, incoming=5, backorderable=True)

    assert units(SkuStock(at=[waiting, at(2, 4)])) == 4
    assert units(SkuStock(at=[waiting]), Rule(sells_ahead=True)) == 2


def test_the_buffer_is_the_larger_of_units_and_percent_rounded_up():
    pile = SkuStock(at=[at(1, 11)])

    assert units(pile, Rule(buffer_units=1, buffer_percent=10)) == 9
    assert units(pile, Rule(buffer_units=3, buffer_percent=10)) == 8


def test_floor_and_cap():
    pile = SkuStock(at=[at(1, 5)])

    assert [units(pile, Rule(floor=floor)) for floor in (5, 6)] == [5, 0]
    assert units(pile, Rule(cap=2)) == 2
    assert units(pile, Rule(sold_here=False)) == 0


def test_what_is_not_counted_has_no_figure():
    assert sellable(1, BOTH, None, Rule()).units is None
    counted, uncounted = Part(sku=1, each=2, pile=SkuStock(at=[at(1, 5)])), Part(sku=2, each=1, pile=None)
    assert sellable_set(1, BOTH, [counted, uncounted], Rule()).units == 2
    assert sellable_set(1, BOTH, [uncounted], Rule()).units is None


def test_what_is_kept_back_of_a_part_is_kept_back_from_sets():
    part = Part(sku=1, each=2, pile=SkuStock(at=[at(1, 9)]), rule=Rule(buffer_units=3, cap=1, sold_here=False))
    found = sellable_set(1, BOTH, [part], Rule(cap=20))

    assert found.units == 3
    assert found.of(TermName.PARTS) == 3


def test_the_narrowest_rule_holds_whole():
    everything, mugs, blue = Rule(scope="channel", cap=9), Rule(scope="category", floor=2), Rule(scope="sku")
    known = [(None, "", everything), (None, "mugs", mugs), (7, "", blue)]

    assert narrowest(known, sku=7, category="mugs") is blue
    assert narrowest(known, sku=8, category="mugs") is mugs
    assert narrowest(known, sku=8, category="") is everything
    assert narrowest([], sku=8, category="") is NO_RULE
