"""Where one thing ends and the next begins: numbers, moments, paths, ids, envelopes, patterns, and how long anything may be."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from apps.channels.mapping.conditions import parse_condition
from apps.channels.mapping.envelopes import group_rows, orders_in, unwrap
from apps.channels.mapping.facts import external_id_of, facts
from apps.channels.mapping.message_form import Cancelled, MessageForm, Topic, Topics, Wrapping, paths
from apps.channels.mapping.moments import read_moment
from apps.channels.mapping.numbers import decimal_or_none, rounded
from apps.channels.mapping.paths import ListFilter, parse_path
from apps.channels.mapping.patterns import matches, safe_pattern
from apps.channels.mapping.results import Finding, Quarantined, quarantine
from apps.channels.mapping.scope import CannotConvert, MappingContext, Scope, code_text, is_empty, kind_of
from apps.channels.mapping.service_levels import compile_globs

FORM = MessageForm(kind="any")


@pytest.mark.parametrize(
    ("written", "number"),
    [
        (10**18 - 1, Decimal(10**18 - 1)), (10**18, None), (-(10**18) + 1, Decimal(1 - 10**18)), (-(10**18), None),
        ("9" * 18, Decimal("9" * 18)), ("9" * 19, None), ("1." + "3" * 20, Decimal("1." + "3" * 20)), ("1." + "3" * 21, None),
        ("1e99", Decimal("1e99")), ("1e100", None), ("+5", Decimal(5)), ("-0.50", Decimal("-0.50")), (".5", None), ("5.", None),
        (" 7 ", Decimal(7)), ("1_000", None), (True, None), (False, None), (0.1, Decimal("0.1")), (9.9e17, Decimal("9.9e17")),
        (1e18, None), (-1e18, None), (Decimal("1.5"), Decimal("1.5")), (Decimal("NaN"), None), (Decimal(10**18), None),
        (Decimal(10**18 - 1), Decimal(10**18 - 1)), (float("-inf"), None), (b"5", None),
    ],
)  # fmt: skip
def test_what_is_a_number(written: Any, number: Decimal | None) -> None:
    assert decimal_or_none(written) == number


@pytest.mark.parametrize(("number", "whole"), [("0.5", 0), ("1.5", 2), ("2.5", 2), ("2.51", 3), ("-2.5", -2)])
def test_halves_are_rounded_to_the_even_number(number: str, whole: int) -> None:
    assert rounded(Decimal(number)) == whole


@pytest.mark.parametrize(
    ("written", "zone", "formats", "moment"),
    [
        ("1970-01-01T00:00:00Z", "", (), datetime(1970, 1, 1, tzinfo=UTC)),
        ("1969-12-31T23:59:59Z", "", (), None),
        ("2100-12-31T23:59:59Z", "", (), datetime(2100, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("2101-01-01T00:00:00Z", "", (), None),
        ("2026-01-01T00:00:00Z" + " " * 44, "", (), datetime(2026, 1, 1, tzinfo=UTC)),
        ("2026-01-01T00:00:00Z" + " " * 45, "", (), None),
        ("02.01.2026 10:00", "Europe/Berlin", ("%d/%m/%Y", "%d.%m.%Y %H:%M"), datetime(2026, 1, 2, 9, tzinfo=UTC)),
        ("2026-01-02T10:00:00+05:00", "Europe/Berlin", ("%d/%m/%Y",), datetime(2026, 1, 2, 5, tzinfo=UTC)),
    ],
)
def test_what_is_a_moment(written: str, zone: str, formats: tuple[str, ...], moment: datetime | None) -> None:
    if moment is None:
        with pytest.raises(CannotConvert):
            read_moment(written, zone, formats)
    else:
        assert read_moment(written, zone, formats) == moment


@pytest.mark.parametrize(
    ("text", "base", "steps"),
    [
        ("a", "", ("a",)), ("$.a.b", "$", ("a", "b")), ("@ship_to", "ship_to", ()), ("@ship_to.city", "ship_to", ("city",)),
        ("a[].b", "", ("a", None, "b")), ("a[0][1]", "", ("a", 0, 1)), ("a[9999]", "", ("a", 9999)),
        ("a[kind=x y].b", "", ("a", ListFilter("kind", "x y"), "b")), ("k" * 64, "", ("k" * 64,)),
        (".".join("k" * 64 for _ in range(3)), "", ("k" * 64,) * 3), ("@" + "n" * 32, "n" * 32, ()),
        (f"a[{'k' * 64}={'w' * 64}]", "", ("a", ListFilter("k" * 64, "w" * 64))),
        ("k" * 50 + "." + "k" * 50 + "." + "k" * 50 + "." + "k" * 47, "", ("k" * 50, "k" * 50, "k" * 50, "k" * 47)),
    ],
)  # fmt: skip
def test_how_a_path_is_taken_apart(text: str, base: str, steps: tuple[Any, ...]) -> None:
    path = parse_path(text)

    assert (path.text, path.base, path.steps) == (text, base, steps)
    assert path.many is any(step is None or isinstance(step, ListFilter) for step in steps)
    assert parse_path(path) is path


@pytest.mark.parametrize(
    "text",
    ["k" * 65, "a[10000]", "a[0][1][2]", "@" + "n" * 33, f"a[{'k' * 65}=w]", f"a[k={'w' * 65}]", "a\nb"[:1] + "[-1]",
     "k" * 50 + "." + "k" * 50 + "." + "k" * 50 + "." + "k" * 48, "@", "@x.", "$"],
)  # fmt: skip
def test_a_path_ends_where_its_bounds_are(text: str) -> None:
    with pytest.raises(ValueError, match="path"):
        parse_path(text)


@pytest.mark.parametrize(
    ("path", "value"),
    [("a[1]", 2), ("a[2]", None), ("a[0]", 1), ("b[0][1].c", 5), ("b[][].c", [4, 5]), ("d.e.f", 6), ("d.e", {"f": 6}), ("d", {"e": {"f": 6}})],
)  # fmt: skip
def test_what_stands_at_a_path(path: str, value: Any) -> None:
    message = {"a": [1, 2], "b": [[{"c": 4}, {"c": 5}]], "d": {"e": {"f": 6}}}

    assert parse_path(path).read(message) == value


@pytest.mark.parametrize(
    ("payload", "inside"),
    [
        ({"order": {"id": 1}}, {"id": 1}),
        ({"order": {"id": 1}, "shop": "x"}, {"id": 1}),
        ({"order": {"id": 1}, "shop": "x", "at": "y"}, {"order": {"id": 1}, "shop": "x", "at": "y"}),
        ({"order": 5}, {"order": 5}),
        ({"sale": {"id": 2}}, {"id": 2}),
        ({"orders": [{"id": 1}]}, {"id": 1}),
        ({"orders": [{"id": 1}, {"id": 2}]}, {"orders": [{"id": 1}, {"id": 2}]}),
        ({"orders": [{"id": 1}], "next": "x"}, {"orders": [{"id": 1}], "next": "x"}),
        ({"orders": ["x"]}, {"orders": ["x"]}),
        ([{"id": 1}], {"id": 1}),
        ([], []),
        ({"data": {"id": 3}, "a": 1, "b": 2, "c": 3}, {"id": 3}),
        ({"data": [3], "a": 1}, {"data": [3], "a": 1}),
        ("text", "text"),
    ],
)
def test_an_order_is_taken_out_of_what_it_is_wrapped_in(payload: Any, inside: Any) -> None:
    form = MessageForm(kind="any", wrapping=Wrapping(envelope="data", one_under=("order", "sale")))

    assert unwrap(form, payload) == inside


def test_lists_of_orders_are_taken_apart_each_under_the_key_its_contract_reads() -> None:
    form = MessageForm(kind="any", wrapping=Wrapping(many_under=("orders", "more")))
    joined = MessageForm(kind="any", wrapping=Wrapping(many_under=("orders",), each_under="order"))

    assert orders_in(form, {"orders": [1, 2], "more": [3], "x": 0}) == [1, 2, 3]
    assert orders_in(form, {"orders": [], "x": 0}) == []
    assert orders_in(form, {"orders": "x"}) == [{"orders": "x"}]
    assert orders_in(joined, {"orders": [{"a": 1}], "x": 0}) == [{"order": {"a": 1}}]
    assert orders_in(form, (1,)) == [(1,)]


def test_rows_of_a_file_are_gathered_by_their_order_and_those_without_stand_alone() -> None:
    rows = [{"no": " 7 ", "a": 1}, {"no": "", "a": 2}, {"no": 8, "a": 3}, {"no": "7", "a": 4}, {"a": 5}]

    assert group_rows(rows, "no") == [
        {"key": "7", "rows": [{"no": " 7 ", "a": 1}, {"no": "7", "a": 4}]},
        {"key": "8", "rows": [{"no": 8, "a": 3}]},
        {"key": "", "rows": [{"no": "", "a": 2}]},
        {"key": "", "rows": [{"a": 5}]},
    ]


@pytest.mark.parametrize(
    ("order", "found"),
    [
        ({"id": "x" * 128}, "x" * 128), ({"id": "x" * 129}, ""), ({"id": "x" * 129, "order_id": "7"}, "7"),
        ({"id": " ", "order_id": 7}, "7"), ({"id": True, "order_id": 7}, "7"), ({"id": 5, "order_id": 7}, "5"),
        ({"id": "a\tb", "order_id": 7}, "7"), ({}, ""),
    ],
)  # fmt: skip
def test_the_first_id_that_a_column_can_hold_is_the_orders(order: dict[str, Any], found: str) -> None:
    assert external_id_of(FORM, order) == found


def test_the_last_change_is_the_first_place_that_can_be_read() -> None:
    form = MessageForm(kind="any", updated=paths("changed", "made"), zone="UTC")

    at = datetime(2026, 1, 2, tzinfo=UTC)
    for order in (
        {"changed": "soon", "made": "2026-01-02"},
        {"changed": "", "made": "2026-01-02"},
        {"changed": "2026-01-02"},
    ):
        assert facts(form, "", order).updated_at == at
    assert facts(form, "", {"changed": "soon"}).updated_at is None


@pytest.mark.parametrize(
    ("order", "is_off"),
    [
        ({"state": " Void "}, True), ({"state": "open"}, False), ({"state": 5}, False), ({"off_at": "x"}, True),
        ({"off_at": None}, False), ({"odd": True}, True), ({}, False),
    ],
)  # fmt: skip
def test_an_order_is_off_by_its_word_by_a_value_or_by_what_its_adapter_knows(
    order: dict[str, Any], is_off: bool
) -> None:
    [status], [present] = paths("state"), paths("off_at")
    off = Cancelled(status=status, words=frozenset({"void"}), when_present=present, when=lambda order: "odd" in order)

    assert facts(MessageForm(kind="any", cancelled=off), "", order).is_cancellation is is_off


def test_topics_are_named_by_headers_or_the_body_and_mean_the_same_in_any_case() -> None:
    [within] = paths("scope")
    topics = Topics(
        headers=("x-topic", "x-kind"), within=within, meanings={"sale/made": Topic.CREATED, "sale/new": Topic.CREATED}
    )

    assert topics.named_in({"X-Topic": "", "X-Kind": "sale/made"}) == "sale/made"
    assert topics.named_in({"X-TOPIC": "a", "x-kind": "b"}) == "a"
    assert topics.named_in({}) == topics.named_within({"scope": 5}) == topics.named_within([]) == ""
    assert topics.named_within({"scope": "sale/made"}) == "sale/made"
    assert Topics().named_within({"scope": "x"}) == ""
    assert topics.meaning_of(" SALE/made ") is Topic.CREATED
    assert (topics.meaning_of("paid"), topics.meaning_of("sale/odd")) == (Topic.PAID, Topic.OTHER)
    assert (topics.word_for(Topic.CREATED), topics.word_for(Topic.PAID)) == ("sale/made", "paid")


@pytest.mark.parametrize(
    ("test", "value", "yes", "no"),
    [
        ("present", None, [0, False, "x", [None]], [None, "", "  ", [], {}]),
        ("missing", None, [None, " ", []], [0, "x"]),
        ("equals", "Paid ", ["paid", " PAID", ["open", "paid"]], ["unpaid", None, 5, [], ["open"]]),
        ("equals", 5, [5, "5"], [5.0, "05", 6]),
        ("equals", True, [True, "TRUE"], [1, "yes"]),
        ("one_of", ["a", 2], ["A ", 2, "2", ["x", "a"]], ["b", None, 2.5, {}]),
        ("not_one_of", ["a", 2], ["b", None, ["a"]], ["A", 2]),
        ("matches", "^a+$", ["aa", ["b", "a"]], ["ab", 5, None]),
        ("is_true", None, [True, "Yes", 1, "1"], [False, "no", 0, 2, None]),
        ("is_false", None, [False, "No", 0, "0", "FALSE"], [True, "yes", 1, None, ""]),
        ("is_zero", None, [0, "0.00", 0.0], [1, "-0.01", None, "x", False]),
        ("is_negative", None, [-1, "-0.01"], [0, "0", 1, None]),
        ("is_positive", None, [1, "0.01", ["-1", "2"]], [0, -1, None, "x"]),
        ("is_moment", None, ["2026-01-02", "2026-01-02T00:00:00Z"], ["soon", "", None, 5, True]),
    ],
)
def test_what_a_document_may_ask_of_a_value(test: str, value: Any, yes: list[Any], no: list[Any]) -> None:
    question = parse_condition({"path": "x", "test": test} | ({} if value is None else {"value": value}))

    def asked(of: Any) -> bool:
        return question.holds(Scope({"x": of}, MappingContext(), {}, ()))

    assert [each for each in yes if not asked(each)] == []
    assert [each for each in no if asked(each)] == []


@pytest.mark.parametrize(
    ("pattern", "text", "looked_at"),
    [
        ("x", "x", 1_000), ("a+x", "ax", 1_000), ("a{0,100}x", "x", 1_000), ("a+b+x", "abx", 391), ("a+b+c+x", "abcx", 124),
        ("a{0,100}b+c+x", "bcx", 84), ("(ab|cd)e+f+x", "abefx", 310), ("(?:ab|cd|ef){3}g+h+x", "abababghx", 130), ("a?b?c+d+x", "cdx", 246),
        ("(a?){9}c+x", "cx", 197), ("(ab{1,3}){5}c+x", "ababababab" + "cx", 286),
    ],
)  # fmt: skip
def test_the_more_ways_there_are_through_a_pattern_the_less_of_a_text_is_looked_at(
    pattern: str, text: str, looked_at: int
) -> None:
    before = "-" * (looked_at - len(text))

    assert matches(safe_pattern(pattern), before + text)
    assert not matches(safe_pattern(pattern), f"-{before}{text}")


@pytest.mark.parametrize(
    "pattern",
    ["(a{49,50}){2}", "(?:a{2}){200}", "((ab){3}c){2,9}", "(ab|cd){9}", "a" * 200, "a*b*c*", "(?:a+b)?", "(a{0,50}){2}",
     "(?>a+)b", "(?i:a|b)c"],
)  # fmt: skip
def test_a_pattern_within_its_bounds_is_taken(pattern: str) -> None:
    assert safe_pattern(pattern).pattern == pattern
    assert safe_pattern(compiled := safe_pattern(pattern)) is compiled


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("(a{1,10}){1,11}", "a repeat inside a repeat"), ("(a{0,51}){2}", "a repeat inside a repeat"), ("(a{50,51}){2}", "a repeat inside a repeat"), ("(ab|cd){101}", "alternatives inside"),
        ("(ab|cd)*", "alternatives inside"), ("a*b*c*d*", "more than 3 open repeats"), ("x?a*b*c*d*", "more than 3 open repeats"), ("a{0,101}b{0,101}c{0,101}d{0,101}", "more than 3"),
        ("(?=a)", "looking around"), ("(?!a)", "looking around"), ("(?<=a)b", "looking around"), ("(a)(?(1)b|c)", "looking around"),
        ("(?P<n>a)(?P=n)", "referring back"), ("(?i)(a)\\1", "referring back"), ("(a", "not a regular expression"), (5, "at most 200"),
        ("a" * 201, "at most 200"), ("(a+)(b+)(c+)(d+)", "more than 3"), ("(?:a+|b+|c+|d+)", "more than 3"),
    ],
)  # fmt: skip
def test_a_pattern_beyond_its_bounds_is_refused_with_the_reason(pattern: Any, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        safe_pattern(pattern)


def test_a_pattern_of_a_shipping_method_is_at_most_a_hundred_characters() -> None:
    assert len(compile_globs({"x" * 100: "express"})) == 1
    with pytest.raises(ValueError, match="is longer than 100 characters") as refused:
        compile_globs({"x" * 101: "express"})
    assert "x" * 40 in str(refused.value)
    assert "x" * 41 not in str(refused.value)


@pytest.mark.parametrize(
    ("value", "empty", "kind"),
    [
        (None, True, "nothing"), ("", True, "text"), (" \n", True, "text"), ("x", False, "text"), ([], True, "a list"), ({}, True, "an object"),
        ([None], False, "a list"), (0, False, "a number"), (0.0, False, "a number"), (False, False, "a yes or no"), (True, False, "a yes or no"),
    ],
)  # fmt: skip
def test_what_says_nothing_and_of_which_kind_it_is(value: Any, empty: bool, kind: str) -> None:
    assert (is_empty(value), kind_of(value)) == (empty, kind)


def test_a_code_in_a_sentence_is_short_and_never_an_address() -> None:
    assert code_text("x" * 40) == repr("x" * 40)
    assert code_text("x" * 41) == repr("x" * 40 + "…")
    assert (code_text("pat@example.test"), code_text(5)) == ("'text'", "'a number'")


def test_the_channels_words_go_first_and_case_does_not_count() -> None:
    inside = Scope({}, MappingContext(tables={"t": {" Own ": "ours"}}), {"t": {"own": "theirs", "other": "theirs"}}, ())

    assert (inside.word("t", "own"), inside.word("t", "other"), inside.word("t", "none")) == ("ours", "theirs", None)
    assert inside.word("u", "own") is None


def test_a_quarantine_says_its_first_finding_and_how_many_more_there_are() -> None:
    one, two = Finding("a", "is odd", ""), Finding("", "is lost", "")

    assert Quarantined((one,)).reason == "a: is odd"
    assert Quarantined((one, two)).reason == "a: is odd (and 1 more)"
    assert Quarantined((two, one, one)).reason == "is lost (and 2 more)"
    assert quarantine("a", "is odd", "x") == Quarantined((Finding("a", "is odd", "x"),), "", 0)
