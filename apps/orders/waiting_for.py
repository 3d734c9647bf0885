"""Whom an order waits for, from what its events hand on (``Ball``)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import cache

from apps.core.event_types import Ball, Subject, all_events
from apps.core.models import Event
from apps.orders.models import Order


def waiting_for(orders: Collection[Order], *, held: Iterable[int]) -> dict[int, Ball]:
    """Who has to act next on each order, by its primary key, in one statement. ``held``: those with a standing hold.

    The latest event of the order or of one of its fulfillment orders says so. Work at a node that has ended hands on nothing, and a
    held order waits for a person whatever comes in meanwhile.
    """
    balls = _balls()
    events = Event.objects.filter(stream__in=[order.public_id for order in orders], name__in=list(balls))
    latest = events.order_by("stream", "subject_ref", "-pk").distinct("stream", "subject_ref")
    newest = dict[str, tuple[int, Ball]]()
    for stream, subject, pk, name in latest.values_list("stream", "subject_ref", "pk", "name"):
        ended = balls[name] is Ball.NOBODY and subject != stream
        if not ended and pk > newest.get(stream, (0, Ball.SYSTEM))[0]:
            newest[stream] = (pk, balls[name])
    stopped = set(held)
    return {
        order.pk: Ball.PERSON if order.pk in stopped else newest.get(order.public_id, (0, Ball.SYSTEM))[1]
        for order in orders
    }


@cache
def _balls() -> dict[str, Ball]:
    """What each event that moves an order on hands on, by its name."""
    specs = [kind.spec for kind in all_events() if kind.spec.subject in (Subject.ORDER, Subject.FULFILLMENT_ORDER)]
    return {spec.name: spec.ball for spec in specs}
