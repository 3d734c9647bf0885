"""Lines of one SKU with different exclusions share what nodes have of it; ties among those that lost are all listed."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from apps.routing.planner import LineDemand, PolicyContent, plan
from tests.routing.planner.builders import a_demand, a_site, placed

CODES = ("n1", "n2", "n3")


@st.composite
def lines_of_one_sku(draw: st.DrawFn) -> tuple[LineDemand, ...]:
    """Four to six lines of one SKU, each kept from some of the nodes."""
    count = draw(st.integers(4, 6))
    return tuple(
        LineDemand(
            f"l{n}",
            "X",
            draw(st.integers(1, 4)),
            unit_price_minor=1000,
            excluded_nodes=tuple(sorted(draw(st.sets(st.sampled_from(CODES), max_size=2)))),
        )
        for n in range(count)
    )


@settings(max_examples=300, deadline=None)
@given(lines_of_one_sku(), st.tuples(*[st.integers(0, 8)] * 3), st.tuples(*[st.integers(100, 900)] * 3))
def test_no_node_gives_more_than_it_has_and_no_line_gets_more_than_it_wants(lines, stock, rates):
    sites = [a_site(code, {"X": units}, base=rate) for code, units, rate in zip(CODES, stock, rates, strict=True)]
    policy = PolicyContent(partial="ship_available", max_splits=3)

    answer = plan(a_demand(*lines), sites, policy)

    given_out = placed(answer)
    for code, units in zip(CODES, stock, strict=True):
        assert 0 <= sum(found for (site, _), found in given_out.items() if site == code) <= units
    for line in lines:
        got = sum(found for (_, ref), found in given_out.items() if ref == line.line_ref)
        assert 0 <= got <= line.quantity
    assert all(units > 0 for units in given_out.values())


def test_a_plan_that_is_exactly_as_good_is_listed():
    sites = [a_site(code, {"X": 2}) for code in CODES]

    answer = plan(a_demand(X=4), sites, PolicyContent(max_splits=2))

    assert answer.sites == ("n1", "n2")
    losers = {loser.avoided: loser for loser in answer.runner_ups if loser.kind == "without"}
    assert {avoided: (loser.sites, loser.cost_milli) for avoided, loser in losers.items()} == {
        "n1": (("n2", "n3"), answer.cost_milli),
        "n2": (("n1", "n3"), answer.cost_milli),
    }
