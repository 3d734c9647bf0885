"""What happens to nodes, on the node's own timeline."""

from __future__ import annotations

from collections.abc import Sequence

from apps.core.event_types import Ball, EventData, Subject, event
from apps.core.outbox import Fact
from apps.network.models import Node


@event("node.changed", subject=Subject.NODE, ball=Ball.SYSTEM, says="A location was changed.")
class NodeChanged(EventData):
    """``changed``: names of fields."""

    changed: Sequence[str]


@event("node.shut", subject=Subject.NODE, ball=Ball.SYSTEM, says="A location was shut for a while.")
class NodeShut(EventData):
    """``downtime``: the pk of when and why."""

    downtime: int


def node_fact(node: Node, event: EventData) -> Fact:
    return Fact(event, node.pk, node.public_id, node.public_id)
