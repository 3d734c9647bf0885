"""Taking in a later version of an order from its channel."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass

from apps.core import clock
from apps.core.actor import Actor
from apps.core.bulk.bulk_insert import insert_rows
from apps.core.bulk.bulk_update import update_rows
from apps.core.outbox import Fact, record
from apps.core.transactions import service
from apps.orders import events, selectors
from apps.orders.canonical import CanonicalOrder, Line, PaymentState
from apps.orders.models import Order, OrderContact, OrderLine
from apps.orders.services.accepting import CONTACT_FIELDS, apply_header, contacts, order_lines
from apps.orders.services.late_changes import LateChange, follow, goods, plain, said
from apps.orders.states import OrderState

ADDRESS_FIELDS = ("name", "company", "line1", "line2", "city", "region", "postal_code", "country")
REVISABLE = frozenset({OrderState.RECEIVED, OrderState.VALIDATED})
_HEADER = [
    "external_number",
    "currency",
    "customer_tier",
    "payment_state",
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
    "claimed_totals",
    "total_minor",
    "source_updated_at",
]
_LINE = [
    "position", "sku_code", "title", "quantity", "elsewhere_quantity", "unit_price_minor", "tax_minor", "discount_minor",
    "requires_shipping", "gift_card", "properties",
]  # fmt: skip
# How far a payment has come; of two versions of one moment the further one is the later.
_PAID_SO_FAR = {
    PaymentState.PENDING: 0,
    PaymentState.FAILED: 0,
    PaymentState.AUTHORIZED: 1,
    PaymentState.ON_DELIVERY: 1,
    PaymentState.PARTIALLY_PAID: 2,
    PaymentState.PAID: 3,
    PaymentState.PARTIALLY_REFUNDED: 4,
    PaymentState.REFUNDED: 5,
    PaymentState.VOIDED: 5,
}


def is_stale(order: Order, canonical: CanonicalOrder) -> bool:
    """Whether the order knows a newer version already.

    Channels count in seconds, so an order placed and paid within one has two versions of one moment. Of those the one
    that arrives later counts, unless it would take the payment back.
    """
    said_at, known_at = canonical.updated_at or canonical.placed_at, order.source_updated_at
    if known_at is None or said_at > known_at:
        return False
    known_payment = PaymentState(order.payment_state)
    return said_at < known_at or _PAID_SO_FAR[canonical.payment.state] < _PAID_SO_FAR[known_payment]


def says_the_same(
    order: Order, lines: Sequence[OrderLine], addressees: Sequence[OrderContact], canonical: CanonicalOrder
) -> bool:
    """Whether the message holds nothing that was not said before of the order with these lines and contacts."""
    fresh = Order()
    apply_header(fresh, canonical)
    return (
        all(said(order, name) == plain(getattr(fresh, name)) for name in _HEADER if name != "source_updated_at")
        and _says_the_same_goods(order, lines, canonical)
        and _people(addressees) == _people(contacts(order, canonical))
    )


def _says_the_same_goods(order: Order, lines: Sequence[OrderLine], canonical: CanonicalOrder) -> bool:
    ours = [_line_facts(line) for line in ordered(lines) if line.said_quantity]
    theirs = [_line_facts(line) for line in order_lines(order, canonical)]
    # What was ordered besides, and came too late, has no line here.
    late = order.source_said.get("lines") == goods(canonical)
    return ours == theirs or (late and [facts for facts in theirs if facts in ours] == ours)


def ordered(lines: Iterable[OrderLine]) -> list[OrderLine]:
    """The lines the customer ordered, without those that stand in for one: the source knows nothing of them."""
    return [line for line in lines if line.substitutes_id is None]


def _line_facts(line: OrderLine) -> tuple[object, ...]:
    names = ("line_id", "sku_code", "title", "said_quantity", "unit_price_minor", "tax_minor", "discount_minor")
    kind = (line.requires_shipping, line.gift_card, line.properties, line.elsewhere_quantity)
    return (*(getattr(line, name) for name in names), *kind)


def _people(rows: Iterable[OrderContact]) -> dict[str, tuple[object, ...]]:
    names = [
        field.attname
        for field in OrderContact._meta.fields
        if field.name not in ("id", "order", "role", "search", "replaced", "person_key", "phone_key")
    ]
    return {row.role: tuple(getattr(row, name) for name in names) for row in map(_as_said, rows)}


def _as_said(row: OrderContact) -> OrderContact:
    """The contact as the source gave it, without what somebody here corrected."""
    said = copy(row)
    for name, value in row.corrected_from.items():
        setattr(said, name, value)
    said.corrected_from = {}
    return said


@dataclass(frozen=True, slots=True)
class Revised:
    """``changed``: it said something new. ``followed``: some of that counts here now. ``late``: some of it came too late."""

    order: Order
    changed: bool = False
    followed: bool = False
    late: bool = False


@service
def revise_order(
    order_id: int,
    canonical: CanonicalOrder,
    *,
    actor: Actor,
    bound: bool = False,
    in_hand: Sequence[str] = (),
    at_nodes: int = 0,
) -> Revised:
    """Bring the order up to the source's newer version. An older one changes nothing.

    Before anything is reserved the whole order follows. Afterwards all but its goods and address does, and what came too late
    is recorded, for a person to judge. ``bound``: the caller, holding the order's lock, has seen stock or work that depends on
    its lines, although it is being routed again. ``in_hand``, ``at_nodes``: as ``follow`` takes them.
    """
    order = selectors.lock_order(order_id)
    if is_stale(order, canonical):
        return Revised(order)
    paid_before = order.payment_state
    lines = list(order.lines.all())
    if is_revisable(order, lines, bound=bound):
        changed = _goods_or_address_differ(order, lines, canonical)
        _replace(order, canonical)
        record(
            events.order_fact(order, events.OrderRevised(goods_changed=changed)),
            *_payment_facts(order, paid_before),
            actor=actor,
        )
        return Revised(order, changed=True, followed=True)
    order.payment_state = canonical.payment.state
    order.source_updated_at = canonical.updated_at or canonical.placed_at
    free = order.state in REVISABLE and not bound
    added = _units_added(lines, canonical)
    found = follow(order, lines, canonical, added=added, in_hand=in_hand, at_nodes=at_nodes, free=free)
    if found.moved and order.state == OrderState.VALIDATED:
        order.revise()
    update_rows([order], [*_HEADER, "state", "entered_state_at", "source_said", "price_accepted"])
    _note_said(lines, canonical)
    record(*_facts(order, found, paid_before, in_hand), actor=actor)
    paid = order.payment_state != paid_before
    return Revised(order, bool(found) or paid, bool(found.changed) or paid, bool(found.late))


def _facts(order: Order, found: LateChange, paid_before: str, in_hand: Sequence[str]) -> list[Fact]:
    facts = _payment_facts(order, paid_before)
    if found.changed:
        facts.append(events.order_fact(order, events.OrderFollowed(changed=found.changed)))
    if found.late:
        late = events.OrderChangeCameLate(state=order.state, late=found.late, nodes=list(in_hand))
        facts.append(events.order_fact(order, late))
    if order.state == OrderState.RECEIVED:
        facts.append(events.order_fact(order, events.OrderRevised() if found.moved else events.OrderRecheckRequested()))
    return facts


def _payment_facts(order: Order, before: str) -> list[Fact]:
    if order.payment_state == before:
        return []
    return [events.order_fact(order, events.OrderPaymentChanged(state=order.payment_state))]


def is_revisable(order: Order, lines: Sequence[OrderLine], *, bound: bool) -> bool:
    """Whether the whole order follows its source's next version. What somebody here cancelled or substituted is not
    thrown away by it."""
    untouched = len(ordered(lines)) == len(lines) and not any(line.cancelled_quantity for line in lines)
    return order.state in REVISABLE and not bound and untouched


def _replace(order: Order, canonical: CanonicalOrder) -> None:
    fresh = Order()
    apply_header(fresh, canonical)
    decided = {name for name in order.source_said if said(order, name) == plain(getattr(fresh, name, None))}
    kept = {name: getattr(order, name) for name in decided}
    total = (order.total_minor, order.claimed_totals)
    apply_header(order, canonical)
    for name, value in kept.items():
        setattr(order, name, value)
    order.source_said = {name: value for name, value in order.source_said.items() if name in decided}
    order.price_accepted = order.price_accepted and total == (order.total_minor, order.claimed_totals)
    if order.state != OrderState.RECEIVED:
        order.revise()
    update_rows([order], [*_HEADER, "state", "entered_state_at", "source_said", "price_accepted"])
    _replace_lines(order, canonical)
    _replace_contacts(order, canonical)


def _replace_lines(order: Order, canonical: CanonicalOrder) -> None:
    """Lines stay the rows they are: changed in place, withdrawn, or back again under the same id of the source."""
    known = {line.line_id: line for line in OrderLine.every.filter(order=order)}
    fresh = {line.line_id: line for line in order_lines(order, canonical)}
    changed = [line for key, line in known.items() if key in fresh and _take(line, fresh[key])]
    gone = [line for key, line in known.items() if key not in fresh and line.withdrawn_at is None]
    for line in gone:
        line.withdrawn_at = clock.now()
    update_rows(changed, [*_LINE, "sku", "withdrawn_at", "source_quantity"])
    update_rows(gone, ["withdrawn_at"])
    insert_rows([line for key, line in fresh.items() if key not in known])


def _take(line: OrderLine, fresh: OrderLine) -> bool:
    """Make the line what its source says now. Whether that is anything new."""
    changed = line.withdrawn_at is not None or line.source_quantity is not None
    line.withdrawn_at = line.source_quantity = None
    if line.sku_code != fresh.sku_code:
        line.sku = None
    for name in _LINE:
        changed = changed or getattr(line, name) != getattr(fresh, name)
        setattr(line, name, getattr(fresh, name))
    return changed


def _replace_contacts(order: Order, canonical: CanonicalOrder) -> None:
    known = {row.role: row for row in order.contacts.all()}
    fresh = {row.role: _corrected(row, known.get(row.role)) for row in contacts(order, canonical)}
    changed = [row for role, row in known.items() if role in fresh and _take_contact(row, fresh[role])]
    update_rows(changed, CONTACT_FIELDS)
    for row in known.values():
        if row.role not in fresh:
            row.delete()
    insert_rows([row for role, row in fresh.items() if role not in known])


def _take_contact(row: OrderContact, fresh: OrderContact) -> bool:
    changed = any(getattr(row, name) != getattr(fresh, name) for name in CONTACT_FIELDS)
    for name in CONTACT_FIELDS:
        setattr(row, name, getattr(fresh, name))
    return changed


def _corrected(fresh: OrderContact, before: OrderContact | None) -> OrderContact:
    """The source repeats what was corrected here: the correction stands. It says something else: that counts."""
    if before is None or not before.corrected_from:
        return fresh
    said = _as_said(before)
    if all(getattr(fresh, name) == getattr(said, name) for name in ADDRESS_FIELDS):
        for name in before.corrected_from:
            setattr(fresh, name, getattr(before, name))
        fresh.corrected_from = before.corrected_from
    return fresh


def _goods_or_address_differ(order: Order, lines: Sequence[OrderLine], canonical: CanonicalOrder) -> bool:
    """Whether something is to be sent that was not ordered before, or to another place. What is taken off is stopped."""
    return bool(_units_added(lines, canonical)) or _places(list(order.contacts.all())) != _places(
        contacts(order, canonical)
    )


def _units_added(lines: Sequence[OrderLine], canonical: CanonicalOrder) -> dict[str, int]:
    """Units by SKU that are ordered besides, or left to us again after all."""
    known = {_key(line): line.said_quantity - line.elsewhere_quantity for line in ordered(lines)}
    found: dict[str, int] = {}
    for line in canonical.lines:
        more = line.quantity - line.handled_elsewhere - known.get(_said_as(line), 0)
        if more > 0:
            found[line.sku] = found.get(line.sku, 0) + more
    return found


def units_taken_off(lines: Sequence[OrderLine], canonical: CanonicalOrder) -> dict[int, int]:
    """Units by order line pk that are still open here and that the source does not ask for any more.

    What stands in for a line goes with it, last. What others have handled meanwhile is not taken off.
    """
    said, found = {_said_as(line): line for line in canonical.lines}, dict[int, int]()
    for line in ordered(lines):
        now = said.get(_key(line))
        wanted = now.quantity - min(now.handled_elsewhere, line.elsewhere_quantity) if now else 0
        if wanted >= line.said_quantity - line.elsewhere_quantity:
            continue
        family = [line, *_stand_ins(line, lines)]
        over = sum(one.open_quantity for one in family) - wanted
        for one in family:
            units = min(max(over, 0), one.open_quantity)
            over -= units
            if units:
                found[one.pk] = units
    return found


def _stand_ins(line: OrderLine, lines: Sequence[OrderLine]) -> list[OrderLine]:
    direct = [one for one in lines if one.substitutes_id == line.pk]
    return direct + [further for one in direct for further in _stand_ins(one, lines)]


def _key(line: OrderLine) -> tuple[str, str]:
    return line.line_id, line.sku_code


def _said_as(line: Line) -> tuple[str, str]:
    return line.line_id, line.sku


def _note_said(lines: Sequence[OrderLine], canonical: CanonicalOrder) -> None:
    """What the source says of each line now, so that its next message is held against this one."""
    said = {_said_as(line): line.quantity for line in canonical.lines}
    news = [line for line in ordered(lines) if said.get(_key(line), 0) != line.said_quantity]
    for line in news:
        line.source_quantity = said.get(_key(line), 0)
    update_rows(news, ["source_quantity"])


def _places(rows: list[OrderContact]) -> set[tuple[str, ...]]:
    said = map(_as_said, rows)
    return {(row.role, row.line1, row.line2, row.city, row.postal_code, row.country) for row in said}
