"""Units: how many of a line are promised, how many of those somebody else delivers, what refunds took off."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar

from apps.channels.mapping.conditions import Condition, all_hold
from apps.channels.mapping.numbers import EXACT, decimal_or_none
from apps.channels.mapping.paths import Path, PathField, parse_path
from apps.channels.mapping.scope import UNREADABLE, Blocked, CannotConvert, Scope, is_empty
from apps.channels.mapping.transforms.money import to_minor
from apps.channels.mapping.transforms.registry import transform
from apps.channels.mapping.transforms.text import identifier_text

_NEVER_WAS = ("cancelled", "error", "failure")
_REASON, _CODE = "quantity_unusual", "units_disagree"
_REFUNDED = "the line of a refund"
Read = TypeVar("Read")


@dataclass(frozen=True, slots=True)
class _Units:
    """What the source says of a line. ``delivered``: units in its fulfillments; ``due``: those still to be fulfilled;
    ``status``: fulfilled, partial or nothing."""

    ordered: int
    current: int
    due: int | None
    delivered: int
    status: str

    @property
    def fulfilled(self) -> bool:
        return self.status in ("fulfilled", "partial")

    @property
    def promised(self) -> int:
        """Units that are or were to be delivered: what came back afterwards counts, what was taken off before does not."""
        if self.delivered:
            left = self.current - self.delivered if self.due is None else self.due
            return min(self.delivered + max(left, 0), self.ordered)
        return max(self.current, min(self.due or 0, self.ordered))


@transform(accepts_empty=True, reduces=True)
def units_promised(value: Any, scope: Scope) -> int | None:
    """Units of a line by its ordered, current and still fulfillable quantity (``current_quantity``, ``fulfillable_quantity``),
    its refunds and fulfillments. Where more are to be fulfilled than the order still has, all of those, and a hold."""
    del value
    given = _units(scope)
    if given is None or scope.as_placed:
        return None if given is None else given.ordered
    more = (given.due or 0) - given.current
    if more > 0 and not given.delivered and not given.fulfilled:
        was = "unit was" if more == 1 else "units were"
        sentence = f"line {scope.position}: {more} {was} refunded or taken off, and still to be fulfilled at the source"
        scope.hold(_REASON, _CODE, sentence)
    return given.promised


@transform(accepts_empty=True)
def units_elsewhere(
    value: Any,
    scope: Scope,
    *,
    service: PathField = parse_path("fulfillment_service"),  # noqa: B008
    location: PathField = parse_path("assigned_location_id"),  # noqa: B008
    nobodys: tuple[Condition, ...] = (),
) -> int | None:
    """Units of a line that another service or place delivers, or that are fulfilled at the source already
    (``fulfillment_status``); a hold where the source contradicts itself. ``nobodys``: conditions of a line that nobody ships."""
    del value
    quantity = scope.line.get("quantity")
    given = _units(scope)
    if given is None or not isinstance(quantity, int):
        raise Blocked
    if scope.as_placed:
        return None
    if _is_anothers(scope, service, scope.context.services) or _is_anothers(scope, location, scope.context.locations):
        scope.warn("left to another fulfillment service or location")
        return quantity
    handled = _handled(given, quantity)
    partly = given.status == "partial" and given.due is None and not given.delivered
    unexplained = handled and not given.delivered and not given.fulfilled
    if (unexplained or partly) and not (nobodys and all_hold(nobodys, scope)):
        what = "it is partly fulfilled, by how many units is not said" if partly else _neither(handled)
        scope.hold(_REASON, _CODE, f"line {scope.position}: {what}")
    return handled


def _neither(units: int) -> str:
    return (
        f"{units} {'unit is' if units == 1 else 'units are'} neither fulfilled nor still to be fulfilled at the source"
    )


def _handled(given: _Units, quantity: int) -> int:
    if given.due is not None:
        return max(quantity - given.due, 0)
    return quantity if given.status == "fulfilled" and not given.delivered else min(given.delivered, quantity)


def _is_anothers(scope: Scope, path: Path, ours: frozenset[str]) -> bool:
    named = scope.look(path)
    return bool(ours) and not is_empty(named) and identifier_text(named).casefold() not in ours


def _units(scope: Scope) -> _Units | None:
    """None where the line does not say how many were ordered; raises CannotConvert where that count is none."""
    record = scope.record
    if not isinstance(record, dict) or is_empty(record.get("quantity")):
        return None
    ordered = _count(record["quantity"])
    status = (
        "fulfilled" if _word(scope.root, "fulfillment_status") == "fulfilled" else _word(record, "fulfillment_status")
    )
    delivered = sum(_named(scope, "fulfillments", "line_items", "id", skip=_NEVER_WAS))
    refunds = list(_named(scope, "refunds", "refund_line_items", "line_item_id"))
    current = record.get("current_quantity")
    current = None if is_empty(current) else _detail(_count, current, scope, f"line {scope.position}: current_quantity")
    left = max(ordered - sum(refunds), 0) if current is None else current
    if status == "fulfilled" and not delivered:
        # All of it left, although its fulfillments are not listed; what was refunded since came back.
        gone = sum(_named(scope, "refunds", "refund_line_items", "line_item_id", restocked="cancel"))
        left = max(left, ordered - gone)
    due = record.get("fulfillable_quantity")
    due = None if is_empty(due) else _detail(_count, due, scope, f"line {scope.position}: fulfillable_quantity")
    return _Units(ordered, left, due, delivered, status)


def _word(record: Any, key: str) -> str:
    value = record.get(key) if isinstance(record, dict) else None
    return value.strip().casefold() if isinstance(value, str) else ""


def _named(
    scope: Scope, outer: str, inner: str, key: str, *, skip: tuple[str, ...] = (), restocked: str = ""
) -> Iterator[int]:
    """Counts of this line in lists of the order that name lines by id."""
    line_id = _own_id(scope)
    for group in _records(scope.root, outer):
        if str(group.get("status", "")).casefold() in skip:
            continue
        for item in _records(group, inner):
            path, named = f"{outer}[].{inner}[]", item.get(key)
            if is_empty(named) or not line_id or _detail(identifier_text, named, scope, f"{path}.{key}") != line_id:
                continue
            if not restocked or item.get("restock_type") == restocked:
                yield abs(_detail(_count, item.get("quantity"), scope, f"{path}.quantity") or 0)


def _own_id(scope: Scope) -> str:
    """The id of the line in hand; where it can't be read, its own rule says so."""
    value = scope.record.get("id")
    try:
        return "" if is_empty(value) else identifier_text(value)
    except CannotConvert:
        raise Blocked from None


