"""Taking in a later version of an order from its channel."""

from __future__ import annotations

from django.db import transaction

from apps.core.actor import Actor
from apps.core.batch import save_rows
from apps.core.outbox import record
from apps.orders import events, selectors
from apps.orders.canonical import CanonicalOrder
from apps.orders.models import Order, OrderContact, OrderLine
from apps.orders.services.accepting import apply_header, contacts, order_lines
from apps.orders.states import OrderState

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
    "split_preference",
    "risk_level",
    "tags",
    "ship_by",
    "deliver_by",
    "claimed_totals",
    "total_minor",
    "source_updated_at",
]


def is_stale(order: Order, canonical: CanonicalOrder) -> bool:
    """Whether the order already knows a version at least as new; the same moment is the same version."""
    said_at = canonical.updated_at or canonical.placed_at
    return order.source_updated_at is not None and said_at <= order.source_updated_at


@transaction.atomic
def revise_order(order_id: int, canonical: CanonicalOrder, *, actor: Actor) -> Order:
    """Bring the order up to the source's newer version. An older one changes nothing.

    Before anything is reserved the whole order follows. Afterwards only the payment does, and a change of goods or
    address is recorded as having come late, for a person to judge.
    """
    order = selectors.lock_order(order_id)
    if is_stale(order, canonical):
        return order
    paid_before = order.payment_state
    changed = _goods_or_address_differ(order, canonical)
    if order.state in REVISABLE:
        _replace(order, canonical)
        record(events.order_fact(events.REVISED, order, {"goods_changed": changed}), actor=actor)
        return order
    order.payment_state, order.source_updated_at = canonical.payment.state, canonical.updated_at
    save_rows([order], ["payment_state", "source_updated_at"])
    facts = []
    if order.payment_state != paid_before:
        facts.append(events.order_fact(events.PAYMENT_CHANGED, order, {"state": order.payment_state}))
    if changed and order.state != OrderState.CANCELLED:
        facts.append(events.order_fact(events.CHANGE_CAME_LATE, order, {"state": order.state}))
    record(*facts, actor=actor)
    return order


def _replace(order: Order, canonical: CanonicalOrder) -> None:
    apply_header(order, canonical)
    if order.state != OrderState.RECEIVED:
        order.revise()
    save_rows([order], [*_HEADER, "state", "entered_state_at"])
    order.lines.all().delete()
    order.contacts.all().delete()
    OrderLine.objects.bulk_create(order_lines(order, canonical))
    OrderContact.objects.bulk_create(contacts(order, canonical))


def _goods_or_address_differ(order: Order, canonical: CanonicalOrder) -> bool:
    old = [(line.line_id, line.sku_code, line.quantity) for line in order.lines.all()]
    new = [(line.line_id, line.sku, line.quantity) for line in canonical.lines]
    return old != new or _places(list(order.contacts.all())) != _places(contacts(order, canonical))


def _places(rows: list[OrderContact]) -> set[tuple[str, ...]]:
    return {(row.role, row.line1, row.line2, row.city, row.postal_code, row.country) for row in rows}
