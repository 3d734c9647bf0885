"""Shopify's own transforms: how many of a line are promised, how many of those somebody else delivers, what refunds took off."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from apps.channels.mapping.conditions import Condition, all_hold
from apps.channels.mapping.numbers import decimal_or_none
from apps.channels.mapping.paths import Path, PathField, parse_path
from apps.channels.mapping.records import UNUSUAL, own_id, read_or_hold, records_in
from apps.channels.mapping.scope import Blocked, Scope, is_empty
from apps.channels.mapping.transforms.money import amount_of, to_minor
from apps.channels.mapping.transforms.quantities import count_of
from apps.channels.mapping.transforms.registry import adapter_transform
from apps.channels.mapping.transforms.text import identifier_text
from apps.core.text import Text

_NEVER_WAS = ("cancelled", "error", "failure")
_CODE = "units_disagree"


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


@adapter_transform(accepts_empty=True, reduces=True)
def units_promised(value: Any, scope: Scope) -> int | None:
    """Units of a line by its ordered, current and still fulfillable quantity (``current_quantity``, ``fulfillable_quantity``),
    its refunds and fulfillments. Where more are to be fulfilled than the order still has, all of those, and a hold."""
    del value
    given = _units(scope)
    if given is None or scope.as_placed:
        return None if given is None else given.ordered
    more = (given.due or 0) - given.current
    if more > 0 and not given.delivered and not given.fulfilled:
        what = Text.counted(
            "{count} unit was refunded or taken off, and still to be fulfilled at the source",
            "{count} units were refunded or taken off, and still to be fulfilled at the source",
            more,
        )
        sentence = Text("line {line}: {what}", line=scope.position, what=what)
        scope.hold(UNUSUAL, _CODE, sentence)
    return given.promised


@adapter_transform(accepts_empty=True)
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
        scope.warn(Text("left to another fulfillment service or location"))
        return quantity
    handled = _handled(given, quantity)
    partly = given.status == "partial" and given.due is None and not given.delivered
    unexplained = handled and not given.delivered and not given.fulfilled
    if (unexplained or partly) and not (nobodys and all_hold(nobodys, scope)):
        unsaid = Text("it is partly fulfilled, by how many units is not said")
        what = unsaid if partly else _neither(handled)
        scope.hold(UNUSUAL, _CODE, Text("line {line}: {what}", line=scope.position, what=what))
    return handled


def _neither(units: int) -> Text:
    return Text.counted(
        "{count} unit is neither fulfilled nor still to be fulfilled at the source",
        "{count} units are neither fulfilled nor still to be fulfilled at the source",
        units,
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
    ordered = count_of(record["quantity"])
    status = (
        "fulfilled" if _word(scope.root, "fulfillment_status") == "fulfilled" else _word(record, "fulfillment_status")
    )
    delivered = sum(_named(scope, "fulfillments", "line_items", "id", skip=_NEVER_WAS))
    refunds = list(_named(scope, "refunds", "refund_line_items", "line_item_id"))
    current = _stated(scope, "current_quantity")
    left = max(ordered - sum(refunds), 0) if current is None else current
    if status == "fulfilled" and not delivered:
        # All of it left, although its fulfillments are not listed; what was refunded since came back.
        gone = sum(_named(scope, "refunds", "refund_line_items", "line_item_id", restocked="cancel"))
        left = max(left, ordered - gone)
    return _Units(ordered, left, _stated(scope, "fulfillable_quantity"), delivered, status)


def _stated(scope: Scope, key: str) -> int | None:
    """A count beside the ordered one; None where the line has none, or none that can be read."""
    value = scope.record.get(key)
    return (
        None
        if is_empty(value)
        else read_or_hold(count_of, value, scope, Text("line {line}: {what}", line=scope.position, what=key))
    )


def _word(record: Any, key: str) -> str:
    value = record.get(key) if isinstance(record, dict) else None
    return value.strip().casefold() if isinstance(value, str) else ""


def _named(
    scope: Scope, outer: str, inner: str, key: str, *, skip: tuple[str, ...] = (), restocked: str = ""
) -> Iterator[int]:
    """Counts of this line in lists of the order that name lines by id."""
    line_id = own_id(scope)
    for group in records_in(scope.root, outer):
        if str(group.get("status", "")).casefold() in skip:
            continue
        for item in records_in(group, inner):
            path, named = f"{outer}[].{inner}[]", item.get(key)
            if not line_id or is_empty(named):
                continue
            if read_or_hold(identifier_text, named, scope, f"{path}.{key}") != line_id:
                continue
            if not restocked or item.get("restock_type") == restocked:
                yield abs(read_or_hold(count_of, item.get("quantity"), scope, f"{path}.quantity") or 0)


@adapter_transform(accepts_empty=True)
def free_beyond(value: Any, scope: Scope, *, paid: PathField, price: PathField) -> Any:
    """A line's discount, and besides the price of units that are to be delivered although they are no longer paid for:
    more than stand at the path ``paid``."""
    count, units = decimal_or_none(scope.look(paid)), scope.line.get("quantity")
    if count is None or not isinstance(units, int) or units <= count or scope.as_placed:
        return value
    return (value or 0) + int(units - count) * to_minor(amount_of(scope.look(price)), scope)


TRANSFORMS = (units_promised, units_elsewhere, free_beyond)
