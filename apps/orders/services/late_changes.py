"""Following a later version of an order that work has begun on: what still matters follows, what came too late is reported."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from apps.core.bulk.bulk_insert import insert_rows
from apps.core.bulk.bulk_update import update_rows
from apps.orders.canonical import CanonicalOrder, SplitPreference
from apps.orders.models import Order, OrderContact, OrderLine
from apps.orders.services.accepting import CONTACT_FIELDS, apply_header, contacts, order_lines
from apps.orders.states import ContactRole, OrderState

PLACE = ("line1", "line2", "city", "region", "postal_code", "country")
# What a label, a packing slip or a partner's copy bears of a person.
ON_LABEL = ("name", "company", "phone", "note")
PERSON = (*ON_LABEL, "email", "customer_reference")
HEADER = (
    "external_number",
    "customer_tier",
    "payment_method",
    "payment_references",
    "service_level",
    "shipping_method",
    "pickup_location",
    "split_preference",
    "risk_level",
    "tags",
    "doubts",
    "ship_by",
    "deliver_by",
)
TOTALS = ("claimed_totals", "total_minor")
# Of these a label or a node's list bears the old, or a plan was made by it.
_BEARS = frozenset({"service_level", "shipping_method", "ship_by", *ON_LABEL, "properties"})
# What is said in words, old and new; the rest by its name alone.
_IN_WORDS = frozenset(
    {
        "service_level",
        "shipping_method",
        "pickup_location",
        "split_preference",
        "risk_level",
        "ship_by",
        "deliver_by",
        "total_minor",
    }
)
_LINE = ("title", "unit_price_minor", "tax_minor", "discount_minor", "requires_shipping", "gift_card", "properties")
Change = Mapping[str, Any]


@dataclass(slots=True)
class LateChange:
    """What changed, by name, with old and new where that is no personal data; ``late``: what nobody acts on by itself."""

    changed: dict[str, Any] = field(default_factory=dict)
    late: dict[str, Any] = field(default_factory=dict)
    moved: bool = False

    def __bool__(self) -> bool:
        return bool(self.changed or self.late or self.moved)


def plain(value: Any) -> Any:
    """As JSON keeps it, so that what was said can be held against what is said now."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return list(value) if isinstance(value, tuple) else value


def said(order: Order, name: str) -> Any:
    """What the source said last, where somebody here decided otherwise or it came too late."""
    return order.source_said.get(name, plain(getattr(order, name)))


def goods(canonical: CanonicalOrder) -> list[list[Any]]:
    return [[line.line_id, line.sku, line.quantity, line.handled_elsewhere] for line in canonical.lines]


def take_over(order: Order, fresh: Order, names: Sequence[str]) -> dict[str, Any]:
    """Let the order follow in these fields; what was decided here stands until the source says something else."""
    changed: dict[str, Any] = {}
    for name in names:
        if plain(getattr(fresh, name)) == said(order, name):
            continue
        order.source_said.pop(name, None)
        if plain(getattr(fresh, name)) != plain(getattr(order, name)):
            changed[name] = [plain(getattr(order, name)), plain(getattr(fresh, name))] if name in _IN_WORDS else None
            setattr(order, name, getattr(fresh, name))
    return changed


def follow(
    order: Order,
    lines: Sequence[OrderLine],
    canonical: CanonicalOrder,
    *,
    added: Mapping[str, int],
    in_hand: Collection[str],
    at_nodes: int,
    free: bool,
) -> LateChange:
    """Bring all of the order up to date but its goods and, once routed, its address. Saves lines and contacts.

    ``added``: units by SKU that it asks for besides. ``in_hand``: names of nodes that have packed, taken or shipped some of
    it that has not arrived; ``at_nodes``: how many have some of it. ``free``: nothing was claimed by its address yet.
    """
    found, fresh = LateChange(), Order()
    apply_header(fresh, canonical)
    found.changed = take_over(order, fresh, HEADER)
    _take_goods(order, fresh, canonical, added, found)
    _take_lines(order, lines, canonical, found)
    _take_people(order, canonical, found, keeps=bool(in_hand), free=free or order.state == OrderState.DELIVERED)
    if not free and "pickup_location" in found.changed:
        found.late["pickup_location"] = found.changed["pickup_location"]
    if in_hand:
        found.late |= {name: change for name, change in found.changed.items() if name in _BEARS}
    if at_nodes > 1 and order.split_preference == SplitPreference.SHIP_COMPLETE and "split_preference" in found.changed:
        found.late["split_preference"] = found.changed["split_preference"]
    if order.state == OrderState.CANCELLED or order.rest_cancelled_at is not None:
        found.late = {}
    elif order.state == OrderState.DELIVERED:
        found.late = {name: change for name, change in found.late.items() if name in ("goods", "currency")}
    return found


