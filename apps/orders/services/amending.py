"""Changing the few things about an order that are anybody's to change."""

from __future__ import annotations

from collections.abc import Mapping

from apps.core.actor import Actor
from apps.core.bulk.bulk_update import update_rows
from apps.core.errors import StaleVersion
from apps.core.outbox import record
from apps.core.transactions import service
from apps.orders import events, selectors
from apps.orders.models import Order
from apps.orders.services.late_changes import plain

AMENDABLE = frozenset({"tags", "ship_by", "deliver_by"})


@service
def amend_order(
    order_id: int, *, changes: Mapping[str, object], expected_version: int | None = None, actor: Actor
) -> Order:
    """Set ``changes`` (names out of AMENDABLE) on the order. Raises OrderNotFound, StaleVersion.

    ``expected_version``: what the caller read; compared under the lock. Changing nothing records nothing.
    """
    assert changes.keys() <= AMENDABLE
    order = selectors.lock_order(order_id)
    if expected_version is not None and order.version != expected_version:
        raise StaleVersion(current=order.version)
    changed = sorted(name for name, value in changes.items() if getattr(order, name) != value)
    if not changed:
        return order
    for name in changed:
        # What the source said stays known, so that its next message does not undo what was decided here.
        order.source_said.setdefault(name, plain(getattr(order, name)))
        setattr(order, name, changes[name])
    update_rows([order], [*changed, "source_said"])
    record(events.order_fact(order, events.OrderAmended(changed=changed)), actor=actor)
    return order
