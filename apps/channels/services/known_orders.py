"""The orders a batch of messages speaks of, locked, with what has to be known to change them."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from apps.channels.models import Channel
from apps.fulfillment.models import FulfillmentLine
from apps.inventory.selectors import live_reservations_of_orders
from apps.orders.models import Order, OrderContact, OrderLine
from apps.orders.selectors import existing_orders, lines_by_order, lock_orders


class KnownOrders:
    """Orders of one channel by external id. Details are read when first asked for, then for all of them at once."""

    def __init__(self, channel: Channel, external_ids: Collection[str]) -> None:
        found = existing_orders(channel.code, [one for one in external_ids if one])
        locked = lock_orders(order.pk for order in found.values()) if found else {}
        self._orders = {order.external_id: order for order in locked.values()}
        self._lines: dict[int, list[OrderLine]] = {}
        self._contacts: dict[int, list[OrderContact]] = {}
        self._bound: set[int] | None = None

    def __contains__(self, external_id: str) -> bool:
        return external_id in self._orders

    def get(self, external_id: str) -> Order | None:
        return self._orders.get(external_id)

    def add(self, orders: Iterable[Order]) -> None:
        """Orders this transaction made or changed; what was read of them before is forgotten."""
        for order in orders:
            self._orders[order.external_id] = order
            self._lines.pop(order.pk, None)
            self._contacts.pop(order.pk, None)

    def content(self, order: Order) -> tuple[list[OrderLine], list[OrderContact]]:
        if order.pk not in self._lines:
            missing = [one.pk for one in self._orders.values() if one.pk not in self._lines]
            self._lines.update(lines_by_order(missing))
            self._contacts.update({pk: [] for pk in missing})
            for contact in OrderContact.objects.filter(order_id__in=missing):
                self._contacts[contact.order_id].append(contact)
        return self._lines[order.pk], self._contacts[order.pk]

    def is_bound(self, order: Order) -> bool:
        """Whether stock is claimed for it or a node has had it: then its lines can't be taken away any more."""
        if self._bound is None:
            ids = [one.pk for one in self._orders.values()]
            self._bound = set(live_reservations_of_orders(ids).values_list("order_id", flat=True))
            assigned = FulfillmentLine.objects.filter(fulfillment_order__order_id__in=ids)
            self._bound.update(assigned.values_list("fulfillment_order__order_id", flat=True))
        return order.pk in self._bound
