"""What changed of an order, by whom, when and why, with the value before and after: read from history rows."""

from __future__ import annotations

from apps.core.history import Change, changes_in
from apps.orders.models import Order, OrderContact, OrderLine

# Follow from others that are shown, or say nothing to a person.
_SILENT = frozenset(
    {"entered_state_at", "source_updated_at", "schema_version", "source_quantity", "corrected_from", "replaced"}
)


def changes_of_order(order: Order) -> list[Change]:
    """Of the order, its lines and its contacts, the latest first."""
    parts = (
        (Order, "order", {"id": order.pk}),
        (OrderLine, "line", {"order_id": order.pk}),
        (OrderContact, "contact", {"order_id": order.pk}),
    )
    found = [one for model, kind, which in parts for one in changes_in(model, kind, which, without=_SILENT)]
    return sorted(found, key=lambda change: change.at, reverse=True)
