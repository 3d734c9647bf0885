"""Reads of policies and decisions."""

from __future__ import annotations

from collections.abc import Collection

from apps.core.bulk.raw_rows import select_only
from apps.routing.errors import DecisionNotFound, NoPolicy
from apps.routing.models import PolicyState, RoutingDecision, RoutingInstruction, RoutingPolicyVersion
from apps.routing.terms import Instruction

SAID = ("id", "public_id", "order_id", "sentence")


class ActivePolicies:
    """The active versions, read once per batch: a channel's own before the default."""

    def __init__(self) -> None:
        rows = RoutingPolicyVersion.objects.filter(state=PolicyState.ACTIVE)
        self._by_channel = {row.channel: row for row in rows}

    def for_channel(self, channel: str) -> RoutingPolicyVersion:
        """Raises NoPolicy."""
        found = self._by_channel.get(channel) or self._by_channel.get("")
        if found is None:
            raise NoPolicy()
        return found


def latest_decision(order_id: int, *, order_ref: str) -> RoutingDecision:
    """The order's last routing decision. Raises DecisionNotFound."""
    row = RoutingDecision.objects.filter(order_id=order_id).select_related("policy").order_by("-pk").first()
    if row is None:
        raise DecisionNotFound(order=order_ref)
    return row


def instructions_for(order_ids: Collection[int]) -> dict[int, Instruction]:
    """What people decided for these orders and is not carried out yet, by order pk."""
    rows = RoutingInstruction.objects.filter(order_id__among=order_ids, used_at__isnull=True)
    return {order: Instruction.from_json(content) for order, content in rows.values_list("order_id", "content")}


def last_said(order_id: int) -> RoutingDecision | None:
    """The order's last decision as far as its sentence goes; what it was decided from stays where it is."""
    found = select_only(RoutingDecision, SAID, "WHERE t.order_id = %s ORDER BY t.id DESC LIMIT 1", [order_id])
    return found[0] if found else None
