"""Mapping documents are data that people edit: what is wrong with one is said, all of it, before it is used."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import translation

from apps.channels.framework.contracts import shipped, shipped_contract, shipped_raw
from apps.channels.mapping.documents import DocumentInvalid, lint, load_document
from apps.channels.mapping.schema import HOLD
from apps.channels.mapping.table import as_table
from apps.channels.mapping.targets import line_targets, order_targets
from apps.channels.mapping.transforms.registry import CHECKS, TRANSFORMS, catalogue
from apps.core.translated import translated


def document() -> dict[str, Any]:
    return copy.deepcopy(next(raw for raw in shipped_raw() if raw["contract"] == "csv.order"))


def row(raw: dict[str, Any], target: str) -> dict[str, Any]:
    return next(rule for rule in raw["fields"] + raw["lines"]["fields"] if rule["target"] == target)


def problems(raw: Any) -> str:
    return " | ".join(f"{message.where}: {message.problem}" for message in lint(raw))


def test_every_shipped_contract_is_clean() -> None:
    assert [(document.contract, document.version) for document in shipped()] == [
        ("amazon.order_2026", 1), ("amazon.order", 1), ("bigcommerce.order", 1), ("csv.online_retail", 1), ("csv.order", 1),
        ("ebay.order", 1),
        ("etsy.receipt", 1), ("olist.order", 1),
        ("pos.return", 1), ("pos.sale", 1), ("shopify.order", 1),
        ("woocommerce.order", 1),
    ]  # fmt: skip


def test_shipped_contracts_hold_only_for_reasons_an_order_can_be_held_for() -> None:
    from apps.orders.states import HoldReason

    known = frozenset(HoldReason.values)
    assert [lint(raw, hold_reasons=known) for raw in shipped_raw()] == [[]] * len(shipped_raw())


def test_says_that_a_hold_reason_is_unknown_to_the_caller() -> None:
    raw = document()
    row(raw, "tags")["when_missing"] = f"{HOLD}bad_weather"

    assert "bad_weather" in " ".join(message.problem for message in lint(raw, hold_reasons=frozenset({"manual"})))


def change(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    target, key = path.rsplit(".", 1)

    def apply(raw: dict[str, Any]) -> None:
        row(raw, target)[key] = value

    return apply


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (change("tags.transforms", [{"name": "sing"}]), "there is no transform 'sing'"),
        (change("tags.validate", [{"name": "sing"}]), "there is no check 'sing'"),
        (change("tags.target", "shipping_adress.city"), "no target 'shipping_adress.city'"),
        (change("note.target", "tags"), "filled twice"),
        (change("tags.source", "rows[0]..tags"), "bad path"),
        (change("tags.source", "@nobody.tags"), "there is no record 'nobody'"),
        (change("placed_at.target", "promise.ship_by"), "required target 'placed_at' is not filled"),
        (change("tags.transforms", [{"name": "split_tags", "args": {"separator": 5}}]), "split_tags: separator"),
        (change("tags.transforms", [{"name": "split_tags", "args": {"comma": ";"}}]), "split_tags: comma"),
        (
            change("placed_at.transforms", [{"name": "moment", "args": {"zone": "Mars/Base"}}]),
            "no time zone 'Mars/Base'",
        ),
        (change("payment.state.transforms", [{"name": "lookup", "args": {"table": "x"}}]), "no table 'x'"),
        (change("payment.state.default", "bartered"), "its default does not fit"),
        (change("tags.when_missing", "default"), "falls back to a default, and has none"),
        (change("tags.when_missing", "shrug"), ".when_missing: is not written like"),
        (change("tags.source", ["rows[0].a", "rows[0].b"]), ""),
        (change("note.source", ["rows[0].a", "rows[0].b"]), "reads several values"),
        (change("note.source", None), "neither a source, nor a default"),
        (change("note.note", ""), "note"),
        (change("note.colour", "red"), "colour"),
        (
            change("sku.validate", [{"name": "pattern", "args": {"regex": "(a+)+$"}}]),
            "catastrophic pattern: a repeat inside a repeat",
        ),
        (
            change("shipping_address.region.transforms", [{"name": "region", "args": {"country_target": "tags"}}]),
            "'tags' has to stand before it",
        ),
    ],
)
def test_says_what_is_wrong_with_a_row(spoil: Callable[[dict[str, Any]], None], expected: str) -> None:
    raw = document()

    spoil(raw)

    found = problems(raw)
    assert expected in found
    assert bool(found) == bool(expected)
    with translation.override("de"):
        assert [one.problem for one in lint(raw) if translated(one.problem) == one.problem] == []


def test_says_what_is_wrong_with_tables_and_gates() -> None:
    raw = document()
    raw["tables"]["payment_state"] = {"Paid": "paid", "PAID ": "settled"}
    raw["tables"]["service_level"] = {"*drone*": "by_air"}
    raw["lines"]["source"] = "rows"
    raw["gates"] = [{"when": [{"path": "@nobody.x", "test": "present"}], "then": "ignore", "reason": "why not"}]

    found = problems(raw)

    assert "'paid' stands twice" in found
    assert "leads to settled, which the target does not know" in found
    assert "'by_air' is not a service level" in found
    assert "must end in []" in found
    assert "gates[0]: '@nobody.x': there is no record" in found


def test_says_that_a_condition_is_catastrophic_or_malformed() -> None:
    raw = document()
    raw["gates"] = [
        {"when": [{"path": "key", "test": "matches", "value": "(x+x+)+y"}], "then": "reject", "reason": "odd"},
        {"when": [{"path": "key", "test": "one_of", "value": "x"}], "then": "reject", "reason": "odd"},
        {"when": [{"path": "key", "test": "present", "value": 5}], "then": "reject", "reason": "odd"},
    ]

    found = problems(raw)

    assert "catastrophic" in found
    assert "takes a list of values" in found
    assert "takes no value" in found


@pytest.mark.parametrize("raw", [None, 5, [], "x", {}, {"contract": "Shopify"}])
def test_lints_anything_without_raising(raw: Any) -> None:
    assert lint(raw)


def test_a_document_with_problems_does_not_load_and_names_them_all() -> None:
    raw = document()
    row(raw, "tags")["transforms"] = [{"name": "sing"}]
    row(raw, "note")["transforms"] = [{"name": "dance"}]

    with pytest.raises(DocumentInvalid) as refused:
        load_document(raw)

    assert [message.problem for message in refused.value.messages] == [
        "there is no transform 'sing'", "there is no transform 'dance'",
    ]  # fmt: skip
    assert str(refused.value).startswith("The mapping document has 2 problems; the first: fields[")
    assert str(refused.value).endswith(" tags: there is no transform 'sing'")


def test_targets_are_those_of_the_canonical_order() -> None:
    assert {"external_id", "shipping_address.country", "totals.total", "payment.state", "promise.ship_by"} <= set(
        order_targets()
    )
    assert {"line_id", "sku", "quantity", "unit_price", "properties"} <= set(line_targets())
    assert order_targets()["customer.name"].limit == 255
    assert "paid" in order_targets()["payment.state"].choices
    assert [name for name, target in order_targets().items() if target.required] == [
        "external_id", "placed_at", "currency",
    ]  # fmt: skip


def test_a_document_reads_as_a_table() -> None:
    rows = as_table(shipped_contract("shopify.order").spec)

    country = next(item for item in rows if item.target == "shipping_address.country")
    assert country.source == "shipping_address.country_code, shipping_address.country"
    assert country.steps.startswith("first_non_empty → default_country(")
    assert country.when_invalid == "omit"
    assert all(item.note for item in rows)
    assert {item.block for item in rows} == {"order", "line"}


def test_every_transform_and_check_is_documented() -> None:
    documented = catalogue(TRANSFORMS) + catalogue(CHECKS)

    assert len(documented) > 30
    assert [item.name for item in documented if not item.summary] == []
