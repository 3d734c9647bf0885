"""What a document says about a value that is missing or unreadable is what happens."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from apps.channels.framework.contracts import shipped_raw
from apps.channels.mapping.documents import load_document
from apps.channels.mapping.engine import apply
from apps.channels.mapping.results import Ignored, Mapped, Outcome, Quarantined, Rejected
from apps.channels.mapping.scope import MappingContext
from apps.orders.canonical import PaymentState

MESSAGE: dict[str, Any] = {
    "key": "A-1",
    "rows": [{"order_id": "A-1", "placed_at": "2026-11-02", "currency": "EUR", "sku": "M", "quantity": "1", "unit_price": "1"}],
}  # fmt: skip


def read(
    target: str, changes: dict[str, Any], cells: dict[str, Any], gates: list[dict[str, Any]] | None = None
) -> Outcome:
    """Change one row of the CSV contract, put cells into the message's only row, and apply."""
    raw = copy.deepcopy(next(raw for raw in shipped_raw() if raw["contract"] == "csv.order"))
    rule = next(rule for rule in raw["fields"] + raw["lines"]["fields"] if rule["target"] == target)
    rule.update(changes)
    raw["gates"] = gates or []
    message = copy.deepcopy(MESSAGE)
    message["rows"][0] |= cells
    return apply(load_document(raw), message, MappingContext())


def test_omit_leaves_it_out() -> None:
    outcome = read("note", {"when_missing": "omit"}, {})

    assert isinstance(outcome, Mapped)
    assert outcome.order.note == ""


def test_default_puts_the_default_in() -> None:
    outcome = read("payment.state", {"default": "authorized"}, {})

    assert isinstance(outcome, Mapped)
    assert outcome.order.payment.state == PaymentState.AUTHORIZED


def test_quarantine_puts_it_before_a_person_at_its_path() -> None:
    outcome = read("title", {"when_missing": "quarantine"}, {})

    assert isinstance(outcome, Quarantined)
    assert [(finding.path, finding.problem) for finding in outcome.findings] == [("rows[0].title", "is missing")]


def test_reject_refuses_the_message_for_good() -> None:
    outcome = read("title", {"when_missing": "reject"}, {})

    assert isinstance(outcome, Rejected)
    assert outcome.reason == "rows[0].title: is missing"


def test_hold_takes_the_order_in_and_asks_for_the_hold() -> None:
    outcome = read("customer.email", {"when_missing": "hold:manual"}, {})

    assert isinstance(outcome, Mapped)
    assert [(hold.reason, hold.path) for hold in outcome.holds] == [("manual", "rows[0].customer_email")]


def test_an_unreadable_value_follows_its_own_consequence_and_is_doubted_aloud() -> None:
    outcome = read("promise.ship_by", {"when_invalid": "omit"}, {"ship_by": "soon"})

    assert isinstance(outcome, Mapped)
    assert outcome.order.promise.ship_by is None
    assert [(warning.path, warning.message) for warning in outcome.warnings] == [
        ("rows[0].ship_by", "is not a date and time; left out")
    ]


def test_a_guard_that_can_not_be_read_holds_the_order_and_says_which_without_its_value() -> None:
    outcome = read("totals.total", {"when_invalid": "hold:price_mismatch"}, {"total": "1,234.50"})

    assert isinstance(outcome, Mapped)
    doubt = outcome.order.doubts[0]
    assert (doubt.reason, doubt.code) == ("price_mismatch", "unreadable")
    assert doubt.sentence == "In the message, rows[0].total (text) is not an amount."


def test_a_value_that_fails_its_check_is_quarantined_with_the_documents_own_words() -> None:
    check = {"name": "pattern", "args": {"regex": "^[A-Z]{3}-\\d+$", "says": "is not one of our article numbers"}}

    outcome = read("sku", {"validate": [check]}, {})

    assert isinstance(outcome, Quarantined)
    assert outcome.reason == "rows[0].sku: is not one of our article numbers"


def test_a_chain_of_steps_nobody_tried_is_a_finding_not_a_crash() -> None:
    steps = [{"name": "text"}, {"name": "prorate", "args": {"part": "$.part", "whole": "$.whole"}}]
    raw = copy.deepcopy(next(raw for raw in shipped_raw() if raw["contract"] == "csv.order"))
    next(rule for rule in raw["lines"]["fields"] if rule["target"] == "title")["transforms"] = steps
    message = copy.deepcopy(MESSAGE) | {"part": 1, "whole": 2}
    message["rows"][0]["title"] = "secret name"

    outcome = apply(load_document(raw), message, MappingContext())

    assert isinstance(outcome, Quarantined)
    assert outcome.findings[0].path == "rows[0].title"
    assert "could not be read" in outcome.findings[0].problem
    assert "secret" not in str(outcome)


@pytest.mark.parametrize(
    ("then", "outcome_type"), [("ignore", Ignored), ("reject", Rejected), ("quarantine", Quarantined), ("warn", Mapped)]
)
def test_a_gate_that_closes_decides(then: str, outcome_type: type[Any]) -> None:
    gate = {"when": [{"path": "rows[].sku", "test": "equals", "value": "m"}], "then": then, "reason": "we sell no M"}

    outcome = read("note", {}, {}, gates=[gate])

    assert isinstance(outcome, outcome_type)
    if isinstance(outcome, Mapped):
        assert outcome.warnings[0].message == "we sell no M"
    else:
        assert "we sell no M" in outcome.reason


def test_an_order_without_any_currency_says_so_once() -> None:
    outcome = read("note", {}, {"currency": ""})

    assert isinstance(outcome, Quarantined)
    assert [finding.path for finding in outcome.findings] == ["rows[0].currency"]


def test_the_channels_currency_fills_in_with_a_warning() -> None:
    raw = next(raw for raw in shipped_raw() if raw["contract"] == "csv.order")
    message = copy.deepcopy(MESSAGE)
    message["rows"][0]["currency"] = ""

    outcome = apply(load_document(raw), message, MappingContext(default_currency="JPY"))

    assert isinstance(outcome, Mapped)
    assert (outcome.order.currency, outcome.order.lines[0].unit_price) == ("JPY", 1)
    assert "the channel's default JPY was taken" in outcome.warnings[0].message
