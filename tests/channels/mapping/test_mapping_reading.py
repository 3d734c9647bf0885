"""What a document says of records, gates, guards and lines is what is done with a message, and said of it."""

from __future__ import annotations

from typing import Any

import pytest

from apps.channels.mapping.documents import load_document
from apps.channels.mapping.engine import apply
from apps.channels.mapping.results import Ignored, Mapped, Notice, NoticeKind, Outcome, Quarantined, Rejected
from apps.channels.mapping.scope import MappingContext
from apps.orders.canonical import MAX_DOUBTS, MAX_LINES, CanonicalOrder
from tests.channels.mapping.small import ITEM, LEAST, MESSAGE, read, row

HELD = {"when_invalid": "hold:price_mismatch"}


def order_of(outcome: Outcome) -> CanonicalOrder:
    assert isinstance(outcome, Mapped), outcome
    return outcome.order


def warned(outcome: Outcome) -> list[tuple[str, str, str]]:
    assert isinstance(outcome, Mapped), outcome
    return [(warning.path, warning.target, warning.message) for warning in outcome.warnings]


def held(outcome: Outcome) -> list[tuple[str, str, str, str]]:
    assert isinstance(outcome, Mapped), outcome
    return [(str(hold.reason), hold.path, hold.note, hold.code) for hold in outcome.holds]


def found(outcome: Outcome) -> list[tuple[str, str]]:
    assert isinstance(outcome, Quarantined), outcome
    return [(finding.path, finding.problem) for finding in outcome.findings]


def test_what_is_read_is_the_order_and_nothing_else() -> None:
    outcome = read({"items": [ITEM, ITEM | {"no": "2", "price": "0.10"}]})

    order = order_of(outcome)
    assert (order.external_id, order.currency, order.status) == ("7", "EUR", "open")
    assert [(line.line_id, line.quantity, line.unit_price) for line in order.lines] == [("1", 2, 500), ("2", 2, 10)]
    assert (warned(outcome), held(outcome), order.doubts) == ([], [], [])
    assert isinstance(outcome, Mapped)
    assert (outcome.contract, outcome.version) == ("some.order", 1)


@pytest.mark.parametrize("payload", [None, [], "x", 5])
def test_what_is_no_object_is_quarantined(payload: Any) -> None:
    assert found(apply(load_document(LEAST), payload, MappingContext())) == [("", "the message is not a JSON object")]


TO = {"name": "to", "candidates": ["ship", "bill"], "has_any": ["street", "city"]}


@pytest.mark.parametrize(
    ("message", "city"),
    [
        ({"ship": {"city": "Leeds"}, "bill": {"city": "York"}}, "Leeds"),
        ({"ship": {"street": "1 High St"}, "bill": {"city": "York"}}, ""),
        ({"ship": {"name": "Ann", "city": " "}, "bill": {"city": "York"}}, "York"),
        ({"bill": {"city": "York"}}, "York"),
        ({"ship": "Leeds"}, ""),
    ],
)
def test_a_record_is_the_first_that_says_something(message: dict[str, Any], city: str) -> None:
    outcome = read(message, row("shipping_address.city", "@to.city", when_invalid="omit"), records=[TO])

    address = order_of(outcome).shipping_address
    assert (address.city if address else "") == city


def gate(then: str, *tests: tuple[str, str]) -> dict[str, Any]:
    return {"when": [{"path": path, "test": test} for path, test in tests], "then": then, "reason": "it is odd"}


def test_the_first_gate_all_of_whose_conditions_hold_closes() -> None:
    gates = [gate("reject", ("a", "present"), ("b", "present")), gate("ignore", ("a", "present"))]

    assert read({"a": 1}, gates=gates) == Ignored("it is odd", "some.order", 1)
    assert read({"a": 1, "b": 1}, gates=gates) == Rejected("it is odd", (), "some.order", 1)
    assert isinstance(read({"b": 1}, gates=gates), Mapped)


