"""The small steps at their edges: how many, how long, how far, and what they say when they cut."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from apps.channels.mapping.scope import Blocked, CannotConvert, MappingContext, Scope
from apps.channels.mapping.transforms.registry import CHECKS, TRANSFORMS, bind, catalogue


def scope(message: Any = None, *, currency: str = "GBP", context: MappingContext | None = None, **line: Any) -> Scope:
    made = Scope(message, context or MappingContext(), {}, ())
    made.currency, made.line = currency, line
    return made


def run(name: str, value: Any, inside: Scope | None = None, /, **arguments: Any) -> Any:
    return bind(TRANSFORMS, name, arguments)(value, inside or scope())


def test_fifty_tags_of_sixty_four_characters_are_kept() -> None:
    inside = scope()

    assert len(run("split_tags", ["t" * 64, *(f"t{n}" for n in range(49))], inside)) == 50
    assert inside.notes == []
    assert run("split_tags", ["a", "t" * 65, "b"], inside) == ["a", "b"]
    assert len(run("split_tags", [f"t{n}" for n in range(51)], inside)) == 50
    assert inside.notes == ["1 tags left out: over 50, or longer than 64"] * 2
    assert run("split_tags", "a;b, c", separator=";") == ["a", "b, c"]


def test_twenty_texts_of_sixty_four_characters_are_kept_where_nothing_else_is_said() -> None:
    inside = scope()

    assert len(run("texts", ["t" * 64, *(f"t{n}" for n in range(19))], inside)) == 20
    assert inside.notes == []
    assert run("texts", ["a", "t" * 65, "a", "b", None], inside) == ["a", "b"]
    assert len(run("texts", [f"t{n}" for n in range(21)], inside)) == 20
    assert inside.notes == ["1 values left out: over 20, or longer than 64"] * 2
    assert run("texts", "one") == ["one"]
    assert run("texts", ["abc", "ab", "a"], most=1, longest=2) == ["ab"]


def test_fifty_properties_are_kept_their_names_and_values_cut() -> None:
    inside = scope()

    pairs = [{"name": f"n{n}", "value": n} for n in range(50)]
    assert len(run("name_value_pairs", pairs, inside)) == 50
    assert inside.notes == []
    kept = run("name_value_pairs", [*pairs, {"name": "more", "value": 1}, {"name": "yet more", "value": 1}], inside)
    assert (len(kept), "more" in kept) == (50, False)
    assert inside.notes == ["only the first 50 properties were kept"]
    inside = scope()
    assert run("name_value_pairs", {"n" * 65: "v" * 255, "o": "v" * 256}, inside) == {
        "n" * 64: "v" * 255,
        "o": "v" * 255,
    }
    assert inside.notes == ["a property was cut to 255 characters"]


def test_properties_are_read_by_the_keys_that_hold_them() -> None:
    pairs = [
        {"key": "a", "value": " 1 "},
        {"key": "_b", "value": 2},
        {"key": "c", "value": None},
        {"key": "d", "value": False},
        {"name": "e"},
    ]

    assert run("name_value_pairs", pairs, name="key", skip_prefix="_") == {"a": "1", "d": "false"}
    assert run("name_value_pairs", pairs, name="key") == {"a": "1", "_b": "2", "d": "false"}
    assert run("name_value_pairs", {"name": "a"}) == {"name": "a"}
    assert run("name_value_pairs", {"k": "a", "v": ["ü"]}, name="k", value_of="v") == {"a": '["ü"]'}
    with pytest.raises(CannotConvert, match="neither a list nor an object"):
        run("name_value_pairs", "a=1")


def test_a_pair_is_found_by_the_first_name_that_says_something() -> None:
    pairs = [{"name": "b", "value": 2}, {"name": "a", "value": ""}, {"name": "c", "value": 3}]

    assert run("pair_value", pairs, wanted=["a", "b", "c"]) == "2"
    assert run("pair_value", pairs, wanted=["c", "b"]) == "3"
    assert run("pair_value", pairs, wanted=["z"]) is None


def test_values_are_picked_under_names_where_they_say_something() -> None:
    inside = scope({"a": {"b": 1}, "c": "", "d": "x"})

    assert run("pick", None, inside, names={"a.b": "one", "c": "two", "d": "three", "e": "four"}) == {
        "one": "1",
        "three": "x",
    }


@pytest.mark.parametrize(
    ("name", "value", "arguments", "result"),
    [
        ("join", ["a", 5, "", "b"], {"separator": "-"}, "a-5-b"),
        ("join", "a", {}, "a"),
        ("first_non_empty", "a", {}, "a"),
        ("first_non_empty", [None, []], {}, None),
        ("nothing_if", "N/A", {"words": ["n/a", "-"]}, None),
        ("nothing_if", "a", {"words": ["n/a"]}, "a"),
        ("nothing_if", 5, {"words": ["0"]}, 5),
        ("constant", "x", {"to": 5}, 5),
        ("boolean", " on ", {}, True),
        ("boolean", "Y", {}, True),
        ("boolean", 1, {}, True),
        ("boolean", "n", {}, False),
        ("boolean", False, {}, False),
        ("upper", " a ", {}, "A"),
        ("lower", " A ", {}, "a"),
        ("strip_prefix", "a#", {"prefix": "#"}, "a#"),
        ("strip_prefix", "##a", {"prefix": "#"}, "#a"),
        ("pad_left", "7", {"width": 3, "fill": "xy"}, "xx7"),
        ("pad_left", "7", {"width": 3, "fill": ""}, "007"),
        ("pad_left", "7", {"width": 99}, "7".rjust(64, "0")),
        ("sku", " AbC ", {"case": "lower"}, "abc"),
        ("sku", " AbC ", {"case": "upper"}, "ABC"),
        ("sku", " AbC ", {}, "AbC"),
        ("absolute", -3, {}, 3),
        ("absolute", 3, {}, 3),
        ("absolute", Decimal("-1.5"), {}, Decimal("1.5")),
        ("absolute", "-3", {}, "-3"),
        ("absolute", False, {}, False),
        ("minor_units", "5.0", {}, 5),
        ("whole_number", "-0", {}, 0),
        ("identifier", 12.0, {}, "12"),
        ("identifier", "12.00", {}, "12.00"),
        ("text", 2**64 - 1, {}, str(2**64 - 1)),
        ("identifier", float(10**17), {}, str(10**17)),
    ],
)  # fmt: skip
def test_what_a_step_makes_of_a_value(name: str, value: Any, arguments: dict[str, Any], result: Any) -> None:
    inside = scope({})

    assert run(name, value, inside, **arguments) == result
    assert inside.notes == []


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("text", 2**64, "is a huge number, not text"), ("text", True, "is a yes or no, not text"), ("text", [1], "is a list, not text"),
        ("text", {"a": 1}, "is an object, not text"), ("text", -(2.0**64), "is a huge number, not text"),
        ("identifier", 2.0**64, "is not an id"), ("identifier", 1.5, "'1.5' is not an id"), ("identifier", "a\ufffd", "could not be read"),
        ("boolean", 1.0, "neither yes nor no"), ("boolean", 2, "neither yes nor no"), ("boolean", "", "neither yes nor no"),
        ("minor_units", "x", "not an amount"), ("whole_number", "1.1", "not a whole number"), ("moment", 5, "is not a date and time in text"),
    ],
)  # fmt: skip
def test_what_a_step_refuses_and_says(name: str, value: Any, problem: str) -> None:
    with pytest.raises(CannotConvert) as refused:
        run(name, value)
    assert problem in refused.value.problem
    assert refused.value.what_to_do


def test_minor_units_with_a_fraction_are_rounded_aloud() -> None:
    inside = scope()

    assert run("minor_units", "2.5", inside) == 2
    assert inside.notes == ["minor units with a fraction; rounded"]


def test_a_sign_is_dropped_only_where_all_conditions_hold() -> None:
    when = [{"path": "kind", "test": "equals", "value": "return"}, {"path": "open", "test": "missing"}]

    assert run("absolute", -3, scope({"kind": "return"}), when=when) == 3
    assert run("absolute", -3, scope({"kind": "return", "open": 1}), when=when) == -3


def test_a_count_is_no_less_than_another_that_can_be_read() -> None:
    for other, result in ((5, 5), (2, 3), (3, 3), ("x", 3), (None, 3)):
        assert run("no_less_than", 3, scope({"other": other}), than="other") == result
    assert run("no_less_than", "x", scope({"other": 5}), than="other") == "x"


def test_a_line_without_a_number_has_its_place() -> None:
    inside = scope()
    inside.position = 4

    assert (run("line_number", None, inside), run("line_number", 7.0, inside)) == ("4", "7")


def test_a_currency_is_the_messages_or_else_the_channels_and_never_made_up() -> None:
    own = MappingContext(default_currency="JPY")
    inside = scope(context=own)

    assert run("currency_code", " eur ", inside) == "EUR"
    assert inside.notes == []
    assert run("currency_code", "", inside) == "JPY"
    assert len(inside.notes) == 1
    inside = scope()
    assert (run("currency_code", None, inside), inside.notes) == ("", [])


def test_the_channels_country_stands_in_only_for_an_address_that_is_there() -> None:
    own = MappingContext(default_country="GB")
    here = scope({"ship": {"city": "Leeds"}}, context=own)

    assert run("default_country", "", here, beside="ship") == "GB"
    assert here.notes == ["no country in the address; the channel's default GB was taken"]
    assert run("default_country", "FR", here, beside="ship") == "FR"
    assert run("default_country", "", scope({"ship": {}}, context=own), beside="ship") == ""
    bare = scope({"ship": {"city": "Leeds"}})
    assert (run("default_country", None, bare, beside="ship"), bare.notes) == (None, [])


def test_a_region_is_kept_as_written_without_a_country_and_cut_to_its_field() -> None:
    inside = scope()

    assert run("region", " Anywhere ", inside, country_target="country") == "Anywhere"
    assert inside.notes == []
    inside.limit = 8
    assert run("region", "Anywhere", inside, country_target="country") == "Anywhere"
    assert inside.notes == []
    assert run("region", "Anywhere else", inside, country_target="country") == "Anywhere"
    assert inside.notes == ["cut to 8 characters"]
    inside.mapped["country"] = "GB"
    assert run("region", "GB-LND", inside, country_target="country") == "LND"
    assert run("region", "gblnd", inside, country_target="country") == "LND"


@pytest.mark.parametrize(
    ("value", "quantity", "part", "result"),
    [(100, 2, None, 67), (100, 3, None, 100), (100, 4, None, 100), (100, 0, None, 0), (100, 2, 1, 33), (99, 1, None, 33), (None, 2, None, None), (1, 1.5, None, 0)],
)  # fmt: skip
def test_an_amount_of_a_line_is_that_of_the_units_left_of_it(value: Any, quantity: Any, part: Any, result: Any) -> None:
    inside = scope({"ordered": 3, "left": part}, quantity=quantity)

    assert run("prorate", value, inside, whole="ordered", part="left") == result
    assert len(inside.notes) == (value is not None and result != value)


def test_nothing_is_taken_off_an_amount_of_an_order_that_is_read_as_it_was_placed_or_whose_counts_are_none() -> None:
    inside = scope({"ordered": 3}, quantity=1)
    inside.as_placed = True

    assert run("prorate", 100, inside, whole="ordered") == 100
    for ordered in (0, -1, None, "x"):
        assert run("prorate", 100, scope({"ordered": ordered}, quantity=0), whole="ordered") == 100
    assert run("prorate", 100, scope({"ordered": 3}, quantity=-1), whole="ordered") == 100
    inside = scope({"ordered": 3}, quantity=2)
    run("prorate", 100, inside, whole="ordered")
    assert inside.notes == ["for 2 of 3 units: the rest was taken off at the source"]


@pytest.mark.parametrize(
    ("value", "paid", "quantity", "result"), [(None, 1, 3, 1000), (50, 1, 3, 1050), (50, 3, 3, 50), (50, 4, 3, 50), (50, None, 3, 50), (50, 1, None, 50)]
)  # fmt: skip
def test_units_beyond_those_paid_for_are_given_away(value: Any, paid: Any, quantity: Any, result: Any) -> None:
    inside = scope({"paid": paid, "price": "5.00"}, quantity=quantity)

    assert run("free_beyond", value, inside, paid="paid", price="price") == result
    inside.as_placed = True
    assert run("free_beyond", value, inside, paid="paid", price="price") == value


def test_sums_keep_their_sign_their_floor_and_what_is_wanted_of_them() -> None:
    inside = scope({"a": "3", "b": ["1", "-2", ""], "c": "10"})

    assert run("sum_of", None, inside, add=["a", "b[]"]) == 2
    assert run("sum_of", None, inside, add=["b[]"], only="positive") == 1
    assert run("sum_of", None, inside, add=["b[]"], only="negative") == -2
    assert run("sum_of", None, inside, add=["a"], subtract=["c"]) == -7
    assert run("sum_of", None, inside, add=["a"], subtract=["c"], floor_at_zero=True) == 0
    assert run("sum_of", None, inside, add=["c"], subtract=["a"], floor_at_zero=True) == 7
    assert run("sum_of", None, inside, add=["z"], subtract=["c"], from_nothing=True) == -10
    assert run("sum_of", None, inside, add=["z"], subtract=["y"], from_nothing=True) is None
    assert run("sum_of", None, scope({"a": 0}), add=["a"], only="positive") == 0
    with pytest.raises(CannotConvert, match=r"^b\[\] is not an amount$"):
        run("sum_of", None, scope({"b": ["x"]}), add=["b[]"])


def test_products_are_added_up_over_the_rows_for_which_the_conditions_hold() -> None:
    rows = [{"n": 2, "p": "1.50", "off": "0.50"}, {"n": 3, "p": "2", "kind": "x"}, {"n": -1, "p": "4"}]
    inside = scope({"rows": rows})
    kept = [{"path": "kind", "test": "missing"}]

    def summed(value: Any, **arguments: Any) -> Any:
        return run("sum_of_products", value, inside, factors=["n", "p"], **arguments)

    assert summed(rows) == Decimal("5.00")
    assert summed(rows, less=["off"]) == Decimal("4.50")
    assert summed(rows, when=kept) == Decimal("-1.00")
    assert summed(rows, only="positive") == Decimal("9.00")
    assert summed(rows, only="negative") == Decimal(-4)
    assert summed(rows[0]) == Decimal("3.00")
    assert summed([]) is None
    assert summed(rows[1:2], when=kept) is None
    with pytest.raises(CannotConvert, match="p is not an amount"):
        summed([{"n": 1}])
    assert inside.record == {"rows": rows}


@pytest.mark.parametrize(
    ("value", "quantity", "more", "unit", "discount", "notes"),
    [
        ("10.00", 4, {"off": ["cut"]}, 250, 100, 0), ("10.00", 3, {"off": ["cut"]}, 334, 102, 1), ("10.00", 1, {}, 1000, 0, 0),
        ("10.00", 4, {"net": "net"}, 250, 200, 0), ("10.00", 4, {"net": "none", "off": ["cut"]}, 250, 100, 0), ("10.00", 4, {"net": "gross"}, 300, 0, 0),
    ],
)  # fmt: skip
def test_a_unit_price_and_its_discount_come_from_the_lines_total(
    value: str, quantity: int, more: dict[str, Any], unit: int, discount: int, notes: int
) -> None:
    inside = scope({"n": quantity, "cut": "1.00", "net": "8.00", "gross": "12.00"})

    assert run("unit_price", value, inside, quantity="n", **more) == unit
    assert len(inside.notes) == notes
    assert run("line_discount", value, inside, quantity="n", **more) == discount


@pytest.mark.parametrize("quantity", [0, -1, 1.5, None, "x"])
def test_a_unit_price_waits_for_a_quantity_that_is_one(quantity: Any) -> None:
    with pytest.raises(Blocked):
        run("unit_price", "10.00", scope({"n": quantity}), quantity="n")


@pytest.mark.parametrize(
    ("name", "arguments", "good", "bad", "says"),
    [
        ("pattern", {"regex": "^a", "says": "is odd"}, ["ab"], ["ba", 5, None], "is odd"),
        ("pattern", {"regex": "^a"}, ["ab"], ["ba"], "does not look like ^a"),
        ("one_of", {"values": ["a", "b"]}, ["b"], ["A", None, "ab"], "is not one of a, b"),
        ("at_least", {"least": 2}, [2, "2.0", 3], [1, "1.99", "x", None], "is less than 2"),
        ("at_most", {"most": 2}, [2, "2.0", -9], [3, "2.01", "x", None], "is more than 2"),
        ("at_most_long", {"characters": 2}, ["ab", "", 123], ["abc"], "is longer than 2 characters"),
    ],
)
def test_a_check_accepts_refuses_and_says_why(
    name: str, arguments: dict[str, Any], good: list[Any], bad: list[Any], says: str
) -> None:
    check = bind(CHECKS, name, arguments)

    for value in good:
        check(value, scope())
    for value in bad:
        with pytest.raises(CannotConvert) as refused:
            check(value, scope())
        assert says in refused.value.problem


def test_a_step_is_named_with_its_arguments_and_a_wrong_one_with_its_place() -> None:
    by_name = {item.name: item for item in catalogue(TRANSFORMS)}

    assert list(by_name) == sorted(by_name)
    assert by_name["texts"].arguments == ("most", "longest")
    assert (
        by_name["texts"].summary == "A list of short texts (payment references): the empty and the overlong left out."
    )
    assert by_name["sum_of"].summary.endswith("stays nothing, or ``from_nothing`` counts as zero.")
    for table, what in ((TRANSFORMS, "transform"), (CHECKS, "check")):
        with pytest.raises(ValueError, match=f"^there is no {what} 'sing'$"):
            bind(table, "sing", {})
    with pytest.raises(ValueError, match=r"^texts: most: "):
        bind(TRANSFORMS, "texts", {"most": "x"})
    with pytest.raises(ValueError, match=r"^first_match: rules\.0: .*either then or then_from"):
        bind(TRANSFORMS, "first_match", {"rules": [{"when": [], "then": "a", "then_from": "b"}]})
    with pytest.raises(ValueError, match="there is no time zone 'Mars'"):
        bind(TRANSFORMS, "moment", {"zone": "Mars"})
