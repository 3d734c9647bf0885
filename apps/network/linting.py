"""What a place still lacks for routing to decide well. It works without; the consequence is said."""

from __future__ import annotations

from apps.core.text import Text
from apps.network.models import Node, NodeGroup


def lacking(node: Node) -> list[str]:
    """Sentences, the one with the largest consequence first. Empty: nothing is missing."""
    warnings: list[str] = []
    if node.latitude is None or node.longitude is None:
        warnings.append(Text("Without coordinates its distances are assumed, and so is the cost of carriage."))
    if not node.groups.exists() and NodeGroup.objects.exists():
        warnings.append(Text("It is in no group, so channels that sell from one group never use it."))
    if node.calendar_id is None:
        warnings.append(
            Text("Without a shipping calendar its parcels are expected to leave every day, holidays included.")
        )
    return warnings