def test_a_gate_that_only_doubts_lets_the_message_on() -> None:
    gates = [
        gate("hold:manual", ("a", "present")),
        gate("warn", ("b", "present")),
        gate("quarantine", ("c", "present"), ("a", "present")),
    ]

    outcome = read({"a": 1, "b": 2}, gates=gates)

    assert (held(outcome), warned(outcome)) == ([("manual", "a", "it is odd", "")], [("b", "", "it is odd")])
    assert found(read({"a": 1, "c": 3}, gates=gates)) == [("c", "it is odd")]


@pytest.mark.parametrize(
    ("reads", "words", "good", "bad", "expected"),
    [
        ("moment", [], [None, "", "2026-01-02", "2026-01-02T10:00:00Z"], ["soon", 5, True, []], "a date and time"),
        ("yes_no", [], [True, False, "yes", "0", 1, None], ["maybe", 2, {"a": 1}], "a yes or no"),
        ("word", ["Open", "5"], ["open ", "OPEN", 5], ["shut", True, 5.5], "a word we know"),
    ],
)
def test_a_guard_holds_what_it_can_not_read(
    reads: str, words: list[str], good: list[Any], bad: list[Any], expected: str
) -> None:
    guards = [{"path": "x", "reads": reads, "words": words, "then": "hold:payment_problem"}]

    assert [value for value in good if held(read({"x": value}, guards=guards))] == []
    for value in bad:
        if value != []:
            [(reason, path, note, code)] = held(read({"x": value}, guards=guards))
            assert (reason, path, code) == ("payment_problem", "x", "unreadable")
            assert note.startswith("x is ")
            assert note.endswith(f" that is not {expected}")


def skipping(then: str) -> dict[str, Any]:
    skip = [{"when": [{"path": "tip", "test": "present"}, {"path": "units", "test": "present"}], "reason": "a tip"}]
    return {"skip": skip, "when_none_left": then, "none_left_reason": "nothing to send"}


TIP, NONE = ITEM | {"tip": 1}, ITEM | {"units": 0}


def test_a_line_that_is_none_is_left_out_aloud_and_the_others_keep_their_number() -> None:
    outcome = read({"items": [TIP, NONE, ITEM | {"no": None}]}, lines=skipping("quarantine"))

    assert [line.line_id for line in order_of(outcome).lines] == ["3"]
    assert warned(outcome) == [("items[0]", "", "left out: a tip"), ("items[1]", "", "left out: its quantity is 0")]


def test_an_order_of_which_no_line_is_left_is_what_its_document_says() -> None:
    assert read({"items": [TIP]}, lines=skipping("ignore")) == Ignored("nothing to send", "some.order", 1)
    assert found(read({"items": [TIP]}, lines=skipping("quarantine"))) == [("items[]", "nothing to send")]
    assert found(read({"items": [TIP, NONE, NONE]}, lines=skipping("quarantine"))) == [("items[1].units", "is 0")]
    assert read({"items": [TIP]}, lines=skipping("cancelled")) == Notice(NoticeKind.EMPTIED, "7", "nothing to send")


def test_an_emptied_order_that_can_be_read_as_it_was_placed_is_cancelled_with_the_reason() -> None:
    emptied = {"items": [{"no": "1", "price": "1.00", "units": 0}]}
    lines = {"when_none_left": "cancelled", "none_left_reason": "r" * 300}
    fields = [row("line_id", "no", "line_number"), row("quantity", "quantity", "units_promised")]
    item = {"id": "1", "no": "1", "quantity": 2, "current_quantity": 0, "price": "1.00"}

    order = order_of(read({"items": [item]}, lines=lines | {"fields": fields}))
    assert (order.status, order.cancel_reason, order.lines[0].quantity) == ("cancelled", "r" * 255, 2)
    done = row("status", "state", "text", **HELD)
    order = order_of(read({"items": [item], "state": "completed"}, done, lines=lines | {"fields": fields}))
    assert (order.status, order.cancel_reason) == ("completed", "")
    assert found(read(emptied | {"id": None}, lines=lines))[0] == ("id", "nothing was read for external_id")


