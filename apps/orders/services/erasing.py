"""Erasing who an order was for: the order, its lines and its money stay."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db import models

from apps.core.actor import Actor
from apps.core.outbox import record
from apps.core.transactions import service
from apps.orders import events
from apps.orders.models import Order, OrderContact

# What says nothing of a person: which order, in which role, and to which country it went.
_KEPT = frozenset({"id", "order", "role", "country", "search"})


@service
def erase_contacts(order_ids: Collection[int], *, reason: str, actor: Actor) -> list[Order]:
    """Empty the contacts of these orders, and what they were before; returns the orders of which there was something left.

    ``reason``: code word of why, kept with each order beside who had it done. Without personal data.
    """
    orders = list(Order.objects.filter(pk__in=order_ids).order_by("pk").select_for_update(no_key=True))
    held = OrderContact.objects.filter(order_id__in=[order.pk for order in orders])
    left = set(held.exclude(**_EMPTY).values_list("order_id", flat=True))
    held.filter(order_id__in=left).update(**_EMPTY)
    OrderContact.history.filter(order_id__in=[order.pk for order in orders]).update(**_of_history())
    erased = [order for order in orders if order.pk in left]
    record(*[events.order_fact(order, events.OrderContactErased(reason=reason)) for order in erased], actor=actor)
    return erased


def _empty() -> dict[str, Any]:
    fields = [one for one in OrderContact._meta.concrete_fields if one.name not in _KEPT]
    return {one.name: {} if isinstance(one, models.JSONField) else "" for one in fields}


_EMPTY = _empty()


def _of_history() -> dict[str, Any]:
    names = {one.name for one in OrderContact.history.model._meta.concrete_fields}
    return {name: value for name, value in _EMPTY.items() if name in names}
