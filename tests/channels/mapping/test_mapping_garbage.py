"""Whatever comes in, mapping answers. It never raises, and what it maps is a valid order."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.channels.framework.contracts import shipped
from apps.channels.framework.registry import adapters
from apps.channels.mapping.engine import apply
from apps.channels.mapping.facts import facts
from apps.channels.mapping.recognition import recognize
from apps.channels.mapping.results import Ignored, Mapped, Notice, Quarantined, Rejected
from apps.channels.mapping.scope import MappingContext
from apps.orders.canonical import CanonicalOrder

CONTEXT = MappingContext(default_currency="GBP", default_country="GB", shipping_methods={"*x*": "express"})

scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=30),
    st.sampled_from(["", " ", "0", "-1", "1e400", "9" * 50, "\x00", "\ud800", "2026-02-30", "NaN", 10**400, -(10**30), 5e-324]),
)  # fmt: skip
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=12), inner, max_size=4)),
    max_leaves=12,
)


def judge_everywhere(payload: Any) -> None:
    for adapter in adapters().values():
        facts(adapter.messages, "", payload)
        recognize(adapter.messages, "", {}, payload, shipped())
    for document in shipped():
        outcome = apply(document, payload, CONTEXT)
        assert isinstance(outcome, (Mapped, Quarantined, Rejected, Ignored, Notice))
        if isinstance(outcome, Mapped):
            assert CanonicalOrder.model_validate(outcome.order.model_dump()) == outcome.order
        elif isinstance(outcome, Quarantined):
            assert all(finding.problem and finding.what_to_do for finding in outcome.findings)


@settings(max_examples=100, deadline=None)
@given(values)
def test_any_json_value_gets_an_answer(payload: Any) -> None:
    judge_everywhere(payload)


SEEDS: list[dict[str, Any]] = [
    {"key": "1", "rows": [{"order_id": "1", "placed_at": "2026-01-01", "sku": "A", "quantity": "1", "unit_price": "1"}]},
    {"key": "1", "rows": [{"InvoiceNo": "1", "StockCode": "A", "Quantity": "1", "UnitPrice": "2.55",
                           "InvoiceDate": "2010-12-01 08:26:00", "Country": "France"}]},
    {"order": {"order_id": "a", "order_status": "delivered", "order_purchase_timestamp": "7/24/2018 20:41"},
     "items": [{"order_item_id": "1", "product_id": "p", "price": "1.5", "freight_value": "2"}],
     "customer": {"customer_state": "SP", "customer_zip_code_prefix": "3052"}, "payments": [{"payment_value": "3.5"}]},
]  # fmt: skip


@pytest.fixture(scope="module")
def seeds() -> list[dict[str, Any]]:
    return copy.deepcopy(SEEDS)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_real_order_with_anything_anywhere_gets_an_answer(
    data: st.DataObject, seeds: list[dict[str, Any]], shopify_order: Callable[..., Any], woo_order: Callable[..., Any]
) -> None:
    payload = copy.deepcopy(data.draw(st.sampled_from([*seeds, shopify_order(), woo_order()])))
    for _ in range(data.draw(st.integers(1, 4))):
        holder, key = data.draw(st.sampled_from(_places(payload)))
        holder[key] = data.draw(values)

    judge_everywhere(payload)


def test_a_message_nested_ten_thousand_deep_gets_an_answer(shopify_order: Callable[..., Any]) -> None:
    deep: Any = "x"
    for _ in range(10_000):
        deep = [deep]

    judge_everywhere(shopify_order(line_items=deep, tags=deep, shipping_lines=deep))
    judge_everywhere(deep)


def test_numbers_as_the_parser_reads_them_get_an_answer(shopify_order: Callable[..., Any]) -> None:
    text = json.dumps(shopify_order()).replace('"20.00"', "Infinity").replace('"quantity": 2', '"quantity": NaN')

    judge_everywhere(json.loads(text))


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Every key and position of a message, with what holds it."""
    found: list[tuple[Any, Any]] = []
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in entries:
        found.append((value, key))
        found.extend(_places(inner))
    return found