@pytest.mark.parametrize("items", [[], None, "x", {"0": ITEM}])
def test_a_message_without_a_list_of_lines_says_so_once(items: Any) -> None:
    assert found(read({"items": items})) == [("items[]", "there are no lines")]


def test_an_order_has_at_most_so_many_lines() -> None:
    items = [{"no": str(number), "units": 1, "price": "1"} for number in range(MAX_LINES + 2)]

    assert len(order_of(read({"items": items[:MAX_LINES]})).lines) == MAX_LINES
    [(path, _)] = found(read({"items": items}))
    assert path == "items[]"


@pytest.mark.parametrize(
    ("stated", "units", "doubted"), [(0, 0, False), (2, 2, False), (3, 2, True), (-1, 0, True), (None, 0, False)]
)
def test_no_more_units_are_handled_elsewhere_than_there_are(stated: int | None, units: int, doubted: bool) -> None:
    outcome = read(
        {"items": [ITEM, ITEM | {"no": "2", "else": stated}]},
        line_rows=(row("handled_elsewhere", "else", "whole_number", **HELD),),
    )

    assert [line.handled_elsewhere for line in order_of(outcome).lines] == [0, units]
    said = f"items[1]: {stated} of 2 units are said to be handled elsewhere"
    assert held(outcome) == ([("quantity_unusual", "items[1]", said, "units_disagree")] if doubted else [])


def test_money_without_a_currency_is_not_reported_beside_the_currency() -> None:
    assert found(read({"currency": None})) == [("currency", "nothing was read for currency")]


def test_a_value_that_is_missing_or_can_not_be_read_is_said_at_its_path() -> None:
    outcome = read(
        {"note": 5.5e20, "items": [ITEM | {"no": None, "title": ["x"]}]},
        row("note", "note", "text", when_invalid="default", default="-", when_missing="default"),
        line_rows=(row("title", "title", "text", when_invalid="omit"),),
    )

    assert (order_of(outcome).note, order_of(outcome).lines[0].title) == ("-", "")
    assert [(path, target) for path, target, _ in warned(outcome)] == [("note", "note"), ("items[0].title", "title")]
    assert warned(outcome)[0][2].endswith("; left at its default")
    assert warned(outcome)[1][2].endswith("; left out")


def test_a_refusal_for_good_goes_before_everything_else() -> None:
    outcome = read(
        {"currency": "EURO", "note": 5.5e20, "tags": 5.5e20},
        row("note", "note", "text", when_invalid="reject"),
        row("tags", "tags", "split_tags", when_invalid="reject"),
    )

    assert isinstance(outcome, Rejected)
    assert outcome.reason.startswith("note: is ")
    assert [finding.path for finding in outcome.findings] == ["note", "tags"]
    assert (outcome.contract, outcome.version) == ("some.order", 1)


def test_a_hold_names_the_value_of_several_that_speaks_and_its_kind() -> None:
    total = row("totals.total", ["a", "b"], "first_non_empty", "money", **HELD)

    [(_, path, note, code)] = held(read({"b": ["1"]}, total))
    assert (path, note, code) == ("a", "b (a list) is not an amount", "unreadable")
    made = row("totals.total", None, ("sum_of", {"add": ["parts[].n"]}), "money", **HELD)
    [(_, path, note, _)] = held(read({"parts": [{"n": "x"}]}, made))
    assert (path, note) == ("totals.total", "parts[].n is not an amount")
    line_tax = row("tax", None, ("sum_of", {"add": ["t"]}), "money", **HELD)
    [(_, path, note, _)] = held(read({"items": [ITEM | {"t": "x"}]}, line_rows=(line_tax,)))
    assert (path, note) == ("items[0].tax", "items[0].t is not an amount")


def test_a_hold_takes_the_default() -> None:
    word = row(
        "payment.state",
        "state",
        ("lookup", {"table": "states"}),
        default="pending",
        when_missing="default",
        when_invalid="hold:payment_problem",
    )

    order = order_of(read({"state": "bartered"}, word, tables={"states": {"ok": "paid"}}))

    assert (order.payment.state, [(doubt.reason, doubt.code) for doubt in order.doubts]) == (
        "pending",
        [("payment_problem", "unreadable")],
    )


