"""WooCommerce's own transforms: what its refunds took off an order, by the lines they name."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from apps.channels.mapping.numbers import EXACT, decimal_or_none
from apps.channels.mapping.records import own_id, read_or_hold, records_in
from apps.channels.mapping.scope import Scope, is_empty
from apps.channels.mapping.transforms.money import to_minor
from apps.channels.mapping.transforms.quantities import count_of
from apps.channels.mapping.transforms.registry import adapter_transform
from apps.channels.mapping.transforms.text import identifier_text
from apps.core.text import Text

_REFUNDED, _COUNT = Text("the line of a refund"), Text("the count of a refund")


@adapter_transform()
def less_refunded(value: Any, scope: Scope) -> int:
    """A line's units without those that refunds name in their ``line_items``: nobody ships them."""
    units = [read_or_hold(count_of, item.get("quantity"), scope, _COUNT) or 0 for item in _refunded(scope)]
    gone = sum(map(abs, units))
    if gone and isinstance(value, int) and not _as_it_was(scope):
        scope.warn(Text("{gone} of {units} units were refunded", gone=min(gone, value), units=value))
        return max(value - gone, 0)
    return int(value)


@adapter_transform()
def less_goods_refunded(value: Any, scope: Scope) -> int:
    """A total in minor units without what refunds gave back for units they name in their ``line_items``."""
    back = Decimal(0)
    if _as_it_was(scope):
        return int(value)
    for refund in records_in(scope.root, "refunds"):
        for item in records_in(refund, "line_items"):
            if count_of(item.get("quantity", 0)):
                back = EXACT.add(back, _amount(item))
    return int(value) - to_minor(back, scope)


@adapter_transform(accepts_empty=True)
def refunds_explained(value: Any, scope: Scope) -> bool:
    """Whether the refunds say in their ``line_items`` what they are for: each names lines of the order, and what of it is
    for no units is less than any unit costs."""
    del value
    refunds = records_in(scope.root, "refunds")
    cheapest = min(_unit_prices(scope.root), default=Decimal(0))
    ids = {identifier_text(line["id"]) for line in records_in(scope.root, "line_items") if not is_empty(line.get("id"))}
    return bool(refunds) and all(_explains(refund, cheapest, ids) for refund in refunds)


def _as_it_was(scope: Scope) -> bool:
    """Of an order that has ended, refunds are returns: they take nothing off what was promised."""
    return scope.as_placed or scope.mapped.get("status") in ("completed", "cancelled")


def _explains(refund: dict[str, Any], cheapest: Decimal, ids: set[str]) -> bool:
    if not isinstance(refund.get("line_items"), list):
        return False
    rest = abs(decimal_or_none(refund.get("total", refund.get("amount"))) or Decimal(0))
    for item in records_in(refund, "line_items"):
        if count_of(item.get("quantity", 0)):
            named = _refunded_id(item)
            if is_empty(named) or identifier_text(named) not in ids:
                return False
            rest -= _amount(item)
    for kind in ("shipping_lines", "fee_lines"):
        rest -= sum((_amount(item) for item in records_in(refund, kind)), Decimal(0))
    return rest < cheapest


def _amount(item: dict[str, Any]) -> Decimal:
    """What a part of a refund gave back, tax included; refunds write amounts below nothing."""
    parts = (decimal_or_none(item.get(name)) for name in ("total", "total_tax"))
    return abs(sum((part for part in parts if part is not None), Decimal(0)))


def _unit_prices(order: Any) -> Iterator[Decimal]:
    for line in records_in(order, "line_items"):
        count, amount = decimal_or_none(line.get("quantity")), decimal_or_none(line.get("total"))
        if count and count > 0 and amount is not None and amount > 0:
            yield EXACT.divide(amount, count)


def _refunded(scope: Scope) -> Iterator[dict[str, Any]]:
    line_id = own_id(scope)
    for refund in records_in(scope.root, "refunds"):
        for item in records_in(refund, "line_items"):
            named = _refunded_id(item)
            if line_id and not is_empty(named) and read_or_hold(identifier_text, named, scope, _REFUNDED) == line_id:
                yield item


def _refunded_id(item: dict[str, Any]) -> Any:
    named = item.get("refunded_item_id")
    for pair in records_in(item, "meta_data"):
        if pair.get("key") == "_refunded_item_id":
            named = pair.get("value")
    return named


TRANSFORMS = (less_refunded, less_goods_refunded, refunds_explained)