def _take_goods(
    order: Order, fresh: Order, canonical: CanonicalOrder, added: Mapping[str, int], found: LateChange
) -> None:
    """The totals follow, unless they are of goods that do not."""
    now = goods(canonical)
    if added and order.source_said.get("lines") != now:
        found.late["goods"] = dict(added)
    if fresh.currency != said(order, "currency"):
        found.late["currency"] = [order.currency, fresh.currency]
        order.source_said["currency"] = fresh.currency
    if added:
        order.source_said |= {"lines": now, **{name: getattr(fresh, name) for name in TOTALS}}
        return
    order.source_said.pop("lines", None)
    if fresh.currency == order.currency:
        order.source_said.pop("currency", None)
        changed = take_over(order, fresh, TOTALS)
        if changed:
            # It was accepted as it was, not as it is now.
            order.price_accepted = False
        found.changed |= changed


def _take_lines(order: Order, lines: Sequence[OrderLine], canonical: CanonicalOrder, found: LateChange) -> None:
    fresh = {(line.line_id, line.sku_code): line for line in order_lines(order, canonical)}
    news = []
    for line in lines:
        now = fresh.get((line.line_id, line.sku_code)) if line.substitutes_id is None else None
        names = [name for name in _LINE if now is not None and getattr(line, name) != getattr(now, name)]
        for name in names:
            setattr(line, name, getattr(now, name))
        if names:
            news.append(line)
        if "properties" in names:
            found.changed.setdefault("properties", []).append(line.sku_code)
        if {"requires_shipping", "gift_card"} & set(names):
            found.late.setdefault("to_ship", []).append(line.sku_code)
        if set(names) - {"properties"}:
            found.changed["lines"] = None
    update_rows(news, list(_LINE))


def _take_people(order: Order, canonical: CanonicalOrder, found: LateChange, *, keeps: bool, free: bool) -> None:
    """``keeps``: something bears the old, which stays known. ``free``: the address follows too."""
    known = {row.role: row for row in order.contacts.all()}
    fresh = {row.role: row for row in contacts(order, canonical)}
    to, now = known.get(ContactRole.SHIP_TO), fresh[ContactRole.SHIP_TO]
    if to is None:
        insert_rows([now])
        found.moved = True
    else:
        names = _take_person(to, now, keeps=keeps)
        place = _take_place(to, now, free=free)
        found.changed |= dict.fromkeys(names)
        if place and free:
            found.changed["address"], found.moved = None, True
        elif place:
            found.late["address"] = None
        if names or place:
            update_rows([to], CONTACT_FIELDS)
    _take_payer(known.get(ContactRole.BILL_TO), fresh.get(ContactRole.BILL_TO), found)


def _take_person(row: OrderContact, now: OrderContact, *, keeps: bool) -> list[str]:
    changed = []
    for name in PERSON:
        was, new = getattr(row, name), getattr(now, name)
        if new == row.corrected_from.get(name, was):
            continue
        row.corrected_from.pop(name, None)
        if new != was:
            setattr(row, name, new)
            changed.append(name)
            if keeps and name in ON_LABEL:
                row.replaced.setdefault(name, was)
    return changed


def _take_place(row: OrderContact, now: OrderContact, *, free: bool) -> list[str]:
    """The fields in which the source says something new; not ``free``: that is only kept beside."""
    changed = []
    for name in PLACE:
        was, new = getattr(row, name), getattr(now, name)
        if new == row.corrected_from.get(name, was):
            continue
        row.corrected_from.pop(name, None)
        if new != was:
            changed.append(name)
            if free:
                setattr(row, name, new)
            else:
                row.corrected_from[name] = new
    return changed


def _take_payer(row: OrderContact | None, now: OrderContact | None, found: LateChange) -> None:
    names = (*PERSON, *PLACE)
    if row is not None and now is not None and all(getattr(row, name) == getattr(now, name) for name in names):
        return
    if row is None and now is None:
        return
    if row is not None and now is not None:
        for name in CONTACT_FIELDS:
            setattr(row, name, getattr(now, name))
        update_rows([row], CONTACT_FIELDS)
    elif row is not None:
        row.delete()
    elif now is not None:
        insert_rows([now])
    found.changed["billing"] = None