def test_an_optional_value_that_does_not_fit_is_left_out_aloud_and_one_of_an_address_is_doubted() -> None:
    outcome = read(
        {"note": "n" * 9, "country": "GBR", "items": [ITEM | {"title": "a\x00b"}]},
        row("note", None, ("constant", {"to": "n\x00"}), when_invalid="omit"),
        row("shipping_address.country", "country", "upper", when_invalid="omit"),
        line_rows=(
            row("title", "title", "add_suffix", when_invalid="omit")
            | {"transforms": [{"name": "add_suffix", "args": {"suffix": "!"}}]},
        ),
    )

    order = order_of(outcome)
    assert (order.note, order.lines[0].title) == ("", "")
    assert order.shipping_address is None or order.shipping_address.country == ""
    assert sorted(warned(outcome)) == [
        ("lines[0]", "title", "title does not fit and was left out"),
        ("note", "note", "note does not fit and was left out"),
        (
            "shipping_address.country",
            "shipping_address.country",
            "shipping_address.country does not fit and was left out",
        ),
    ]
    assert held(outcome) == [
        ("address_invalid", "shipping_address.country", "shipping_address.country does not fit", "unreadable")
    ]


def test_a_value_the_order_can_not_do_without_is_found_at_its_own_line() -> None:
    items = [TIP, ITEM, ITEM | {"no": "x" * 129}, ITEM | {"no": "4", "price": 10**12}]

    problems = dict(found(read({"items": items}, lines=skipping("quarantine"))))

    assert set(problems) == {"items[2].no", "items[3].price"}
    assert problems["items[2].no"].startswith("lines.1.line_id: ")


def test_at_most_fifty_findings_are_made_of_what_does_not_fit() -> None:
    items = [{"no": "x" * 129, "units": 1, "price": "1"} for _ in range(60)]

    assert len(found(read({"items": items}))) == 50


def test_doubts_are_kept_each_once_short_and_not_without_end() -> None:
    total = row("totals.total", "total", "money", **HELD)
    guards = [
        {"path": f"g{number}", "reads": "moment", "then": "hold:fraud_review"} for number in range(MAX_DOUBTS + 5)
    ]
    guards += [
        {"path": "g0", "reads": "moment", "then": "hold:fraud_review"},
        {"path": "k" * 60 + ".k" * 60, "reads": "moment", "then": "hold:manual"},
    ]

    outcome = read({f"g{number}": "soon" for number in range(MAX_DOUBTS + 5)} | {"total": "x"}, total, guards=guards)

    assert len(order_of(outcome).doubts) == MAX_DOUBTS
    assert order_of(outcome).doubts[0].sentence == "In the message, g0 is text that is not a date and time."
    assert len(held(outcome)) == MAX_DOUBTS + 7
    assert {doubt.reason for doubt in order_of(outcome).doubts} == {"fraud_review"}


def test_a_reason_that_validation_knows_nothing_of_is_a_hold_and_no_doubt() -> None:
    outcome = read({"x": "soon"}, guards=[{"path": "x", "reads": "moment", "then": "hold:manual"}])

    assert [reason for reason, *_ in held(outcome)] == ["manual"]
    assert order_of(outcome).doubts == []


def test_a_step_is_skipped_for_nothing_and_a_check_too() -> None:
    rows = (
        row(
            "note",
            "note",
            ("add_prefix", {"prefix": "#"}),
            validate=[{"name": "pattern", "args": {"regex": "^#[0-9]$"}}],
        ),
    )

    assert order_of(read({"note": " "}, *rows)).note == ""
    assert order_of(read({"note": "5"}, *rows)).note == "#5"
    assert found(read({"note": "x"}, *rows)) == [("note", "does not look like ^#[0-9]$")]


def test_the_message_is_left_as_it_is() -> None:
    before = {**MESSAGE, "items": [dict(ITEM)]}

    read({})

    assert before == MESSAGE
