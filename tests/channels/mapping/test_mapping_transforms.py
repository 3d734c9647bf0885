"""The small steps, each by its own words."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from apps.channels.mapping.scope import Blocked, CannotConvert, MappingContext, Scope
from apps.channels.mapping.transforms.registry import CHECKS, TRANSFORMS, bind


def scope(message: Any = None, *, currency: str = "GBP", context: MappingContext | None = None) -> Scope:
    made = Scope(message, context or MappingContext(), {}, ())
    made.currency = currency
    return made


def run(name: str, value: Any, inside: Scope | None = None, **arguments: Any) -> Any:
    return bind(TRANSFORMS, name, arguments)(value, inside or scope())


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("99.00", "HKD", 9900), ("0.1", "GBP", 10), (16.65, "GBP", 1665), (10, "GBP", 1000), ("10.00", "JPY", 10),
        ("1500", "JPY", 1500), ("1.234", "KWD", 1234), ("1.2", "KWD", 1200), ("-3.50", "GBP", -350), (" 7.00 ", "GBP", 700),
        ("1e2", "GBP", 10000), (0, "GBP", 0),
    ],
)  # fmt: skip
def test_money_becomes_minor_units_by_the_iso_exponent(amount: Any, currency: str, minor: int) -> None:
    inside = scope(currency=currency)

    assert run("money", amount, inside) == minor
    assert inside.notes == []


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("25.99", "JPY", 26),
        ("0.125", "GBP", 12),
        ("0.135", "GBP", 14),
        (16.658333333333335, "GBP", 1666),
        ("2.5", "JPY", 2),
    ],
)
def test_money_is_rounded_half_to_even_only_with_a_warning(amount: Any, currency: str, minor: int) -> None:
    inside = scope(currency=currency)

    assert run("money", amount, inside) == minor
    assert "more digits" in inside.notes[0]


@pytest.mark.parametrize(
    "amount",
    ["1,234.50", "12.50 EUR", "", "NaN", "١٢", True, float("nan"), float("inf"), [], {}, 10**30, "9" * 40, None],
)
def test_money_refuses_what_is_no_amount(amount: Any) -> None:
    with pytest.raises(CannotConvert):
        run("money", amount)


def test_money_without_a_currency_waits_for_the_currency_to_be_reported() -> None:
    with pytest.raises(Blocked):
        run("money", "1.00", scope(currency=""))


@pytest.mark.parametrize(
    ("subtotal", "total", "quantity", "unit", "discount"),
    [
        ("49.98", "49.98", 3, 1666, 0),
        ("10.00", "10.00", 3, 334, 2),
        ("20.00", "15.01", 2, 1000, 499),
        ("10.00", "12.00", 2, 600, 0),
        ("0.00", "0.00", 5, 0, 0),
        ("0.01", "0.01", 7, 1, 6),
    ],
)
def test_units_less_discount_give_the_line_exactly(
    subtotal: str, total: str, quantity: int, unit: int, discount: int
) -> None:
    inside = scope({"total": total, "quantity": quantity})

    assert run("unit_price", subtotal, inside, quantity="quantity", net="total") == unit
    assert run("line_discount", subtotal, inside, quantity="quantity", net="total") == discount
    assert unit * quantity - discount == round(Decimal(total) * 100)


def test_a_unit_price_that_had_to_be_rounded_up_says_so() -> None:
    inside = scope({"total": "10.00", "quantity": 3})

    run("unit_price", "10.00", inside, quantity="quantity", net="total")

    assert "2 minor units went to the discount" in inside.notes[0]


def test_sums_are_exact_and_take_the_first_source_that_speaks() -> None:
    message = {"lines": [{"cut": [{"amount": "3.20"}, {"amount": "5.00"}]}, {"cut": []}], "old": "9.99"}
    inside = scope(message)

    assert run("sum_of", None, inside, add=["lines[].cut[].amount"]) == Decimal("8.20")
    assert run("sum_of", None, inside, add=[["absent", "old"]], subtract=["lines[].cut[].amount"]) == Decimal("1.79")
    assert run("sum_of", None, inside, add=[["absent"]], subtract=["old"]) is None
    assert run("sum_of", None, scope({"fees": ["5", "-2"]}), add=["fees[]"], only="negative") == Decimal(-2)


@pytest.mark.parametrize(
    ("given", "alpha2"),
    [
        ("United States", "US"), ("usa", "US"), ("US", "US"), ("USA", "US"), ("EIRE", "IE"), ("Deutschland", "DE"),
        ("Côte d'Ivoire", "CI"), ("cote d'ivoire", "CI"), ("Hong Kong", "HK"), ("  united   kingdom ", "GB"), ("UK", "GB"),
        ("Russian Federation", "RU"), ("BRA", "BR"),
    ],
)  # fmt: skip
def test_countries_by_name_and_code_become_alpha_2(given: str, alpha2: str) -> None:
    assert run("country", given) == alpha2


def test_a_channel_may_name_countries_its_own_way() -> None:
    inside = scope(context=MappingContext(tables={"country": {"Channel Islands": "JE"}}))

    assert run("country", "channel islands", inside) == "JE"
    with pytest.raises(CannotConvert, match="Channel Islands"):
        run("country", "Channel Islands")


@pytest.mark.parametrize(
    ("country", "given", "region"),
    [
        ("US", "Kentucky", "KY"), ("US", "ky", "KY"), ("US", "US-KY", "KY"), ("JP", "JP13", "13"), ("JP", "Tokyo", "13"),
        ("BR", "Sao Paulo", "SP"), ("BR", "SP", "SP"), ("CA", "Québec", "QC"), ("XX", "Anywhere", "Anywhere"),
    ],
)  # fmt: skip
def test_regions_become_the_second_part_of_their_iso_code(country: str, given: str, region: str) -> None:
    inside = scope()
    inside.mapped["shipping_address.country"] = country

    assert run("region", given, inside, country_target="shipping_address.country") == region
    assert inside.notes == []


def test_a_region_that_is_none_is_kept_with_a_warning() -> None:
    inside = scope()
    inside.mapped["country"] = "US"

    assert run("region", "Cascadia", inside, country_target="country") == "Cascadia"
    assert "not a region of US" in inside.notes[0]


@pytest.mark.parametrize(
    ("value", "unit", "grams"),
    [("1", "lb", 454), ("2.5", "kg", 2500), (8, "oz", 227), ("120", "grams", 120), ("0.5", "LBS", 227)],
)
def test_weights_become_whole_grams(value: Any, unit: str, grams: int) -> None:
    assert run("to_grams", value, unit=unit) == grams
    assert run("to_grams", value, scope({"u": unit}), unit_from="u") == grams


@pytest.mark.parametrize(("value", "unit"), [("1", "stone"), ("-1", "kg"), ("heavy", "kg"), ("1", "")])
def test_refuses_a_weight_it_cannot_read(value: str, unit: str) -> None:
    with pytest.raises(CannotConvert):
        run("to_grams", value, unit=unit)


@pytest.mark.parametrize(
    ("written", "arguments", "moment"),
    [
        ("2025-01-23T22:09:39-05:00", {}, datetime(2025, 1, 24, 3, 9, 39, tzinfo=UTC)),
        ("2025-01-23T22:09:39Z", {}, datetime(2025, 1, 23, 22, 9, 39, tzinfo=UTC)),
        ("2026-11-21T12:05:23", {"zone": "UTC"}, datetime(2026, 11, 21, 12, 5, 23, tzinfo=UTC)),
        ("2010-07-01 08:26:00", {"zone": "Europe/London"}, datetime(2010, 7, 1, 7, 26, tzinfo=UTC)),
        (
            "7/24/2018 20:41",
            {"zone": "America/Sao_Paulo", "formats": ["%m/%d/%Y %H:%M"]},
            datetime(2018, 7, 24, 23, 41, tzinfo=UTC),
        ),
    ],
)
def test_moments_become_utc(written: str, arguments: dict[str, Any], moment: datetime) -> None:
    assert run("moment", written, **arguments) == moment


@pytest.mark.parametrize(
    "written",
    ["2026-11-21T12:05:23", "2026-02-30T00:00:00Z", "yesterday", 1732190723, "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "x" * 100],
)  # fmt: skip
def test_refuses_a_naive_impossible_or_outlandish_moment(written: Any) -> None:
    with pytest.raises(CannotConvert):
        run("moment", written)


def test_earliest_and_latest_of_several() -> None:
    several = ["2026-01-02T00:00:00Z", None, "2026-01-01T00:00:00Z"]

    assert run("earliest", several) == datetime(2026, 1, 1, tzinfo=UTC)
    assert run("latest", several) == datetime(2026, 1, 2, tzinfo=UTC)
    assert run("earliest", [None]) is None


@pytest.mark.parametrize(
    ("value", "read"), [(True, True), ("Yes", True), ("0", False), (0, False), ("off", False), ("TRUE", True)]
)
def test_yes_and_no_however_written(value: Any, read: bool) -> None:
    assert run("boolean", value) is read


@pytest.mark.parametrize("value", ["maybe", 2, "ja", [], 0.5])
def test_refuses_what_is_neither_yes_nor_no(value: Any) -> None:
    with pytest.raises(CannotConvert):
        run("boolean", value)


def test_a_sku_is_trimmed_freed_of_invisible_marks_and_replaced_by_its_alias() -> None:
    inside = scope(context=MappingContext(sku_aliases={"OLD-1": "NEW-1"}))

    assert run("sku", "  mug\u200b-1 ") == "mug-1"
    assert run("sku", "85123a", case="upper") == "85123A"
    assert run("sku", " old-1", inside) == "NEW-1"
    assert run("sku", 12345) == "12345"


@pytest.mark.parametrize(
    ("value", "read"),
    [("17850.0", "17850"), (17850.0, "17850"), (13, "13"), ("A.0", "A.0"), (" x ", "x"), ("1.50", "1.50")],
)
def test_identifiers_lose_only_what_a_spreadsheet_added(value: Any, read: str) -> None:
    assert run("identifier", value) == read


@pytest.mark.parametrize("value", [True, 1.5, {}, [1], float("inf"), pytest.param(10**5000, id="huge")])
def test_refuses_an_identifier_that_is_none(value: Any) -> None:
    with pytest.raises(CannotConvert):
        run("identifier", value)


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ([{"name": "Front", "value": "Hi"}, {"name": "", "value": "x"}], {"Front": "Hi"}),
        ({"name": "Front", "value": "Hi"}, {"Front": "Hi"}),
        ({"Front": "Hi", "Back": 5}, {"Front": "Hi", "Back": "5"}),
        ({}, {}),
        ([], {}),
        (["x", None, 5], {}),
        ([{"name": "Deep", "value": {"a": [1]}}], {"Deep": '{"a": [1]}'}),
    ],
)
def test_properties_from_a_list_a_pair_or_an_object(value: Any, read: dict[str, str]) -> None:
    assert run("name_value_pairs", value) == read


def test_tags_are_split_trimmed_and_unique() -> None:
    assert run("split_tags", "vip, gift ,vip,, ") == ["vip", "gift"]
    assert run("split_tags", ["a", " ", "b"]) == ["a", "b"]


def test_too_many_or_too_long_tags_are_left_out_with_a_warning() -> None:
    inside = scope()

    assert len(run("split_tags", [f"t{n}" for n in range(60)] + ["x" * 65], inside)) == 50
    assert "11 tags left out" in inside.notes[0]


def test_long_text_is_cut_to_what_the_field_holds_with_a_warning() -> None:
    inside = scope()
    inside.limit = 5

    assert run("text", "abcdefgh", inside) == "abcde"
    assert inside.notes == ["cut to 5 characters"]


def test_small_text_steps() -> None:
    assert run("unescape_html", "Idea &ndash; &quot;L&quot;") == 'Idea – "L"'
    assert run("pad_left", 3052, width=5) == "03052"
    assert run("add_suffix", "03052", suffix="-000") == "03052-000"
    assert run("add_prefix", "7", prefix="C") == "C7"
    assert run("strip_prefix", "#1069", prefix="#") == "1069"
    assert run("join", ["Ann", None, "Smith"]) == "Ann Smith"
    assert run("first_non_empty", [None, " ", 0, "x"]) == 0
    assert run("nothing_if", 0, words=["0"]) is None
    assert run("upper", "gbp") == "GBP"
    assert run("lower", "GBP") == "gbp"
    assert run("absolute", -3) == 3
    assert run("minor_units", "1250") == 1250
    assert run("constant", None, to=False) is False


def test_a_whole_number_is_whole() -> None:
    assert [run("whole_number", value) for value in ("3", 3.0, 3, "-2")] == [3, 3, 3, -2]
    for value in (1.5, "1.5", True, "three", "", 1e30):
        with pytest.raises(CannotConvert):
            run("whole_number", value)


def test_the_first_rule_whose_conditions_all_hold_answers() -> None:
    rules = [
        {
            "when": [{"path": "status", "test": "equals", "value": "Paid "}, {"path": "due", "test": "is_zero"}],
            "then": "a",
        },
        {"when": [{"path": "other", "test": "present"}], "then_from": "other"},
    ]

    assert run("first_match", "v", scope({"status": "paid", "due": "0.00"}), rules=rules) == "a"
    assert run("first_match", "v", scope({"status": "paid", "due": 1, "other": "o"}), rules=rules) == "o"
    assert run("first_match", "v", scope({}), rules=rules) == "v"


def test_a_word_in_no_table_is_refused_and_the_remedy_names_the_table() -> None:
    inside = scope(context=MappingContext(tables={"payment_state": {"Settled": "paid"}}))

    assert run("lookup", " SETTLED ", inside, table="payment_state") == "paid"
    with pytest.raises(CannotConvert) as refused:
        run("lookup", "bartered", inside, table="payment_state")
    assert "'bartered'" in refused.value.problem
    assert "payment_state" in refused.value.what_to_do


def test_shipping_methods_by_pattern_the_channels_own_first() -> None:
    inside = scope(context=MappingContext(shipping_methods={"*DHL  express*": "next_day", "*": "economy"}))

    assert run("service_level", "DHL  express (12:00)", inside) == "economy"
    inside = scope(context=MappingContext(shipping_methods={"*DHL express*": "next_day"}))
    assert run("service_level", "DHL  Express (12:00)", inside) == "next_day"
    assert run("service_level", "Carrier pigeon", inside) is None
    assert "'Carrier pigeon'" in inside.notes[0]


def test_a_context_with_an_unknown_service_level_is_refused() -> None:
    with pytest.raises(ValueError, match="not a service level"):
        MappingContext(shipping_methods={"*": "teleport"})


@pytest.mark.parametrize(
    ("name", "arguments", "good", "bad"),
    [
        ("pattern", {"regex": r"^\d+$"}, "12", "x"),
        ("one_of", {"values": ["a", "b"]}, "a", "c"),
        ("at_least", {"least": 1}, 1, 0),
        ("at_most", {"most": 10}, "10", 11),
        ("at_most_long", {"characters": 2}, "ab", "abc"),
    ],
)
def test_checks_accept_or_refuse(name: str, arguments: dict[str, Any], good: Any, bad: Any) -> None:
    check = bind(CHECKS, name, arguments)

    check(good, scope())
    with pytest.raises(CannotConvert):
        check(bad, scope())