def _detail(read: Callable[[Any], Read], value: Any, scope: Scope, what: str) -> Read | None:
    """What a refund, a fulfillment or a count beside the ordered one says. Where that can't be read, the sale comes in and
    is held for a person."""
    try:
        return read(value)
    except CannotConvert as refusal:
        scope.hold(_REASON, UNREADABLE, f"{what} {refusal.problem}")
        return None


def _records(holder: Any, key: str) -> list[dict[str, Any]]:
    found = holder.get(key) if isinstance(holder, dict) else None
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def _count(value: Any) -> int:
    number = decimal_or_none(value)
    if number is None or number != number.to_integral_value(context=EXACT):
        raise CannotConvert("is not a whole number", "Correct the count at the source, then replay the message.")
    return int(number)


@transform()
def less_refunded(value: Any, scope: Scope) -> int:
    """A line's units without those that refunds name in their ``line_items``: nobody ships them."""
    units = [_detail(_count, item.get("quantity"), scope, "the count of a refund") or 0 for item in _refunded(scope)]
    gone = sum(map(abs, units))
    if gone and isinstance(value, int) and not _as_it_was(scope):
        scope.warn(f"{min(gone, value)} of {value} units were refunded")
        return max(value - gone, 0)
    return int(value)


@transform()
def less_goods_refunded(value: Any, scope: Scope) -> int:
    """A total in minor units without what refunds gave back for units they name in their ``line_items``."""
    back = Decimal(0)
    if _as_it_was(scope):
        return int(value)
    for refund in _records(scope.root, "refunds"):
        for item in _records(refund, "line_items"):
            if _count(item.get("quantity", 0)):
                back = EXACT.add(back, _amount(item))
    return int(value) - to_minor(back, scope)


@transform(accepts_empty=True)
def refunds_explained(value: Any, scope: Scope) -> bool:
    """Whether the refunds say in their ``line_items`` what they are for: each names lines of the order, and what of it is
    for no units is less than any unit costs."""
    del value
    refunds = _records(scope.root, "refunds")
    cheapest = min(_unit_prices(scope.root), default=Decimal(0))
    ids = {identifier_text(line["id"]) for line in _records(scope.root, "line_items") if not is_empty(line.get("id"))}
    return bool(refunds) and all(_explains(refund, cheapest, ids) for refund in refunds)


def _as_it_was(scope: Scope) -> bool:
    """Of an order that has ended, refunds are returns: they take nothing off what was promised."""
    return scope.as_placed or scope.mapped.get("status") == "completed"


def _explains(refund: dict[str, Any], cheapest: Decimal, ids: set[str]) -> bool:
    if not isinstance(refund.get("line_items"), list):
        return False
    rest = abs(decimal_or_none(refund.get("total", refund.get("amount"))) or Decimal(0))
    for item in _records(refund, "line_items"):
        if _count(item.get("quantity", 0)):
            named = _refunded_id(item)
            if is_empty(named) or identifier_text(named) not in ids:
                return False
            rest -= _amount(item)
    for kind in ("shipping_lines", "fee_lines"):
        rest -= sum((_amount(item) for item in _records(refund, kind)), Decimal(0))
    return rest < cheapest


def _amount(item: dict[str, Any]) -> Decimal:
    """What a part of a refund gave back, tax included; refunds write amounts below nothing."""
    parts = (decimal_or_none(item.get(name)) for name in ("total", "total_tax"))
    return abs(sum((part for part in parts if part is not None), Decimal(0)))


def _unit_prices(order: Any) -> Iterator[Decimal]:
    for line in _records(order, "line_items"):
        count, amount = decimal_or_none(line.get("quantity")), decimal_or_none(line.get("total"))
        if count and count > 0 and amount is not None and amount > 0:
            yield EXACT.divide(amount, count)


def _refunded(scope: Scope) -> Iterator[dict[str, Any]]:
    line_id = _own_id(scope)
    for refund in _records(scope.root, "refunds"):
        for item in _records(refund, "line_items"):
            named = _refunded_id(item)
            if line_id and not is_empty(named) and _detail(identifier_text, named, scope, _REFUNDED) == line_id:
                yield item


def _refunded_id(item: dict[str, Any]) -> Any:
    named = item.get("refunded_item_id")
    for pair in _records(item, "meta_data"):
        if pair.get("key") == "_refunded_item_id":
            named = pair.get("value")
    return named
