"""What the tests of clocks share."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from apps.core import clock
from apps.core.actor import SYSTEM
from apps.core.models import Event
from apps.orders.models import Order
from apps.sla.models import SlaPolicyVersion, SlaTimer
from apps.sla.rules import Policy, Rule, Watch
from apps.sla.services import fire_due, publish_sla_policy
from tests.driving import again, work_it_off
from tests.factories import NodeFactory, make_order, make_policy, make_stock


def hold_policy(*rules: Rule, watches: Sequence[Watch] = (), retime: bool = False) -> SlaPolicyVersion:
    """These rules hold from now on."""
    content = Policy(tuple(rules), tuple(watches)).to_json()
    return publish_sla_policy(content, retime=retime, actor=SYSTEM)


def fire(at: datetime | None = None) -> int:
    """All that is due by ``at`` (now unless said)."""
    total = 0
    while done := fire_due(at=(at or clock.now()) + timedelta(seconds=6), actor=SYSTEM):
        total += done
    return total


def told(name: str) -> list[Event]:
    return list(Event.objects.filter(name=name).order_by("pk"))


def timer_of(stage: str, **of: Any) -> SlaTimer:
    return SlaTimer.objects.get(stage=stage, **of)


def released_order(**changes: Any) -> Order:
    """An order that one node has, stock and all."""
    make_policy()
    make_stock(leeds={"A": 50})
    order = make_order(**changes)
    work_it_off()
    return again(order)


def in_minutes(minutes: float) -> datetime:
    return clock.now() + timedelta(minutes=minutes)


__all__ = [
    "NodeFactory",
    "fire",
    "hold_policy",
    "in_minutes",
    "released_order",
    "timer_of",
    "told",
]
