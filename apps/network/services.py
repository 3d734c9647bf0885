"""The only writers of nodes in daily use: what staff and integrators change about them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from apps.core.actor import Actor
from apps.core.bulk.bulk_update import update_rows
from apps.core.errors import StaleVersion
from apps.core.outbox import record
from apps.core.transactions import service
from apps.network import events
from apps.network.errors import DowntimeBackwards, NodeNotFound
from apps.network.models import Node, NodeDowntime

CHANGEABLE = frozenset({"active", "priority", "capacity_per_day", "cutoff"})


@service
def change_node(
    node_id: int, *, changes: Mapping[str, object], expected_version: int | None = None, actor: Actor
) -> Node:
    """Set ``changes`` (names out of CHANGEABLE) on a node. Raises NodeNotFound, StaleVersion.

    Orders already assigned stay where they are; the next routing obeys.
    """
    assert changes.keys() <= CHANGEABLE
    node = _lock(node_id)
    if expected_version is not None and node.version != expected_version:
        raise StaleVersion(current=node.version)
    changed = sorted(name for name, value in changes.items() if getattr(node, name) != value)
    if not changed:
        return node
    for name in changed:
        setattr(node, name, changes[name])
    update_rows([node], changed)
    record(events.node_fact(node, events.NodeChanged(changed=changed)), actor=actor)
    return node


@service
def shut_node(
    node_id: int, *, starts_at: datetime, ends_at: datetime | None, reason: str, actor: Actor
) -> NodeDowntime:
    """Announce that a node is shut from one moment to another (None: until further notice). Raises NodeNotFound,
    DowntimeBackwards."""
    node = _lock(node_id)
    if ends_at is not None and ends_at <= starts_at:
        raise DowntimeBackwards()
    row = NodeDowntime.objects.create(node=node, starts_at=starts_at, ends_at=ends_at, reason=reason[:200])
    record(events.node_fact(node, events.NodeShut(downtime=row.pk)), actor=actor)
    return row


def _lock(node_id: int) -> Node:
    node = Node.objects.select_for_update(no_key=True).filter(pk=node_id).first()
    if node is None:
        raise NodeNotFound(node=node_id)
    return node


@service
def create_node(code: str, *, name: str, country: str, address: Mapping[str, str], actor: Actor) -> Node:
    """A node in use, with all else as nodes usually are; ``address``: by the names of its fields. The code must be free."""
    node = Node.objects.create(code=code, name=name[:128], country=country, **address)
    record(events.node_fact(node, events.NodeChanged(changed=["code"])), actor=actor)
    return node
