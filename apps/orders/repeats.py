"""What a repeat of an order says otherwise than the order there is. Reads and writes nothing itself."""

from __future__ import annotations

from collections.abc import Iterable

from apps.orders.canonical import CanonicalOrder
from apps.orders.models import Order, OrderContact, OrderLine
from apps.orders.services.accepting import contacts
from apps.orders.states import ContactRole
from apps.orders.totals import recomputed_total

_WHERE_TO = ("name", "company", "line1", "line2", "city", "region", "postal_code", "country")


def said_otherwise(
    canonical: CanonicalOrder, order: Order, lines: Iterable[OrderLine], ship_to: OrderContact | None
) -> list[str]:
    """The parts that differ, of ``currency``, ``lines``, ``total``, ``shipping_address``; [] where the repeat is one."""
    ours = sorted((row.line_id, row.sku_code, row.quantity, row.unit_price_minor) for row in lines)
    theirs = sorted((line.line_id, line.sku, line.quantity, line.unit_price) for line in canonical.lines)
    differing = {
        "currency": canonical.currency != order.currency,
        "lines": theirs != ours,
        "total": recomputed_total(canonical.lines, canonical.totals) != order.total_minor,
        "shipping_address": ship_to is not None and _where(_contact(canonical, order)) != _where(ship_to),
    }
    return [part for part, differs in differing.items() if differs]


def _contact(canonical: CanonicalOrder, order: Order) -> OrderContact:
    return next(row for row in contacts(order, canonical) if row.role == ContactRole.SHIP_TO)


def _where(row: OrderContact) -> list[str]:
    """As the source said it: what somebody here corrected is no difference of the source's."""
    return [(row.corrected_from or {}).get(name, getattr(row, name)) for name in _WHERE_TO]
