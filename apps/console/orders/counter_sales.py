"""A sale at a till, as its page shows it: where it was sold, and what was brought back of it."""

from __future__ import annotations

from dataclasses import dataclass

from apps.accounts.caller import Caller
from apps.casework.visibility import till_returns
from apps.channels.models import Channel, TillReturn
from apps.channels.selectors import sells_over_the_counter
from apps.network.models import Node
from apps.orders.models import Order


@dataclass(frozen=True, slots=True)
class CounterSale:
    """``returns``: those at places the reader works at."""

    node: str
    till: str
    returns: list[TillReturn]


def counter_sale(order: Order, channel: Channel | None, caller: Caller) -> CounterSale | None:
    """None: the order was not sold at a till."""
    if channel is None or not sells_over_the_counter(channel):
        return None
    node = Node.objects.filter(code=order.pickup_node).first()
    returns = till_returns(caller).filter(order=order).select_related("node").order_by("pk")
    # The order's id in its channel is the till's name and the receipt's number.
    return CounterSale(node.name if node else order.pickup_location, order.external_id.partition(":")[0], list(returns))
