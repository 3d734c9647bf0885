"""Letting the system work, inside a test."""

from __future__ import annotations

from apps.orchestration import runner
from apps.orders.models import Order


def work_it_off(*, partners: bool = True) -> None:
    """Run due steps until nothing is due any more."""
    for _ in range(50):
        done = runner.drain("steps")
        done += runner.drain("partners") if partners else 0
        if not done:
            return
    raise AssertionError("the queue never empties")


def again(order: Order) -> Order:
    """The order as it stands now."""
    return Order.objects.get(pk=order.pk)
